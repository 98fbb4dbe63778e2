"""Every page, for everybody; and what others have named hostilely."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser

import pytest

from haneul import service_folders
from haneul.services.dashboard.api.visits import Pages
from tests.conftest import Cloud
from tests.services.dashboard.conftest import Browser
from tests.services.dashboard.test_servers import launched

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert(1)>'{{7*7}}{name}"""
PLACES = [p for pages in service_folders.declared("dashboard", "pages", Pages) for p in pages.places]
SHOWN = [p for p in PLACES if p.method == "GET"]
UNKNOWN = "11111111-2222-4333-8444-555555555555"


def address(path: str) -> str:
    """The page's address for things that are not there."""
    return "/dashboard" + re.sub(r"\{[a-z]+\}", UNKNOWN, path)


class Scripts(HTMLParser):
    """What of a page could run: scripts in it, and handlers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script" and not (values.get("src") or "").startswith("/dashboard/static/"):
            self.found.append(tag)
        if tag == "style":
            self.found.append(tag)
        self.found += [name for name in values if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action"):
            where = values.get(name) or "/"
            if not where.startswith(("/", "#")):
                self.found.append(f"{name}={where}")


async def test_pages_are_there_for_who_has_a_session_only(stranger: Browser) -> None:
    for place in PLACES:
        answer = await stranger.http.request(place.method, address(place.path))
        if place.is_public:
            assert answer.status_code in (200, 303, 400, 403), place
        else:
            assert answer.status_code == 303, place
            assert answer.headers["Location"].startswith("/dashboard/login"), place


@pytest.mark.parametrize("name", ["demo", "admin"])
async def test_no_page_fails_for_what_is_not_there(furnished: Cloud, name: str) -> None:
    browser = Browser(furnished)
    await browser.log_in(name)
    for place in SHOWN:
        answer = await browser.http.get(address(place.path))
        assert answer.status_code in (200, 303, 403, 404), (place, answer.text)
        assert not Scripts(answer.text).found, place
    for path in (
        "/nothing",
        "/servers/%00",
        "/servers/a%2Fb",
        "/keypairs/%F0%9F%92%A9",
        "/servers?size=9&sort=x&dir=y&marker=z",
    ):
        answer = await browser.http.get(f"/dashboard{path}")
        assert answer.status_code < 500, (path, answer.text)


async def test_a_reader_is_offered_no_changes(furnished: Cloud, admin: Browser) -> None:
    await admin.get("/admin/users/new")
    options = {
        n: i for i, n in re.findall(r'<option value="([0-9a-f]{32})"[^>]*>([a-z]+)</option>', admin.page)
    }
    await admin.send(
        "/admin/users/new",
        name="reading",
        password="a-long-password",
        project=options["demo"],
        role=options["reader"],
    )
    assert "can log in" in admin.page, admin.page
    reader = Browser(furnished)
    await reader.get("/login")
    await reader.send("/login", name="reading", password="a-long-password")
    for path in ("", "/servers", "/networks", "/volumes", "/groups"):
        page = await reader.get(path)
        assert reader.answer.status_code == 200
        assert not re.search(r">(Launch a server|Create a network|Create a volume|Delete)<", page), path


async def test_names_never_become_html(demo: Browser, with_image: str) -> None:
    for path, name in (
        ("/keypairs/new", ""),
        ("/groups/new", ""),
        ("/routers/new", ""),
        ("/networks/new", ""),
    ):
        await demo.get(path)
        key = {"public_key": PUBLIC_KEY} if "key" in path else {}
        await demo.send(path, name=name or HOSTILE[:64], **key)
    path = await launched(demo, HOSTILE)
    pages = (
        "",
        "/servers",
        path,
        f"{path}/history",
        f"{path}/delete",
        "/groups",
        "/routers",
        "/networks",
        "/topology",
        "/launch",
        "/keypairs",
    )
    for each in pages:
        page = await demo.get(each)
        assert demo.answer.status_code == 200, (each, page)
        assert not Scripts(page).found, each
        assert "<img src=x" not in page and "<script>alert" not in page, each
    assert "{{7*7}}" in await demo.get("/servers")
    await demo.get(f"/servers?q={HOSTILE}&status={HOSTILE}")
    assert not Scripts(demo.page).found


PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKUCzBhEagIcDM/w4SpQWZJnf24+CTKmkw45qkEQIqYX demo"


async def test_what_a_browser_may_do_with_a_page_is_little(demo: Browser) -> None:
    answer = await demo.http.get("/dashboard/servers")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"


async def test_scripts_run_that_the_page_names_and_no_others_of_this_address(demo: Browser) -> None:
    """An object that everybody may read is at the same address, and may be a script."""
    nonces = set()
    for _ in range(2):
        answer = await demo.http.get("/dashboard/servers")
        scripts = re.search(r"script-src ([^;]*);", answer.headers["Content-Security-Policy"])
        assert scripts and re.fullmatch(r"'nonce-[-\w]{43}'", scripts[1])
        nonce = scripts[1][7:-1]
        assert answer.text.count(f'nonce="{nonce}"') == answer.text.count("<script") == 2
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_files_of_the_pages_are_loaded_once(demo: Browser) -> None:
    page = await demo.get("")
    addresses = set(re.findall(r'(?:href|src)="(/dashboard/static/[^"#]+)', page))
    assert len(addresses) == 4 or len(addresses) == 5
    sent = len(demo.answer.content)
    for each in addresses:
        answer = await demo.http.get(each)
        assert "immutable" in answer.headers["Cache-Control"]
        again = await demo.http.get(each, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        sent += int(answer.headers["Content-Length"])
    assert sent < 60 * 1024 + len(demo.answer.content)  # what is compressed; the page itself is small
    for each in ("../templates/base.html", "%2e%2e/templates/base.html", "nothing.css", "htmx/LICENSE"):
        assert (await demo.http.get(f"/dashboard/static/{each}")).status_code in (303, 404)


async def test_a_fragment_that_is_as_before_is_not_sent_again(demo: Browser) -> None:
    page = await demo.get("/servers")
    where = re.search(r'hx-get="([^"]+)"[^>]*hx-trigger="every', page)
    assert where
    answer = await demo.http.get(where[1].replace("&amp;", "&"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_pages_know_the_public_apis_only() -> None:
    """No module imports another service: what pages show, they ask for over HTTP."""
    folder = service_folders.folder("dashboard")
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            for name in names:
                if name.startswith("haneul.services."):
                    assert name.startswith("haneul.services.dashboard"), f"{path} imports {name}"
        is_session = path.parent.name in ("operations", "store", "reconcilers") or path.name in (
            "site.py",
            "login_links.py",
        )
        assert is_session or not re.search(
            r"\.transaction\(|\.reading\(|\btx\b|platform\.(db|agents|engine|policy)", path.read_text()
        ), path
