"""Addresses and forms that somebody made up: where they lead, and what they ask the APIs."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest

from haneul.bootstrap import passwords
from tests.conftest import Cloud
from tests.services.dashboard.conftest import Browser
from tests.services.dashboard.test_pages import PLACES
from tests.services.dashboard.test_sessions import stored, token_of

ODD = [
    "é",
    "--5",
    "²",
    "9" * 5000,
    "a?all_tenants=1",
    "..",
    "a/../b",
    "a\r\nSet-Cookie: x=y",
    "%2e%2e",
    "a%2Fb",
    "%00x",
    "a#b",
    "\ud800",
]
HTML = {"Accept": "text/html"}
FIELDS = (
    "name", "description", "cidr", "image", "next", "volume", "visibility", "snapshot_id", "port", "network",
    "flavor", "domain", "address", "action", "user_data", "snapshot", "back", "again", "way", "volume_type",
    "user_id", "uri", "subnet", "size", "scope", "remote_ip_prefix", "remote_group_id", "reason", "public_key",
    "protocol", "project", "ports", "passcode", "new_size", "new_key", "min_ram", "min_disk", "metadata", "link",
    "key", "gateway_ip", "gateway", "expires_at", "dns", "disk_format", "direction", "count", "roles", "often",
    "id", "group", "role",
)  # fmt: skip
"""What forms send ids and choices as."""


@pytest.mark.parametrize(
    "elsewhere",
    [
        "/dashboard/../object-store/v1/AUTH_x/c/o.html",
        "/dashboard/%2e%2e/object-store/v1/AUTH_x/c/o.html",
        "/dashboard/.%2E/object-store",
        "/dashboard/x/..",
        "/dashboard\t//evil.test",
        "/dashboard/\\evil.test",
        "/dashboard/%5Cevil.test",
        "/dashboardevil",
        "javascript:alert(1)",
        "/dashboard/" + "x" * 5000,
    ],
)
async def test_a_login_leads_to_pages_only(stranger: Browser, elsewhere: str) -> None:
    await stranger.get("/login", params={"next": elsewhere})
    form_token = stranger.page.partition('name="form_token" value="')[2].partition('"')[0]
    password = passwords(stranger.cloud.platform.folder)["demo"]
    form = {"name": "demo", "password": password, "domain": "Default", "form_token": form_token}
    answer = await stranger.http.post("/dashboard/login", data={**form, "next": elsewhere})
    where = answer.headers["Location"]
    assert answer.status_code == 303 and where.startswith("/dashboard") and len(where) < 600
    assert ".." not in where and "%2e" not in where.lower() and "evil" not in where


async def test_an_unknown_address_is_a_page_that_says_so(stranger: Browser, furnished: Cloud) -> None:
    demo = Browser(furnished)
    await demo.log_in("demo")
    for path in ("nothing", "servers/a/b/c/d", "static/nothing.js", "static/%2e%2e/x", "v1/x"):
        for browser in (stranger, demo):
            answer = await browser.http.get(f"/dashboard/{path}", headers=HTML)
            assert answer.status_code == 404, path
    page = await demo.http.get("/dashboard/nothing", headers=HTML)
    assert "<title>" in page.text and page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert (
        await stranger.http.get("/dashboard/nothing", headers={"Accept": "application/json"})
    ).status_code == 404


@pytest.mark.parametrize("name", ODD)
async def test_what_stands_in_an_address_is_a_name_and_nothing_else(demo: Browser, name: str) -> None:
    """Not the rest of a path, nor a query, nor a line of an answer."""
    demo.http.cookies.set("haneul_calls", "1", domain="cloud.test", path="/dashboard")
    odd = quote(name, safe="", errors="surrogatepass")
    for place in PLACES:
        if "{" not in place.path or place.method != "GET":
            continue
        path = place.path.split("{")[0] + odd + place.path.split("}")[-1]
        answer = await demo.http.get(f"/dashboard{path}")
        assert answer.status_code in (200, 303, 400, 403, 404), (path, answer.status_code)
        assert "x=y" not in str(answer.headers.get("Set-Cookie"))
        assert "/a?all_tenants" not in answer.text


async def test_forms_with_odd_names_are_refused_as_the_api_refuses_them(demo: Browser) -> None:
    await demo.get("/servers")
    token = demo.page.partition('name="form_token" value="')[2].partition('"')[0]
    for place in PLACES:
        if place.method != "POST" or place.path in ("/logout", "/login", "/enter"):
            continue
        for name in ODD[:-1]:
            path = place.path.replace("{", "").replace("}", "") if "{" not in place.path else place.path
            while "{" in path:
                path = path.split("{")[0] + quote(name, safe="") + path.split("}", 1)[1]
            data = dict.fromkeys(FIELDS, name)
            data |= {"form_token": token, "password": name, "again": name, "original_password": name}
            answer = await demo.http.post(f"/dashboard{path}", data=data)
            assert answer.status_code < 500, (path, name, answer.status_code)
            assert "x=y" not in str(answer.headers.get("Set-Cookie"))
            assert "\n" not in answer.headers.get("Location", "") and ".." not in answer.headers.get(
                "Location", ""
            )


async def test_cookies_that_nobody_set_are_nothing(stranger: Browser) -> None:
    for name in ("session", "visit", "notice", "language", "theme", "calls", "receipt"):
        for value in ("\xff\xfe", "x" * 9000, "../../..", "%00", '"\\303\\012"', "e30=", "W3RydWUsMV0="):
            cookie = {"Cookie": f"haneul_{name}={value}".encode("latin-1")}
            answer = await stranger.http.get("/dashboard/login", headers=cookie)  # type: ignore[arg-type]
            assert answer.status_code == 200, (name, value)


async def test_a_second_proof_with_a_receipt_that_is_none_is_refused(stranger: Browser) -> None:
    await stranger.get("/login")
    token = stranger.page.partition('name="form_token" value="')[2].partition('"')[0]
    visit = stranger.http.cookies["haneul_visit"]
    for receipt in ("", "é", "\\303\\251", '"a\\015\\012b: c"', "x" * 3000):
        cookie = f"haneul_visit={visit}; haneul_receipt={receipt}".encode("latin-1", "replace")
        stranger.http.cookies.clear()
        answer = await stranger.http.post(
            "/dashboard/login/passcode",
            data={"form_token": token, "name": "demo", "domain": "Default", "passcode": "123456"},
            headers={"Cookie": cookie},  # type: ignore[dict-item]
        )
        assert answer.status_code == 401, receipt


async def test_of_two_who_open_a_link_at_once_one_is_let_in(furnished: Cloud) -> None:
    headers = {"X-Auth-Token": await token_of(furnished, "demo")}
    made = await furnished.http.post("/dashboard/v1/login-links", headers=headers)
    link = made.json()["login_link"]["url"].removeprefix("http://cloud.test")
    browsers = [Browser(furnished) for _ in range(6)]
    for browser in browsers:
        await browser.get(link)
    await asyncio.gather(*(browser.send("/enter") for browser in browsers))
    assert sorted("Overview" in browser.page for browser in browsers) == [False] * 5 + [True]
    assert len(await stored(furnished)) == 1


async def test_strangers_leave_nothing_in_the_store(stranger: Browser) -> None:
    for place in PLACES:
        if "{" not in place.path:
            await stranger.http.request(place.method, f"/dashboard{place.path}")
    for _ in range(5):
        await stranger.get("/login")
        await stranger.send("/login", name="demo", password="wrong")
    assert await stored(stranger.cloud) == []


async def test_what_was_held_before_a_login_is_worth_nothing_after_it(stranger: Browser) -> None:
    """Neither a session that somebody else chose, nor the form of the time before."""
    stranger.http.cookies.set("haneul_session", "chosen", domain="cloud.test", path="/dashboard")
    await stranger.get("/login")
    before = stranger.page.partition('name="form_token" value="')[2].partition('"')[0]
    await stranger.send("/login", name="demo", password=passwords(stranger.cloud.platform.folder)["demo"])
    assert "Overview" in stranger.page
    assert stranger.http.cookies["haneul_session"] != "chosen"
    answer = await stranger.http.post("/dashboard/logout", data={"form_token": before})
    assert answer.status_code == 403


async def test_nobody_goes_on_in_a_project_of_others(demo: Browser) -> None:
    token = await token_of(demo.cloud, "admin")
    answer = await demo.cloud.http.get("/identity/v3/projects", headers={"X-Auth-Token": token})
    projects = {each["name"]: each["id"] for each in answer.json()["projects"]}
    for scope in (
        f"project:{projects['admin']}",
        "system:all",
        "domain:default",
        "project:",
        "project:é",
        "x:y",
    ):
        await demo.get("/scopes")
        await demo.send("/scopes", scope=scope)
        assert "demo" in demo.page and "Administration" not in await demo.get("")
