"""Logging in with a browser: through the provider and back to the dashboard, and what can be tried on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.services.identity.conftest import V3, Keystone, project
from tests.services.identity.federation import F, Federation, federated
from tests.services.identity.openid_provider import Provider, providing
from tests.services.identity.test_federated_login import PROXY, alice
from tests.services.identity.test_openid import options

DASHBOARD = "https://dash.test/auth/websso/?a='&b"
SSO = f"{V3}/auth{F}/identity_providers/acme/protocols/openid/websso"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as made:
        yield made


@pytest.fixture
async def federation(keystone: Keystone, provider: Provider) -> Federation:
    given = {**options(provider), "trusted_dashboards": [DASHBOARD]}
    return await federated(keystone, given)


async def begin(federation: Federation, path: str = SSO, origin: str | None = DASHBOARD) -> httpx.Response:
    params = {"origin": origin} if origin else {}
    return await federation.keystone.cloud.http.get(path, params=params)


async def at_the_provider(begun: httpx.Response) -> str:
    """Where the provider sends the browser once somebody has logged in."""
    assert begun.status_code == 302, begun.text
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(begun.headers["Location"])
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def token_in(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    found = re.search(r"name='token' value='([^']+)'", page.text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "path", [SSO, SSO.replace("/protocols/", "/protocol/"), f"{V3}/auth{F}/websso/openid"]
)
async def test_a_browser_comes_back_with_a_token(
    federation: Federation, provider: Provider, path: str
) -> None:
    begun = await begin(federation, path)
    cookie = begun.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    back = await at_the_provider(begun)
    assert back.startswith(f"http://cloud.test{SSO}?")
    page = await federation.keystone.cloud.http.get(back)
    token = token_in(page)
    assert "action='https://dash.test/auth/websso/?a=&#x27;&amp;b'" in page.text
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Cache-Control"] == "no-store"
    assert (await federation.rescope(token, project("demo"))).status_code == 201
    shown = await federation.keystone.call(token, "GET", "/auth/tokens", **{"X-Subject-Token": token})
    assert shown.json()["token"]["methods"] == ["openid"]


async def test_what_the_provider_is_asked(federation: Federation, provider: Provider) -> None:
    url = urlsplit((await begin(federation)).headers["Location"])
    asked = {name: value for name, [value] in parse_qs(url.query).items()}
    assert url.path == "/realm/authorize"
    assert asked["scope"].split()[0] == "openid"
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    again = parse_qs(urlsplit((await begin(federation)).headers["Location"]).query)
    assert {asked[name] for name in ("state", "nonce", "code_challenge")}.isdisjoint(
        again[name][0] for name in ("state", "nonce", "code_challenge")
    )


@pytest.mark.parametrize(
    ("origin", "status"),
    [(None, 400), ("https://dash.test/auth/websso/", 401), ("https://evil.test", 401), ("javascript:1", 401)],
)
async def test_only_trusted_dashboards_get_tokens(
    federation: Federation, provider: Provider, origin: str | None, status: int
) -> None:
    assert (await begin(federation, origin=origin)).status_code == status
    assert provider.asked == []


async def test_nobody_completes_what_another_browser_began(federation: Federation) -> None:
    back = await at_the_provider(await begin(federation))
    federation.keystone.cloud.http.cookies.clear()
    assert (await federation.keystone.cloud.http.get(back)).status_code == 401


async def test_a_code_is_of_use_once(federation: Federation) -> None:
    back = await at_the_provider(await begin(federation))
    assert (await federation.keystone.cloud.http.get(back)).status_code == 200
    assert (await federation.keystone.cloud.http.get(back)).status_code == 401


async def test_a_code_of_another_login_is_of_no_use(federation: Federation) -> None:
    """Somebody is made to complete the attacker's login: the secret that goes with the code is not theirs."""
    attackers = parse_qs(urlsplit(await at_the_provider(await begin(federation))).query)
    victims = parse_qs(urlsplit(await at_the_provider(await begin(federation))).query)
    mixed = {"code": attackers["code"][0], "state": victims["state"][0]}
    assert (await federation.keystone.cloud.http.get(SSO, params=mixed)).status_code == 401


@pytest.mark.parametrize("query", [{"state": "x"}, {"state": ""}, {"code": "c", "state": "é'\"; a=b"}])
async def test_states_that_are_nobodys(federation: Federation, query: dict[str, str]) -> None:
    await begin(federation)
    assert (await federation.keystone.cloud.http.get(SSO, params=query)).status_code == 401


async def test_the_provider_says_no(federation: Federation) -> None:
    state = parse_qs(urlsplit((await begin(federation)).headers["Location"]).query)["state"][0]
    params = {"error": "access_denied", "state": state}
    assert (await federation.keystone.cloud.http.get(SSO, params=params)).status_code == 401


@pytest.mark.parametrize(
    "said",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"azp": "another", "aud": ["another", "haneul"]},
        {"iss": "http://127.0.0.1:9/realm"},
        {"exp": 5},
        {"sub": "u-2"},
    ],
)
async def test_tokens_that_are_not_for_this_login(
    federation: Federation, provider: Provider, said: dict[str, Any]
) -> None:
    provider.said_at_login = said
    back = await at_the_provider(await begin(federation))
    assert (await federation.keystone.cloud.http.get(back)).status_code == 401
    assert (await federation.done("GET", "/users?name=Alice"))["users"] == []


async def test_a_provider_disabled_meanwhile(federation: Federation) -> None:
    back = await at_the_provider(await begin(federation))
    changes = {"identity_provider": {"enabled": False}}
    await federation.done("PATCH", f"{F}/identity_providers/acme", changes)
    assert (await federation.keystone.cloud.http.get(back)).status_code == 403
    assert (await begin(federation)).status_code == 403
    assert (await begin(federation, f"{V3}/auth{F}/websso/openid")).status_code == 401


async def test_a_login_for_one_protocol_completes_no_other(federation: Federation) -> None:
    other = f"{F}/identity_providers/acme/protocols/other"
    await federation.done("PUT", other, {"protocol": {"mapping_id": "m"}})
    back = (await at_the_provider(await begin(federation))).replace("/protocols/openid/", "/protocols/other/")
    assert (await federation.keystone.cloud.http.get(back)).status_code == 401


async def test_a_web_server_in_front_of_us_needs_no_detour(keystone: Keystone) -> None:
    rules = [{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "name"}]}]
    given = {"proxies": [PROXY], "trusted_dashboards": [DASHBOARD]}
    federation = await federated(keystone, given, rules)
    for path in (SSO, f"{V3}/auth{F}/websso/openid"):
        answer = await keystone.cloud.http.post(path, params={"origin": DASHBOARD}, headers=alice())
        assert (await federation.rescope(token_in(answer), "unscoped")).status_code == 201
    assert (await begin(federation)).status_code == 401
