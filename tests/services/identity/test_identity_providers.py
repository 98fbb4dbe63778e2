"""Identity providers, protocols, mappings and service providers, as admins keep them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.identity.conftest import Keystone
from tests.services.identity.federation import RULES, F, Federation

IDP, PROTOCOL = f"{F}/identity_providers/acme", f"{F}/identity_providers/acme/protocols/openid"


@pytest.fixture
async def federation(keystone: Keystone) -> Federation:
    return Federation(keystone, await keystone.token())


async def test_an_identity_provider_gets_a_domain_of_its_own(federation: Federation) -> None:
    made = (await federation.done("PUT", IDP, {"identity_provider": {"remote_ids": ["r"]}}))[
        "identity_provider"
    ]
    links = made.pop("links")
    domain_id = made.pop("domain_id")
    assert made == {
        "id": "acme", "enabled": False, "description": None, "remote_ids": ["r"], "authorization_ttl": None,
    }  # fmt: skip
    assert links["self"].endswith(f"/identity/v3{IDP}")
    assert links["protocols"] == f"{links['self']}/protocols"
    domain = (await federation.done("GET", f"/domains/{domain_id}"))["domain"]
    assert domain["description"] == "Auto generated federated domain for Identity Provider: acme"
    assert (await federation.ask("PUT", IDP, {})).status_code == 409


async def test_a_provider_changes(federation: Federation) -> None:
    body = {"domain_id": "default", "enabled": True, "remote_ids": ["a", "b"], "authorization_ttl": 10}
    await federation.done("PUT", IDP, {"identity_provider": body})
    changes = {"remote_ids": ["b", "c"], "description": "x", "authorization_ttl": None, "enabled": False}
    shown = (await federation.done("PATCH", IDP, {"identity_provider": changes}))["identity_provider"]
    assert {name: shown[name] for name in changes} == changes
    other = f"{F}/identity_providers/other"
    await federation.done("PUT", other, {"identity_provider": {"remote_ids": ["a"]}})  # free again
    taken = await federation.ask("PATCH", other, {"identity_provider": {"remote_ids": ["c"]}})
    assert taken.status_code == 409
    assert taken.json()["error"]["message"].endswith("Duplicate remote ID: c.")
    listed = await federation.done("GET", f"{F}/identity_providers?enabled=false&id=acme")
    assert [each["id"] for each in listed["identity_providers"]] == ["acme"]
    assert (await federation.done("GET", f"{F}/identity_providers?enabled=true"))["identity_providers"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"remote_ids": ["a", "a"]}, 400),
        ({"remote_ids": [5]}, 400),
        ({"remote_ids": [""]}, 400),
        ({"domain_id": "nowhere"}, 404),
        ({"more": 1}, 400),
        ({"authorization_ttl": -1}, 400),
        ({"authorization_ttl": 1 << 70}, 400),
        ({"enabled": "yes"}, 400),
    ],
)
async def test_bad_providers(federation: Federation, body: dict[str, Any], status: int) -> None:
    answer = await federation.ask("PUT", IDP, {"identity_provider": body})
    assert answer.status_code == status, answer.text
    assert (await federation.ask("GET", IDP)).status_code == 404
    assert len((await federation.done("GET", "/domains"))["domains"]) == 1


async def test_what_a_provider_keeps_and_what_cannot_change(federation: Federation) -> None:
    await federation.done("PUT", IDP, {})
    for body in ({}, {"domain_id": "default"}, {"id": "x"}):
        assert (await federation.ask("PATCH", IDP, {"identity_provider": body})).status_code == 400
    assert (await federation.ask("PUT", f"{F}/identity_providers/{'x' * 65}", {})).status_code == 400


async def test_protocols_join_a_provider_and_a_mapping(federation: Federation) -> None:
    await federation.done("PUT", IDP, {})
    body = {"protocol": {"mapping_id": "m"}}
    refused = await federation.ask("PUT", PROTOCOL, body)
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Invalid mapping id: m")
    await federation.done("PUT", f"{F}/mappings/m", {"mapping": {"rules": RULES}})
    made = (await federation.done("PUT", PROTOCOL, body))["protocol"]
    assert {name: made[name] for name in ("id", "mapping_id")} == {"id": "openid", "mapping_id": "m"}
    assert made["links"]["identity_provider"].endswith(IDP)
    assert (await federation.ask("PUT", PROTOCOL, body)).status_code == 409
    nowhere = f"{F}/identity_providers/none/protocols/openid"
    assert (await federation.ask("PUT", nowhere, body)).status_code == 404
    changed = {"protocol": {"mapping_id": "m", "remote_id_attribute": "HTTP_OIDC_ISS"}}
    await federation.done("PATCH", PROTOCOL, changed)
    for wrong in ({"remote_id_attribute": "x"}, {"mapping_id": "none"}, {"mapping_id": ""}, {"more": 1}):
        assert (await federation.ask("PATCH", PROTOCOL, {"protocol": wrong})).status_code == 400
    [listed] = (await federation.done("GET", f"{IDP}/protocols"))["protocols"]
    assert (listed["idp_id"], listed["remote_id_attribute"]) == ("acme", "HTTP_OIDC_ISS")
    missing = await federation.ask("GET", f"{IDP}/protocols/none")
    assert missing.status_code == 404
    assert missing.json()["error"]["message"] == (
        "Could not find federated protocol none for Identity Provider: acme."
    )
    assert (await federation.ask("DELETE", IDP)).status_code == 204
    assert (await federation.ask("GET", PROTOCOL)).status_code == 404
    assert (await federation.done("GET", f"{IDP}/protocols"))["protocols"] == []


async def test_mappings_are_kept_as_they_came(federation: Federation) -> None:
    path = f"{F}/mappings/m"
    made = (await federation.done("PUT", path, {"mapping": {"rules": RULES, "more": 1}}))["mapping"]
    assert (made["rules"], made["schema_version"]) == (RULES, "1.0")
    assert "more" not in made
    assert (await federation.ask("PUT", path, {"mapping": {"rules": RULES}})).status_code == 409
    newer = {"mapping": {"rules": RULES, "schema_version": "3.0"}}
    assert (await federation.done("PATCH", path, newer))["mapping"]["schema_version"] == "3.0"
    for wrong in ({"rules": []}, {}, {"rules": RULES, "schema_version": "4.0"}, {"rules": "x"}):
        for method in ("PUT", "PATCH"):
            answer = await federation.ask(method, path, {"mapping": wrong})
            assert answer.status_code == 400, answer.text
    assert [m["schema_version"] for m in (await federation.done("GET", f"{F}/mappings"))["mappings"]] == [
        "3.0"
    ]
    await federation.done("DELETE", path)
    for method in ("GET", "DELETE"):
        assert (await federation.ask(method, path)).status_code == 404


async def test_service_providers_are_named_in_tokens_while_they_are_enabled(federation: Federation) -> None:
    path = f"{F}/service_providers/sky"
    body = {"auth_url": "http://sky/auth", "sp_url": "http://sky/sp"}
    made = (await federation.done("PUT", path, {"service_provider": body}))["service_provider"]
    made.pop("links")
    assert made == {
        **body, "id": "sky", "enabled": False, "description": None, "relay_state_prefix": "ss:mem:",
    }  # fmt: skip
    assert (await federation.ask("PUT", path, {"service_provider": body})).status_code == 409

    async def named() -> Any:
        shown = await federation.keystone.call(
            federation.admin, "GET", "/auth/tokens", **{"X-Subject-Token": federation.admin}
        )
        return shown.json()["token"].get("service_providers")

    assert await named() is None
    await federation.done("PATCH", path, {"service_provider": {"enabled": True}})
    assert await named() == [{"id": "sky", **body}]
    assert (await federation.done("GET", f"{F}/service_providers?enabled=true"))["service_providers"]
    await federation.done("DELETE", path)
    assert await named() is None
    assert (await federation.ask("DELETE", path)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"auth_url": "http://a"},
        {"auth_url": "x", "sp_url": "http://a"},
        {"auth_url": None, "sp_url": "http://a"},
    ],
)
async def test_bad_service_providers(federation: Federation, body: dict[str, Any]) -> None:
    path = f"{F}/service_providers/sky"
    assert (await federation.ask("PUT", path, {"service_provider": body})).status_code == 400
    assert (await federation.ask("GET", path)).status_code == 404


async def test_only_admins_change_them(federation: Federation) -> None:
    await federation.done("PUT", IDP, {})
    await federation.done("PUT", f"{F}/mappings/m", {"mapping": {"rules": RULES}})
    await federation.done("PUT", PROTOCOL, {"protocol": {"mapping_id": "m"}})
    member = await federation.keystone.token("member")
    for path, body in (
        (IDP, {"identity_provider": {"enabled": True}}),
        (PROTOCOL, {"protocol": {"mapping_id": "m"}}),
        (f"{F}/mappings/m", {"mapping": {"rules": RULES}}),
        (f"{F}/service_providers/s", {"service_provider": {"auth_url": "a:b", "sp_url": "a:b"}}),
    ):
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            sent = body if method in ("PUT", "PATCH") else None
            answer = await federation.keystone.call(member, method, path, sent)
            assert answer.status_code == 403, f"{method} {path}: {answer.text}"


async def test_a_provider_goes_with_its_domain(federation: Federation) -> None:
    made = (await federation.done("PUT", IDP, {}))["identity_provider"]
    domain = f"/domains/{made['domain_id']}"
    await federation.done("PATCH", domain, {"domain": {"enabled": False}})
    await federation.done("DELETE", domain)
    assert (await federation.ask("GET", IDP)).status_code == 404
