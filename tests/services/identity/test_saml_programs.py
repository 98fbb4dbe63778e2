"""Logging in by SAML with a program: it carries a request to the provider and the response back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services.identity.conftest import V3, Keystone, project
from tests.services.identity.federation import Federation
from tests.services.identity.saml_provider import FOR_PROGRAMS, SamlProvider, certificate, in_envelope
from tests.services.identity.test_saml import made

pytestmark = pytest.mark.filterwarnings("default")  # the library's own, and of what it stands on
LOGIN = f"{V3}/OS-FEDERATION/identity_providers/acme/protocols/openid/auth"
ECP = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"
PAOS = "urn:liberty:paos:2003-08"
PAOS_TYPE = "application/vnd.paos+xml"
CAN_CARRY = {"Accept": f"application/json,{PAOS_TYPE}", "PAOS": f'ver="{PAOS}";"{ECP}"'}


@pytest.fixture
def provider(tmp_path: Path) -> SamlProvider:
    folder = tmp_path / "idp"
    folder.mkdir()
    return SamlProvider(folder)


@pytest.fixture
async def federation(keystone: Keystone, provider: SamlProvider) -> Federation:
    return await made(keystone, provider)


async def asked(federation: Federation) -> bytes:
    """The envelope that a program is given to carry."""
    answer = await federation.keystone.cloud.http.get(LOGIN, headers=CAN_CARRY)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == PAOS_TYPE
    return answer.content


async def brought(federation: Federation, envelope: bytes, where: str = LOGIN) -> httpx.Response:
    headers = {"Content-Type": PAOS_TYPE}
    answer = await federation.keystone.cloud.http.post(where, content=envelope, headers=headers)
    assert answer.status_code < 500, answer.text
    return answer


async def test_a_program_is_given_a_request_and_brings_the_response(
    federation: Federation, provider: SamlProvider
) -> None:
    envelope = await asked(federation)
    said = envelope.decode()
    [consumer] = re.findall(r'responseConsumerURL="([^"]*)"', said)
    assert consumer.endswith(LOGIN)
    assert f'AssertionConsumerServiceURL="{consumer}"' in said
    assert f'Destination="{FOR_PROGRAMS}"' in said
    answer = await brought(federation, provider.respond_to_program(envelope))
    assert answer.status_code == 201, answer.text
    assert answer.json()["token"]["user"]["name"] == "alice"
    token = answer.headers["X-Subject-Token"]
    assert (await federation.rescope(token, project("demo"))).status_code == 201


async def test_requests_are_signed_and_assertions_may_be_encrypted(
    keystone: Keystone, provider: SamlProvider, tmp_path: Path
) -> None:
    key_file, cert_file = certificate(tmp_path, "sp")
    federation = await made(keystone, provider, key_file=key_file, cert_file=cert_file)
    envelope = await asked(federation)
    assert b"SignatureValue>" in envelope
    response = provider.respond_to_program(envelope, encrypt_assertion=True)
    assert b"alice" not in response
    answer = await brought(federation, response)
    assert answer.status_code == 201, answer.text


async def test_an_assertion_is_good_for_one_login(federation: Federation, provider: SamlProvider) -> None:
    response = provider.respond_to_program(await asked(federation))
    assert (await brought(federation, response)).status_code == 201
    assert (await brought(federation, response)).status_code == 401


async def test_whoever_cannot_carry_a_request_is_refused(federation: Federation) -> None:
    http = federation.keystone.cloud.http
    for headers in ({}, {"Accept": PAOS_TYPE}, {"PAOS": CAN_CARRY["PAOS"]}):
        answer = await http.get(LOGIN, headers=headers)
        assert answer.status_code == 401, answer.text
    for there in ("/identity_providers/none/protocols/openid", "/identity_providers/acme/protocols/none"):
        answer = await http.get(f"{V3}/OS-FEDERATION{there}/auth", headers=CAN_CARRY)
        assert answer.status_code == 404, answer.text


async def test_a_provider_that_is_disabled_gets_no_requests(
    federation: Federation, provider: SamlProvider
) -> None:
    response = provider.respond_to_program(await asked(federation))
    path = "/OS-FEDERATION/identity_providers/acme"
    await federation.done("PATCH", path, {"identity_provider": {"enabled": False}})
    assert (await federation.keystone.cloud.http.get(LOGIN, headers=CAN_CARRY)).status_code == 403
    assert (await brought(federation, response)).status_code == 403


async def test_a_provider_without_an_address_for_programs(keystone: Keystone, provider: SamlProvider) -> None:
    text = provider.metadata_file.read_text()
    gone = re.sub(r"<[^<]*SingleSignOnService[^>]*bindings:SOAP[^>]*/>", "", text)
    assert gone != text
    provider.metadata_file.write_text(gone)
    federation = await made(keystone, provider)
    answer = await federation.keystone.cloud.http.get(LOGIN, headers=CAN_CARRY)
    assert answer.status_code == 401


def _changed(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(envelope: bytes) -> bytes:
        text, count = re.subn(old, new, envelope.decode(), flags=re.DOTALL)
        assert count
        return text.encode()

    return change


def _wrapped(envelope: bytes) -> bytes:
    """A signed assertion in the header, a forged one with its id in the body."""
    text = envelope.decode()
    [response] = re.findall(r"<S:Body>(.*)</S:Body>", text, re.DOTALL)
    forged = re.sub(r"<(\w+):Signature .*?</\1:Signature>", "", response, flags=re.DOTALL)
    return in_envelope(forged.replace(">alice<", ">admin<"), response)


REFUSED: dict[str, tuple[dict[str, Any], Callable[[bytes], bytes]]] = {
    "unsigned": ({"sign_assertion": False}, lambda envelope: envelope),
    "only the envelope is signed": (
        {"sign_assertion": False, "sign_response": True},
        lambda envelope: envelope,
    ),
    "another user": ({}, _changed(">alice<", ">admin<")),
    "signature removed": ({}, _changed(r"<(\w+):Signature .*?</\1:Signature>", "")),
    "signature of another part": ({}, _wrapped),
    "to another request": ({"in_response_to": "id-another"}, lambda envelope: envelope),
    "to no request": ({"in_response_to": None}, lambda envelope: envelope),
    "for another cloud": ({"destination": "https://other.test/auth"}, lambda envelope: envelope),
    "for another audience": ({"sp_entity_id": "https://other.test/entity"}, lambda envelope: envelope),
    "two responses": ({}, _changed("<S:Body>(.*)</S:Body>", r"<S:Body>\1\1</S:Body>")),
    "two bodies": ({}, _changed("<S:Body>(.*)</S:Body>", r"<S:Body>\1</S:Body><S:Body>\1</S:Body>")),
    "no body": ({}, _changed("<S:Body>(.*)</S:Body>", "")),
    "a fault": ({}, _changed("<S:Body>(.*)</S:Body>", "<S:Body><S:Fault/></S:Body>")),
    "another envelope": ({}, _changed("schemas.xmlsoap.org/soap/envelope", "other.test")),
    "no XML": ({}, lambda envelope: b"nonsense"),
    "nothing": ({}, lambda envelope: b""),
    "no text": ({}, lambda envelope: b"\xff\xfe\x00"),
    "an entity": ({}, lambda envelope: b'<!DOCTYPE x [<!ENTITY a "b">]>' + envelope),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_believed(federation: Federation, provider: SamlProvider, name: str) -> None:
    changes, change = REFUSED[name]
    response = change(provider.respond_to_program(await asked(federation), **changes))
    assert (await brought(federation, response)).status_code == 401
    assert (await federation.done("GET", "/users?name=alice"))["users"] == []
    assert (await federation.done("GET", "/users?name=admin"))["users"][0]["domain_id"] == "default"


async def test_a_request_for_one_protocol_is_not_for_another(
    federation: Federation, provider: SamlProvider
) -> None:
    await federation.done(
        "PUT", "/OS-FEDERATION/identity_providers/acme/protocols/mapped", {"protocol": {"mapping_id": "m"}}
    )
    response = provider.respond_to_program(await asked(federation))
    assert (await brought(federation, response, LOGIN.replace("openid", "mapped"))).status_code == 401
    assert (await brought(federation, response)).status_code == 201


async def test_an_envelope_that_is_too_large(federation: Federation) -> None:
    assert (await brought(federation, b"x" * (2 << 20))).status_code == 413


async def test_another_provider_of_the_same_metadata(
    keystone: Keystone, provider: SamlProvider, tmp_path: Path
) -> None:
    """Metadata may be of many providers; it counts who signed the assertion, not whom the response is from."""
    (tmp_path / "other").mkdir()
    other = SamlProvider(tmp_path / "other", "https://other.test/entity")
    entities = "".join(
        each.metadata_file.read_text().partition("?>")[2] or each.metadata_file.read_text()
        for each in (provider, other)
    )
    namespace = "urn:oasis:names:tc:SAML:2.0:metadata"
    provider.metadata_file.write_text(
        f'<EntitiesDescriptor xmlns="{namespace}">{entities}</EntitiesDescriptor>'
    )
    federation = await made(keystone, provider)
    other.know(Path(provider.service_providers[0]).read_bytes())
    response = other.respond_to_program(await asked(federation)).decode()
    forged = response.replace(f">{other.entity_id}<", f">{provider.entity_id}<", 1)
    assert forged.count(f">{other.entity_id}<") == 1
    assert (await brought(federation, forged.encode())).status_code == 401
    good = provider.respond_to_program(await asked(federation))
    assert (await brought(federation, good)).status_code == 201
