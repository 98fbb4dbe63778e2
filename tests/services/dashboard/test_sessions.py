"""Logging in, staying and leaving."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from haneul.bootstrap import passwords
from haneul.services.dashboard.config import DashboardOptions
from haneul.services.dashboard.operations import sessions
from haneul.services.dashboard.store.sessions import SESSIONS
from tests.conftest import Cloud
from tests.services.dashboard.conftest import Browser

TOKENS = "/identity/v3/auth/tokens"


async def stored(cloud: Cloud) -> list[Any]:
    async with cloud.platform.reading() as ctx:
        return await SESSIONS.find(ctx.tx)


async def token_of(cloud: Cloud, name: str) -> str:
    """As the stock client gets one."""
    user = {"name": name, "domain": {"id": "default"}, "password": passwords(cloud.platform.folder)[name]}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
    answer = await cloud.http.post(TOKENS, json={"auth": auth})
    return answer.headers["X-Subject-Token"]


async def test_a_browser_at_the_root_comes_to_the_dashboard(stranger: Browser) -> None:
    answer = await stranger.http.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dashboard")
    assert (await stranger.http.get("/", headers={"Accept": "application/json"})).status_code == 404
    await stranger.get("")
    assert stranger.answer.url.path == "/dashboard/login"


async def test_who_logs_in_comes_to_what_they_wanted(stranger: Browser) -> None:
    await stranger.get("/flavors")
    password = passwords(stranger.cloud.platform.folder)["demo"]
    await stranger.send("/login", name="demo", password=password)
    assert stranger.answer.url.path == "/dashboard/flavors"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.test", "https://evil.test", "/dashboard//evil.test", "/\\evil.test", "/identity"]
)
async def test_a_login_leads_nowhere_else(stranger: Browser, elsewhere: str) -> None:
    await stranger.get("/login", params={"next": elsewhere})
    await stranger.send("/login", name="demo", password=passwords(stranger.cloud.platform.folder)["demo"])
    assert stranger.answer.url == "http://cloud.test/dashboard"


@pytest.mark.parametrize(
    ("name", "password"), [("demo", "wrong"), ("nobody", "wrong"), ("", ""), ("demo", "x" * 5000)]
)
async def test_a_wrong_password_lets_nobody_in(stranger: Browser, name: str, password: str) -> None:
    await stranger.get("/login")
    page = await stranger.send("/login", name=name, password=password)
    assert stranger.answer.status_code in (400, 401)
    assert f'value="{name}"' in page and "wrong" in page
    assert await stored(stranger.cloud) == []


async def test_the_store_has_no_token_and_no_cookie(demo: Browser) -> None:
    cookie = demo.http.cookies["haneul_session"]
    (session,) = await stored(demo.cloud)
    assert cookie not in (session.digest, session.sealed)
    token = (await sessions.of(demo.cloud.platform, cookie)).token
    assert token not in session.sealed and token.encode() not in base64.b64decode(session.sealed)


async def test_pages_and_cookies_never_have_the_token(demo: Browser) -> None:
    for path in ("", "/servers", "/access", "/credentials", "/access/openrc.sh"):
        page = await demo.get(path)
        assert "eyJ" not in page and "eyJ" not in str(demo.answer.headers)


async def test_cookies_are_for_this_site_and_not_for_scripts(stranger: Browser) -> None:
    await stranger.get("/login")
    cookie = stranger.answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/dashboard"} <= {each.strip() for each in cookie.split(";")}


async def test_who_logs_out_has_no_token_any_more(demo: Browser) -> None:
    cookie = demo.http.cookies["haneul_session"]
    await demo.send("/logout")
    assert "You are logged out." in demo.page
    assert await stored(demo.cloud) == []
    demo.http.cookies.set("haneul_session", cookie, domain="cloud.test", path="/dashboard")
    await demo.get("/servers")
    assert demo.answer.url.path == "/dashboard/login"


async def test_a_revoked_token_ends_the_session(demo: Browser) -> None:
    token = await token_of(demo.cloud, "admin")
    users = (
        await demo.cloud.http.get("/identity/v3/users?name=demo", headers={"X-Auth-Token": token})
    ).json()["users"]
    change = {"user": {"enabled": False}}
    await demo.cloud.http.patch(
        f"/identity/v3/users/{users[0]['id']}", json=change, headers={"X-Auth-Token": token}
    )
    await demo.get("/servers")
    assert demo.answer.url.path == "/dashboard/login"


async def test_a_session_ends_when_nobody_uses_it(demo: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = demo.cloud.platform.clock
    options = demo.cloud.platform.options(DashboardOptions)
    later = clock.now() + timedelta(minutes=options.idle_minutes + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    await demo.get("/servers")
    assert demo.answer.url.path == "/dashboard/login"


async def test_a_used_session_lasts_on(demo: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = demo.cloud.platform.clock
    began = clock.now()
    for minutes in (40, 80, 120):
        monkeypatch.setattr(clock, "now", lambda m=minutes: began + timedelta(minutes=m))
        answer = await demo.http.get("/dashboard/keypairs")
        if minutes < 60:
            assert answer.status_code == 200
    (session,) = await stored(demo.cloud)
    assert session.expires_at <= session.ends_at


async def test_who_is_guessed_at_the_dashboard_is_guessed_at_the_cloud(stranger: Browser) -> None:
    """The tries are counted in one place, by who makes them; the dashboard is not who makes them."""
    stranger.cloud.platform.config["guesses"] = {"from_address": 3}  # type: ignore[index]
    password = passwords(stranger.cloud.platform.folder)["demo"]
    for tried in ("a", "b", "c", password):
        await stranger.get("/login")
        await stranger.send("/login", name="demo", password=tried)
    assert stranger.answer.status_code == 429
    assert await stored(stranger.cloud) == []
    elsewhere = Browser(stranger.cloud)
    elsewhere.http = httpx.AsyncClient(
        transport=httpx.ASGITransport(stranger.cloud.plane.app.falcon, client=("192.0.2.9", 1)),  # type: ignore[arg-type]
        base_url="http://cloud.test",
    )
    assert "Overview" in await elsewhere.log_in("demo")


async def test_a_form_of_another_site_does_nothing(demo: Browser) -> None:
    await demo.get("/keypairs/new")
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', demo.page)
    assert token
    key = {"name": "k", "public_key": "ssh-ed25519 AAAA"}
    for data, headers in (
        (key, {}),
        (key | {"form_token": "00" * 32}, {}),
        (key | {"form_token": "zz"}, {}),
        (key | {"form_token": token[1]}, {"Origin": "http://evil.test"}),
        (key | {"form_token": token[1]}, {"Origin": "null"}),
        (key | {"form_token": token[1]}, {"Sec-Fetch-Site": "cross-site"}),
    ):
        answer = await demo.http.post("/dashboard/keypairs/new", data=data, headers=headers)
        assert answer.status_code == 403, (data, headers)


async def test_forms_are_taken_as_forms_only(demo: Browser) -> None:
    json = await demo.http.post("/dashboard/logout", json={})
    large = await demo.http.post("/dashboard/logout", data={"x": "y" * 600_000})
    many = await demo.http.post(
        "/dashboard/logout",
        content="&".join(["a=b"] * 2000),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (json.status_code, large.status_code, many.status_code) == (400, 413, 400)
    assert (await demo.http.put("/dashboard/servers")).status_code == 405


async def test_a_login_link_lets_in_once(stranger: Browser) -> None:
    cloud = stranger.cloud
    answer = await cloud.http.post(
        "/dashboard/v1/login-links", headers={"X-Auth-Token": await token_of(cloud, "admin")}
    )
    assert answer.status_code == 201, answer.text
    link = answer.json()["login_link"]["url"].removeprefix("http://cloud.test")
    await stranger.get(link)
    assert "Go on as admin" in stranger.page
    await stranger.send("/enter")
    assert stranger.answer.url.path == "/dashboard", stranger.page
    other = Browser(cloud)
    await other.get(link)
    assert other.answer.url.path == "/dashboard/login"


async def test_a_session_is_no_link_and_a_link_no_session(demo: Browser, stranger: Browser) -> None:
    await stranger.get(f"/enter?link={demo.http.cookies['haneul_session']}")
    assert stranger.answer.url.path == "/dashboard/login"


async def test_somebody_goes_on_in_another_project(admin: Browser) -> None:
    await admin.get("/admin/projects/new")
    await admin.send("/admin/projects/new", name="second")
    project = admin.answer.url.path.rpartition("/")[2]
    await admin.get(f"/admin/projects/{project}/grant")
    users = dict(re.findall(r'<option value="([0-9a-f]{32})"[^>]*>([a-z]+)</option>', admin.page))
    ids = {name: id for id, name in reversed(users.items())}  # the user admin stands before the role
    await admin.send(f"/admin/projects/{project}/grant", user=ids["admin"], role=ids["member"])
    await admin.get("/scopes")
    assert "second" in admin.page
    await admin.send("/scopes", scope=f"project:{project}")
    assert "second" in admin.page and "Quotas of this project" in admin.page
    assert len(await stored(admin.cloud)) == 1


async def test_a_member_is_not_shown_what_is_for_overseers(demo: Browser) -> None:
    assert "Administration" not in await demo.get("")
    await demo.get("/admin/users")
    assert demo.answer.status_code == 403


async def test_a_person_has_so_many_sessions(furnished: Cloud) -> None:
    for _ in range(22):
        browser = Browser(furnished)
        await browser.log_in("demo")
    assert len(await stored(furnished)) == 20
    assert "Overview" in browser.page
