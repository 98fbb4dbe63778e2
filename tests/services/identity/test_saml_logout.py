"""Single logout: a SAML provider ends what came of a login with it, and nobody else does."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from haneul.kernel.clock import VirtualClock
from tests.services.identity.conftest import Keystone, project
from tests.services.identity.federation import Federation
from tests.services.identity.saml_provider import SamlProvider, certificate
from tests.services.identity.test_saml import made
from tests.services.identity.test_saml_programs import asked, brought
from tests.services.identity.test_websso import SSO

pytestmark = pytest.mark.filterwarnings("default")  # the library's own, and of what it stands on
LOGOUT = SSO.removesuffix("/websso") + "/saml2/logout"


@pytest.fixture
def provider(tmp_path: Path) -> SamlProvider:
    folder = tmp_path / "idp"
    folder.mkdir()
    return SamlProvider(folder)


@pytest.fixture
async def federation(keystone: Keystone, provider: SamlProvider) -> Federation:
    return await made(keystone, provider)


async def log_in(federation: Federation, provider: SamlProvider) -> tuple[list[str], str]:
    """The tokens of a new login, without a scope and for demo; and what the provider calls it."""
    response = provider.respond_to_program(await asked(federation))
    [index] = re.findall(r'SessionIndex="([^"]*)"', response.decode())
    unscoped = (await brought(federation, response)).headers["X-Subject-Token"]
    scoped = await federation.rescope(unscoped, project("demo"))
    return [unscoped, scoped.headers["X-Subject-Token"]], index


async def told(federation: Federation, envelope: bytes, where: str = LOGOUT) -> httpx.Response:
    headers = {"Content-Type": "text/xml"}
    answer = await federation.keystone.cloud.http.post(where, content=envelope, headers=headers)
    assert answer.status_code < 500, answer.text
    return answer


async def hold(federation: Federation, tokens: list[str]) -> set[bool]:
    return {(await federation.keystone.call(each, "GET", "/auth/projects")).is_success for each in tokens}


def here(federation: Federation) -> str:
    return federation.keystone.cloud.platform.endpoint + LOGOUT


async def test_a_logout_ends_all_tokens_of_that_login(federation: Federation, provider: SamlProvider) -> None:
    first, index = await log_in(federation, provider)
    second, _ = await log_in(federation, provider)
    answer = await told(federation, provider.log_out(here(federation), sessions=[index]))
    assert answer.status_code == 200
    assert "status:Success" in answer.text
    assert await hold(federation, first) == {False}
    assert await hold(federation, second) == {True}


async def test_a_logout_without_a_session_ends_all_logins(
    federation: Federation, provider: SamlProvider
) -> None:
    first, _ = await log_in(federation, provider)
    second, _ = await log_in(federation, provider)
    assert (await told(federation, provider.log_out(here(federation), "b-2"))).status_code == 200
    assert await hold(federation, first + second) == {True}
    assert (await told(federation, provider.log_out(here(federation)))).status_code == 200
    assert await hold(federation, first + second) == {False}
    third, _ = await log_in(federation, provider)
    assert await hold(federation, third) == {True}


async def test_a_logout_is_told_once(federation: Federation, provider: SamlProvider) -> None:
    envelope = provider.log_out(here(federation))
    assert (await told(federation, envelope)).status_code == 200
    tokens, _ = await log_in(federation, provider)
    assert (await told(federation, envelope)).status_code == 401
    assert await hold(federation, tokens) == {True}


async def test_a_logout_that_comes_late_is_not_believed(
    federation: Federation, provider: SamlProvider
) -> None:
    tokens, _ = await log_in(federation, provider)
    envelope = provider.log_out(here(federation))
    platform = federation.keystone.cloud.platform
    platform.clock = clock = VirtualClock(platform.clock.now())
    await clock.advance(720)
    assert (await told(federation, envelope)).status_code == 401
    assert await hold(federation, tokens) == {True}


async def test_answers_are_signed_if_there_is_a_key(
    keystone: Keystone, provider: SamlProvider, tmp_path: Path
) -> None:
    key_file, cert_file = certificate(tmp_path, "sp")
    federation = await made(keystone, provider, key_file=key_file, cert_file=cert_file)
    answer = await told(federation, provider.log_out(here(federation)))
    assert answer.status_code == 200
    assert "SignatureValue>" in answer.text


async def test_logouts_that_are_not_believed(
    federation: Federation, provider: SamlProvider, tmp_path: Path
) -> None:
    tokens, index = await log_in(federation, provider)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    good = provider.log_out(here(federation), sessions=[index])
    refused = {
        "unsigned": provider.log_out(here(federation), sign=False),
        "for another cloud": provider.log_out("https://other.test/logout"),
        "by another key": SamlProvider(stranger, provider.entity_id).log_out(here(federation)),
        "by another": SamlProvider(stranger, "https://other.test/idp").log_out(here(federation)),
        "of somebody else": good.replace(b">a-1<", b">b-2<"),
        "a response": provider.respond_to_program(await asked(federation)),
        "no XML": b"nonsense",
        "nothing": b"",
    }
    for name, envelope in refused.items():
        assert (await told(federation, envelope)).status_code == 401, name
    assert await hold(federation, tokens) == {True}
    unknown = LOGOUT.replace("/acme/", "/none/")
    assert (await told(federation, good, unknown)).status_code == 404
    assert (await told(federation, b"x" * (2 << 20))).status_code == 413
