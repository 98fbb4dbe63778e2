"""Logging in with a SAML identity provider, and the responses that are not believed."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services.identity.conftest import Keystone, project
from tests.services.identity.federation import Federation, federated
from tests.services.identity.saml_provider import SINGLE_SIGN_ON, SamlProvider, certificate
from tests.services.identity.test_websso import SSO, token_in

pytestmark = pytest.mark.filterwarnings("default")  # the library's own, and of what it stands on
DASHBOARD = "https://dash.test/"
METADATA = SSO.removesuffix("/websso") + "/saml2/metadata"
RULES = [
    {
        "local": [
            {"user": {"name": "{0}", "id": "{1}"}},
            {"groups": "{2}", "domain": {"name": "Default"}},
        ],
        "remote": [{"type": "uid"}, {"type": "MELLON_NAME_ID"}, {"type": "MELLON_groups"}],
    }
]


@pytest.fixture
def provider(tmp_path: Path) -> SamlProvider:
    folder = tmp_path / "idp"
    folder.mkdir()
    return SamlProvider(folder)


async def made(keystone: Keystone, provider: SamlProvider, **more: str) -> Federation:
    saml = {"entity_id": provider.entity_id, "metadata_file": str(provider.metadata_file), **more}
    federation = await federated(keystone, {"saml": {"acme": saml}, "trusted_dashboards": [DASHBOARD]}, RULES)
    told = await keystone.cloud.http.get(METADATA)
    assert told.status_code == 200, told.text
    provider.know(told.content)
    return federation


@pytest.fixture
async def federation(keystone: Keystone, provider: SamlProvider) -> Federation:
    return await made(keystone, provider)


async def begin(federation: Federation) -> str:
    answer = await federation.keystone.cloud.http.get(SSO, params={"origin": DASHBOARD})
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(SINGLE_SIGN_ON)
    return answer.headers["Location"]


async def back(federation: Federation, form: dict[str, str]) -> httpx.Response:
    return await federation.keystone.cloud.http.post(SSO, data=form)


async def test_a_browser_comes_back_with_a_token(federation: Federation, provider: SamlProvider) -> None:
    form = provider.respond(await begin(federation))
    token = token_in(await back(federation, form))
    answer = await federation.rescope(token, project("demo"))
    assert answer.status_code == 201, answer.text
    user = answer.json()["token"]["user"]
    assert user["name"] == "alice"
    assert user["OS-FEDERATION"]["groups"] == [{"id": federation.group_id}]
    assert (await back(federation, form)).status_code == 401  # an assertion is good for one login


async def test_requests_are_signed_if_there_is_a_key(
    keystone: Keystone, provider: SamlProvider, tmp_path: Path
) -> None:
    key_file, cert_file = certificate(tmp_path, "sp")
    federation = await made(keystone, provider, key_file=key_file, cert_file=cert_file)
    location = await begin(federation)
    assert "Signature=" in location
    encrypted = provider.respond(location, encrypt_assertion=True)
    token_in(await back(federation, encrypted))


def _changed(old: str, new: str) -> Callable[[dict[str, str]], dict[str, str]]:
    def change(form: dict[str, str]) -> dict[str, str]:
        content = base64.b64decode(form["SAMLResponse"]).decode()
        assert re.search(old, content, re.DOTALL)
        content = re.sub(old, new, content, flags=re.DOTALL)
        return {**form, "SAMLResponse": base64.b64encode(content.encode()).decode()}

    return change


REFUSED: dict[str, tuple[dict[str, Any], Callable[[dict[str, str]], dict[str, str]]]] = {
    "unsigned": ({"sign_assertion": False}, lambda form: form),
    "only the envelope is signed": ({"sign_assertion": False, "sign_response": True}, lambda form: form),
    "another user": ({}, _changed(">alice<", ">admin<")),
    "signature removed": ({}, _changed(r"<(\w+):Signature .*?</\1:Signature>", "")),
    "to another request": ({"in_response_to": "id-another"}, lambda form: form),
    "to no request": ({"in_response_to": None}, lambda form: form),
    "for another cloud": ({"destination": "https://other.test/websso"}, lambda form: form),
    "no XML": ({}, lambda form: {**form, "SAMLResponse": "bm9uc2Vuc2U="}),
    "no base64": ({}, lambda form: {**form, "SAMLResponse": "!"}),
    "another state": ({}, lambda form: {**form, "RelayState": "x"}),
    "no state": ({}, lambda form: {"SAMLResponse": form["SAMLResponse"]}),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_believed(federation: Federation, provider: SamlProvider, name: str) -> None:
    changes, change = REFUSED[name]
    form = change(provider.respond(await begin(federation), **changes))
    assert (await back(federation, form)).status_code == 401
    assert (await federation.done("GET", "/users?name=alice"))["users"] == []


async def test_a_response_of_somebody_else(
    federation: Federation, provider: SamlProvider, tmp_path: Path
) -> None:
    for folder, entity_id in (("a", provider.entity_id), ("b", "https://other.test/entity")):
        (tmp_path / folder).mkdir()
        other = SamlProvider(tmp_path / folder, entity_id)
        other.know(Path(provider.service_providers[0]).read_bytes())
        form = other.respond(await begin(federation))
        assert (await back(federation, form)).status_code == 401


async def test_a_response_in_another_browser(federation: Federation, provider: SamlProvider) -> None:
    form = provider.respond(await begin(federation))
    federation.keystone.cloud.http.cookies.clear()
    assert (await back(federation, form)).status_code == 401


async def test_a_form_that_is_too_large(federation: Federation) -> None:
    assert (await back(federation, {"SAMLResponse": "x" * (2 << 20)})).status_code == 413


async def test_a_provider_that_is_not_set_up(keystone: Keystone) -> None:
    saml = {"entity_id": "x", "metadata_file": "/nowhere.xml"}
    federation = await federated(keystone, {"saml": {"acme": saml}, "trusted_dashboards": [DASHBOARD]})
    http = keystone.cloud.http
    assert (await http.get(SSO, params={"origin": DASHBOARD})).status_code == 503
    assert (await http.get(METADATA)).status_code == 503
    assert (await http.get(METADATA.replace("/acme/", "/other/"))).status_code == 404
    assert federation.group_id
