"""What a body may ask for is done, and is seen there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.identity.conftest import PASSWORD, Keystone, login_with


async def make(keystone: Keystone, token: str, kind: str, plural: str = "", **new: Any) -> dict[str, Any]:
    answer = await keystone.call(token, "POST", f"/{plural or kind + 's'}", {kind: new})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()[kind]
    return made


async def catalog(keystone: Keystone) -> dict[str, list[dict[str, Any]]]:
    """The endpoints that a new token names, by the type of their service."""
    token = (await keystone.login()).json()["token"]
    return {entry["type"]: entry["endpoints"] for entry in token["catalog"]}


async def test_a_changed_endpoint_is_what_tokens_name(keystone: Keystone) -> None:
    admin = await keystone.token()
    for region in ("here", "there"):
        await make(keystone, admin, "region", id=region)
    one, two = [await make(keystone, admin, "service", type=kind) for kind in ("dns", "nfv")]
    new = {"service_id": one["id"], "interface": "public", "url": "http://a", "region_id": "here"}
    path = f"/endpoints/{(await make(keystone, admin, 'endpoint', **new))['id']}"
    [shown] = (await catalog(keystone))["dns"]
    assert (shown["url"], shown["interface"], shown["region_id"]) == ("http://a", "public", "here")
    changes = {"service_id": two["id"], "interface": "internal", "url": "http://b", "region_id": "there"}
    assert (await keystone.call(admin, "PATCH", path, {"endpoint": changes})).status_code == 200
    [shown] = (await catalog(keystone))["nfv"]
    assert (shown["url"], shown["interface"], shown["region_id"]) == ("http://b", "internal", "there")
    assert "dns" not in {kind for kind, endpoints in (await catalog(keystone)).items() if endpoints}
    assert (await keystone.call(admin, "PATCH", path, {"endpoint": {"region": "beyond"}})).status_code == 200
    assert (await catalog(keystone))["nfv"][0]["region_id"] == "beyond"
    assert (await keystone.call(admin, "PATCH", path, {"endpoint": {"enabled": False}})).status_code == 200
    assert not (await catalog(keystone)).get("nfv")


async def test_an_endpoint_or_a_service_that_is_off_is_named_by_no_token(keystone: Keystone) -> None:
    admin = await keystone.token()
    off = await make(keystone, admin, "service", type="dns", enabled=False)
    on = await make(keystone, admin, "service", type="nfv")
    for service, enabled in ((off, True), (on, False)):
        new = {"service_id": service["id"], "interface": "public", "url": "http://a", "enabled": enabled}
        await make(keystone, admin, "endpoint", **new)
    named = await catalog(keystone)
    assert not named.get("dns")
    assert not named.get("nfv")
    changes = {"service": {"enabled": True, "type": "dns2"}}
    assert (await keystone.call(admin, "PATCH", f"/services/{off['id']}", changes)).status_code == 200
    assert (await catalog(keystone))["dns2"]


async def test_what_is_off_lets_nobody_in(keystone: Keystone) -> None:
    admin = await keystone.token()
    named = "d" * 32
    domain = await make(keystone, admin, "domain", name="far", explicit_domain_id=named)
    assert domain["id"] == named
    user = await make(keystone, admin, "user", name="u", password="secret", domain_id=named)
    assert user["domain_id"] == named
    proof = {"methods": ["password"], "password": {"user": {"id": user["id"], "password": "secret"}}}
    assert (await login_with(keystone, proof)).status_code == 201
    for path, kind in ((f"/users/{user['id']}", "user"), (f"/domains/{named}", "domain")):
        assert (await keystone.call(admin, "PATCH", path, {kind: {"enabled": False}})).status_code == 200
        assert (await login_with(keystone, proof)).status_code == 401
        assert (await keystone.call(admin, "PATCH", path, {kind: {"enabled": True}})).status_code == 200
        assert (await login_with(keystone, proof)).status_code == 201
    for kind, name in (("user", "v"), ("domain", "off"), ("project", "off")):
        assert (await make(keystone, admin, kind, name=name, enabled=False))["enabled"] is False


async def test_a_user_starts_in_their_own_project(keystone: Keystone) -> None:
    admin, ids = await keystone.token(), keystone.ids
    user = await make(keystone, admin, "user", name="u", password="secret", default_project_id=ids["demo"])
    role = f"/projects/{ids['demo']}/users/{user['id']}/roles/{ids['role:member']}"
    assert (await keystone.call(admin, "PUT", role)).status_code == 204
    proof = {"methods": ["password"], "password": {"user": {"id": user["id"], "password": "secret"}}}
    assert (await login_with(keystone, proof)).json()["token"]["project"]["id"] == ids["demo"]
    changes = {"user": {"default_project_id": None, "password": "another"}}
    answer = await keystone.call(admin, "PATCH", f"/users/{user['id']}", changes)
    assert answer.status_code == 200, answer.text
    assert (await login_with(keystone, proof)).status_code == 401
    proof["password"]["user"]["password"] = "another"  # type: ignore[index]
    assert "project" not in (await login_with(keystone, proof)).json()["token"]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("user", {"domain_id": "elsewhere"}),
        ("group", {"domain_id": "elsewhere"}),
        ("role", {"domain_id": "elsewhere"}),
        ("project", {"domain_id": "elsewhere"}),
        ("project", {"is_domain": True}),
        ("project", {"parent_id": "e" * 32}),
    ],
)
async def test_where_a_thing_is_cannot_change(
    keystone: Keystone, kind: str, changes: dict[str, object]
) -> None:
    admin = await keystone.token()
    made = await make(keystone, admin, kind, name="fixed")
    path = f"/{kind}s/{made['id']}"
    answer = await keystone.call(admin, "PATCH", path, {kind: changes})
    assert answer.status_code in (400, 403), answer.text
    assert (await keystone.call(admin, "GET", path)).json()[kind] == made


@pytest.mark.parametrize("kind", ["user", "group", "role", "project"])
async def test_a_thing_is_in_the_domain_that_was_named(keystone: Keystone, kind: str) -> None:
    admin = await keystone.token()
    domain = (await make(keystone, admin, "domain", name="far"))["id"]
    made = await make(keystone, admin, kind, name="x", domain_id=domain)
    assert made["domain_id"] == domain
    listed = (await keystone.call(admin, "GET", f"/{kind}s?domain_id={domain}")).json()[f"{kind}s"]
    assert [each["id"] for each in listed] == [made["id"]]


async def test_regions_are_within_regions(keystone: Keystone) -> None:
    admin = await keystone.token()
    for id, parent in (("land", None), ("town", "land"), ("sea", None)):
        assert (await make(keystone, admin, "region", id=id, parent_region_id=parent))["id"] == id
    below = (await keystone.call(admin, "GET", "/regions?parent_region_id=land")).json()["regions"]
    assert [region["id"] for region in below] == ["town"]
    moved = {"region": {"parent_region_id": "sea"}}
    assert (await keystone.call(admin, "PATCH", "/regions/town", moved)).status_code == 200
    below = (await keystone.call(admin, "GET", "/regions?parent_region_id=sea")).json()["regions"]
    assert [region["id"] for region in below] == ["town"]
    assert (await keystone.call(admin, "GET", "/regions?description=x")).status_code == 400


async def test_an_application_credential_has_the_secret_and_the_end_that_were_asked_for(
    keystone: Keystone,
) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    path = f"/users/{ids['member']}/application_credentials"
    wish = {"name": "ci", "secret": "chosen", "expires_at": "2999-01-01T00:00:00.000000"}
    made = await keystone.call(member, "POST", path, {"application_credential": wish})
    assert made.status_code == 201, made.text
    shown = made.json()["application_credential"]
    assert (shown["expires_at"][:10], shown["unrestricted"]) == ("2999-01-01", False)
    proof = {"id": shown["id"], "secret": "chosen"}
    identity = {"methods": ["application_credential"], "application_credential": proof}
    assert (await login_with(keystone, identity)).status_code == 201
    late = {"application_credential": wish | {"name": "late", "expires_at": "2020-01-01T00:00:00.000000"}}
    assert (await keystone.call(member, "POST", path, late)).status_code == 400


async def test_limits_are_of_a_service_in_a_region(keystone: Keystone) -> None:
    admin, ids = await keystone.token(), keystone.ids
    for region in ("here", "there"):
        await make(keystone, admin, "region", id=region)
    one, two = [(await make(keystone, admin, "service", type=kind))["id"] for kind in ("dns", "nfv")]
    new = {"service_id": one, "region_id": "here", "resource_name": "zones", "default_limit": 5}
    answer = await keystone.call(admin, "POST", "/registered_limits", {"registered_limits": [new]})
    assert answer.status_code == 201, answer.text
    [registered] = answer.json()["registered_limits"]
    changes = {"service_id": two, "region_id": "there", "resource_name": "records", "default_limit": 9}
    path = f"/registered_limits/{registered['id']}"
    answer = await keystone.call(admin, "PATCH", path, {"registered_limit": changes})
    assert answer.status_code == 200, answer.text
    assert changes.items() <= (await keystone.call(admin, "GET", path)).json()["registered_limit"].items()
    limit = {"service_id": two, "resource_name": "records", "resource_limit": 3, "domain_id": "default"}
    for region, status in (("here", 403), ("there", 201)):
        answer = await keystone.call(admin, "POST", "/limits", {"limits": [limit | {"region_id": region}]})
        assert answer.status_code == status, answer.text
    [made] = answer.json()["limits"]
    query = f"/limits?service_id={two}&region_id=there&resource_name=records"
    assert [each["id"] for each in (await keystone.call(admin, "GET", query)).json()["limits"]] == [
        made["id"]
    ]
    changed = await keystone.call(admin, "PATCH", f"/limits/{made['id']}", {"limit": {"resource_limit": 4}})
    assert changed.json()["limit"]["resource_limit"] == 4
    assert ids["demo"]


async def test_a_policy_says_what_was_sent_last(keystone: Keystone) -> None:
    admin = await keystone.token()
    made = await make(keystone, admin, "policy", "policies", type="text/plain", blob="a")
    changes = {"policy": {"type": "application/json", "blob": "{}"}}
    path = f"/policies/{made['id']}"
    assert (await keystone.call(admin, "PATCH", path, changes)).status_code == 200
    shown = (await keystone.call(admin, "GET", path)).json()["policy"]
    assert (shown["type"], shown["blob"]) == ("application/json", "{}")
    assert [p["id"] for p in (await keystone.call(admin, "GET", "/policies?type=application/json")).json()[
        "policies"]] == [made["id"]]  # fmt: skip


async def test_a_changed_service_provider_is_what_tokens_name(keystone: Keystone) -> None:
    admin = await keystone.token()
    path = "/OS-FEDERATION/service_providers/sky"
    body = {"auth_url": "http://sky/auth", "sp_url": "http://sky/sp", "enabled": True}
    assert (await keystone.call(admin, "PUT", path, {"service_provider": body})).status_code == 201
    changes = {"auth_url": "http://sea/auth", "sp_url": "http://sea/sp", "relay_state_prefix": "x:"}
    answer = await keystone.call(admin, "PATCH", path, {"service_provider": changes})
    assert answer.json()["service_provider"]["relay_state_prefix"] == "x:"
    [named] = (await keystone.login()).json()["token"]["service_providers"]
    assert (named["auth_url"], named["sp_url"]) == ("http://sea/auth", "http://sea/sp")


async def test_a_user_changes_their_password_by_the_old_one(keystone: Keystone) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    path = f"/users/{ids['member']}/password"
    wrong = {"user": {"original_password": "wrong", "password": "another"}}
    assert (await keystone.call(member, "POST", path, wrong)).status_code == 401
    right = {"user": {"original_password": PASSWORD, "password": "another"}}
    assert (await keystone.call(member, "POST", path, right)).status_code == 204
    assert (await keystone.login("member", "another")).status_code == 201
    assert (await keystone.login("member", PASSWORD)).status_code == 401


async def test_endpoints_of_a_group_are_those_of_its_service_and_region(keystone: Keystone) -> None:
    admin = await keystone.token()
    for region in ("here", "there"):
        await make(keystone, admin, "region", id=region)
    services = [(await make(keystone, admin, "service", type=kind))["id"] for kind in ("dns", "nfv")]
    made = {}
    for service in services:
        for region in ("here", "there"):
            new = {"service_id": service, "interface": "public", "url": "http://a", "region_id": region}
            made[service, region] = (await make(keystone, admin, "endpoint", **new))["id"]
    filters = {"service_id": services[1], "region_id": "there"}
    body = {"endpoint_group": {"name": "g", "filters": filters}}
    group = await keystone.call(admin, "POST", "/OS-EP-FILTER/endpoint_groups", body)
    path = f"/OS-EP-FILTER/endpoint_groups/{group.json()['endpoint_group']['id']}/endpoints"
    found = (await keystone.call(admin, "GET", path)).json()["endpoints"]
    assert [endpoint["id"] for endpoint in found] == [made[services[1], "there"]]
