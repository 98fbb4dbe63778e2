"""What had to be published about Horizon: the same, tried here."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from pathlib import Path

import pytest

from haneul.services.dashboard.pages import access
from tests.services.dashboard.conftest import Browser, demo, furnished, stranger

__all__ = ["demo", "furnished", "stranger"]
PAGES = Path(access.__file__).parent
COMMAND = "a'; touch owned; $(touch owned) `touch owned` \\ \" \n touch owned #"


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.html")), ids=lambda path: path.name)
def test_only_templates_have_html(path: Path) -> None:
    """OSSA-2012-004, OSSA-2013-036, OSSA-2014-023, OSSA-2014-027, OSSA-2015-009, OSSA-2016-010: whatever a console,
    a name or a description has is text, and every attribute has quotes."""
    text = path.read_text()
    assert not re.search(r"\|\s*safe\b|autoescape|\bMarkup\b|tojson", text)
    assert not re.search(r"\s[\w-]+=\{\{", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|javascript:|style=|srcdoc", text)


def test_no_page_makes_html_of_its_own() -> None:
    for path in (*PAGES.glob("*.py"), *(PAGES.parent / "api").glob("*.py")):
        assert "Markup" not in path.read_text(), path
    scripts = (PAGES / "static" / "site.js").read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function", scripts)


@pytest.mark.parametrize("endpoint", ["https://cloud.test", "http://cloud.test"])
async def test_cookies_go_over_tls_only_where_there_is_tls(stranger: Browser, endpoint: str) -> None:
    """OSSN-0036"""
    stranger.cloud.platform.endpoint = endpoint
    await stranger.get("/login")
    cookies = stranger.answer.headers.get_list("Set-Cookie")
    assert cookies and all(("Secure" in cookie) == endpoint.startswith("https") for cookie in cookies)


async def test_what_a_form_carries_is_never_the_same_text_twice(demo: Browser) -> None:
    """OSSN-0037: a page is compressed, and its length would tell of what is in it again and again."""
    tokens = [re.findall(r'name="form_token" value="([0-9a-f]+)"', await demo.get("")) for _ in range(3)]
    every = [token for page in tokens for token in page]
    assert len({token[:32] for token in every}) == len(tokens)
    assert demo.http.cookies["haneul_session"] not in demo.page


async def test_a_cookie_tells_nothing_of_the_cloud(demo: Browser) -> None:
    """OSSN-0073, OSSN-0017"""
    assert set(demo.http.cookies) <= {"haneul_session", "haneul_visit"}
    for value in demo.http.cookies.values():
        assert re.fullmatch(r"[-\w]{43}", value)


async def test_a_name_is_no_command_in_a_file_for_the_shell(demo: Browser, tmp_path: Path) -> None:
    """OSSN-0097"""
    admin = demo.cloud.admin
    projects = (await admin.get("/identity/v3/projects?name=demo")).json()["projects"]
    name = COMMAND[:63].strip()
    change = {"project": {"name": name}}
    assert (await admin.patch(f"/identity/v3/projects/{projects[0]['id']}", change)).status_code == 200
    await demo.get("/logout")
    browser = Browser(demo.cloud)
    await browser.log_in("demo")
    script = await browser.get("/access/openrc.sh")
    assert browser.answer.status_code == 200
    folder = tmp_path / "shell"
    folder.mkdir()
    (folder / "openrc.sh").write_text(script)
    shown = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-c", 'stty() { :; }; . ./openrc.sh >/dev/null; printf %s "$OS_PROJECT_NAME"'],
        cwd=folder, input="secret\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout == name
    assert [each.name for each in folder.iterdir()] == ["openrc.sh"]
    file = await browser.get("/access/clouds.yaml")
    assert "password" not in file
    assert all(json.loads(value) for value in re.findall(r': (".*")$', file, re.MULTILINE))
