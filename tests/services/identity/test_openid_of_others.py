"""Logging in with an OpenID provider that others wrote, served on loopback (`oidc-provider-mock`, on authlib)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from oidc_provider_mock import User, run_server_in_thread

from tests.services.identity.conftest import Keystone, project
from tests.services.identity.federation import Federation, federated
from tests.services.identity.test_websso import DASHBOARD, begin, token_in

pytestmark = pytest.mark.filterwarnings("ignore")  # the provider's own
CLIENT, SECRET = "haneul", "s"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    alice = User(sub="alice", claims={"name": "Alice", "groups": "staff"})
    with run_server_in_thread(user_claims=(alice,)) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
async def federation(keystone: Keystone, issuer: str) -> Federation:
    acme = {"issuer": issuer, "client_id": CLIENT, "client_secret": SECRET}
    return await federated(keystone, {"openid": {"acme": acme}, "trusted_dashboards": [DASHBOARD]})


async def _consent(address: str) -> str:
    """Where the provider sends the browser once alice has logged in there."""
    async with httpx.AsyncClient() as browser:
        form = await browser.get(address)
        assert form.status_code == 200, form.text
        answer = await browser.post(address, data={"sub": "alice"})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


async def _id_token(issuer: str) -> str:
    """What a program gets that logs alice in by itself."""
    back = "http://localhost/back"
    asked = {"response_type": "code", "client_id": CLIENT, "redirect_uri": back, "scope": "openid profile"}
    there = await _consent(f"{issuer}/oauth2/authorize?{urlencode(asked)}")
    code = parse_qs(urlsplit(there).query)["code"][0]
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    async with httpx.AsyncClient() as program:
        answer = await program.post(f"{issuer}/oauth2/token", data=given, auth=(CLIENT, SECRET))
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["id_token"]
    return found


async def test_a_browser_logs_in(federation: Federation) -> None:
    begun = await begin(federation)
    assert begun.status_code == 302, begun.text
    page = await federation.keystone.cloud.http.get(await _consent(begun.headers["Location"]))
    token = token_in(page)
    scoped = await federation.rescope(token, project("demo"))
    assert scoped.status_code == 201
    assert scoped.json()["token"]["user"]["name"] == "Alice"


async def test_a_program_logs_in_with_its_token(federation: Federation, issuer: str) -> None:
    answer = await federation.login(await _id_token(issuer))
    assert answer.status_code == 201, answer.text
    user = answer.json()["token"]["user"]
    assert user["name"] == "Alice"
    assert user["OS-FEDERATION"]["groups"] == [{"id": federation.group_id}]


async def test_a_token_that_was_changed_is_refused(federation: Federation, issuer: str) -> None:
    head, claims, signature = (await _id_token(issuer)).split(".")
    assert (await federation.login(f"{head}.{claims}.{signature[:-8]}AAAAAAAA")).status_code == 401
