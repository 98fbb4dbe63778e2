"""What an application credential lets do, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.kernel import access_rules
from haneul.services.compute.manifest import MANIFEST as COMPUTE
from tests.services.identity.conftest import Keystone, by_token, login_with, project


async def made(keystone: Keystone, token: str, **wanted: Any) -> dict[str, Any]:
    path = f"/users/{keystone.ids['member']}/application_credentials"
    answer = await keystone.call(token, "POST", path, {"application_credential": {"name": "ci", **wanted}})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["application_credential"]
    return found


def proof(credential: dict[str, Any]) -> dict[str, Any]:
    given = {"id": credential["id"], "secret": credential["secret"]}
    return {"methods": ["application_credential"], "application_credential": given}


async def token_of(keystone: Keystone, credential: dict[str, Any]) -> str:
    answer = await login_with(keystone, proof(credential))
    assert answer.status_code == 201, answer.text
    return answer.headers["X-Subject-Token"]


IMAGES = {"service": "image", "method": "GET", "path": "/v2/images"}


async def test_access_rules_hold_in_every_service(keystone: Keystone) -> None:
    member = await keystone.token("member")
    wanted = [IMAGES, {"service": "identity", "method": "GET", "path": "/v3/users/{user}"}]
    credential = await made(keystone, member, access_rules=wanted)
    assert [{k: r[k] for k in IMAGES} for r in credential["access_rules"]] == wanted
    token = await token_of(keystone, credential)
    http, headers = keystone.cloud.http, {"X-Auth-Token": token}
    assert (await http.get("/image/v2/images", headers=headers)).status_code == 200
    assert (await http.post("/image/v2/images", headers=headers, json={})).status_code == 401
    assert (await http.get("/image/v2/images/x", headers=headers)).status_code == 401
    assert (await http.get("/networking/v2.0/networks", headers=headers)).status_code == 401
    assert (await http.get("/compute/v2.1/servers", headers=headers)).status_code == 401
    assert (await keystone.call(token, "GET", f"/users/{keystone.ids['member']}")).status_code == 200
    assert (await keystone.call(token, "GET", "/auth/projects")).status_code == 401
    about = {"X-Subject-Token": token}
    for method in ("GET", "HEAD"):  # a service that does not say that it minds the rules
        assert (await keystone.call(member, method, "/auth/tokens", **about)).status_code == 404
    about["OpenStack-Identity-Access-Rules"] = "1.0"
    shown = await keystone.call(token, "GET", "/auth/tokens", **about)
    assert shown.json()["token"]["application_credential"]["access_rules"] == credential["access_rules"]


@pytest.mark.parametrize(
    ("rule", "path", "expected"),
    [
        ("/v2.1/servers", "/compute/v2.1/servers", True),
        ("/compute/v2.1/servers", "/compute/v2.1/servers", True),
        ("/v2.1/servers", "/compute/v2.1/servers/x", False),
        ("/v2.1/servers/*", "/compute/v2.1/servers/x", True),
        ("/v2.1/servers/*", "/compute/v2.1/servers/x/action", False),
        ("/v2.1/servers/*", "/compute/v2.1/servers/", False),
        ("/v2.1/servers/{id}/action", "/compute/v2.1/servers/x/action", True),
        ("/v2.1/**", "/compute/v2.1/servers/x/action", True),
        ("/v2.1/**/action", "/compute/v2.1/servers/x/action", True),
        ("/v2.1.servers", "/compute/v2.1/servers", False),
        ("/v2?1/servers", "/compute/v2.1/servers", False),
    ],
)
def test_what_the_paths_of_rules_mean(rule: str, path: str, expected: bool) -> None:
    assert access_rules.allow([("compute", "GET", rule)], COMPUTE, "GET", path) is expected
    assert not access_rules.allow([("image", "GET", rule)], COMPUTE, "GET", path)
    assert not access_rules.allow([("compute", "PUT", rule)], COMPUTE, "GET", path)


async def test_access_rules_are_shared_and_stay_until_deleted(keystone: Keystone) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    rules = f"/users/{ids['member']}/access_rules"
    first = await made(keystone, member, access_rules=[IMAGES])
    again = await made(keystone, member, name="again", access_rules=[IMAGES])
    rule = first["access_rules"][0]["id"]
    third = await made(keystone, member, name="third", access_rules=[{"id": rule}])
    assert first["access_rules"] == again["access_rules"] == third["access_rules"]
    [listed] = (await keystone.call(member, "GET", rules)).json()["access_rules"]
    assert listed["id"] == rule
    assert (await keystone.call(member, "GET", f"{rules}?method=PUT")).json()["access_rules"] == []
    assert (await keystone.call(member, "GET", f"{rules}/{rule}")).json() == {"access_rule": listed}
    assert (await keystone.call(member, "DELETE", f"{rules}/{rule}")).status_code == 403
    reader = await keystone.token("reader")
    assert (await keystone.call(reader, "GET", rules)).status_code == 403
    for credential in (first, again, third):
        path = f"/users/{ids['member']}/application_credentials/{credential['id']}"
        assert (await keystone.call(member, "DELETE", path)).status_code == 204
    assert (await keystone.call(member, "DELETE", f"{rules}/{rule}")).status_code == 204
    assert (await keystone.call(member, "DELETE", f"{rules}/{rule}")).status_code == 404


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({"id": "nope"}, 404),
        ({**IMAGES, "path": "v2/images"}, 400),
        ({**IMAGES, "path": "/" + "x" * 128}, 400),
        ({**IMAGES, "method": "FOO"}, 400),
        ({**IMAGES, "more": 1}, 400),
        ({"path": "/v2/images"}, 400),
        ("rule", 400),
    ],
)
async def test_rules_that_are_none(keystone: Keystone, rule: Any, status: int) -> None:
    member = await keystone.token("member")
    path = f"/users/{keystone.ids['member']}/application_credentials"
    body = {"application_credential": {"name": "ci", "access_rules": [rule]}}
    assert (await keystone.call(member, "POST", path, body)).status_code == status
    assert (await keystone.call(member, "GET", path)).json()["application_credentials"] == []


async def test_a_token_of_an_application_credential_makes_nothing_more(keystone: Keystone) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    path = f"/users/{ids['member']}/application_credentials"
    token = await token_of(keystone, await made(keystone, member))
    for scope in (None, "unscoped", project("demo")):
        assert (await login_with(keystone, by_token(token), scope)).status_code == 403
    more = {"application_credential": {"name": "more"}}
    assert (await keystone.call(token, "POST", path, more)).status_code == 403
    for trusts in ("/OS-TRUST/trusts", f"/OS-TRUST/trusts?trustor_user_id={ids['member']}"):
        assert (await keystone.call(token, "GET", trusts)).status_code == 403
    free = await token_of(keystone, await made(keystone, member, name="free", unrestricted=True))
    assert (await keystone.call(free, "POST", path, more)).status_code == 201
    scoped = await login_with(keystone, proof(await made(keystone, member, name="x")), project("demo"))
    assert scoped.status_code == 401


async def test_its_token_ends_with_it(keystone: Keystone) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    credential = await made(keystone, member, expires_at="2999-01-01T00:00:00")
    token = await token_of(keystone, credential)
    path = f"/users/{ids['member']}/application_credentials/{credential['id']}"
    assert (await keystone.call(token, "GET", path)).status_code == 200
    assert (await keystone.call(member, "DELETE", path)).status_code == 204
    assert (await keystone.call(token, "GET", path)).status_code == 401
    assert (await login_with(keystone, proof(credential))).status_code == 404


async def test_what_ends_an_application_credential(keystone: Keystone) -> None:
    """Whoever copied it has nothing when its owner gets the role back, or is enabled again."""
    ids, admin = keystone.ids, await keystone.token("admin")
    user, held = f"/users/{ids['member']}", f"/projects/{ids['demo']}/users/{ids['member']}/roles"
    roles = (await keystone.call(admin, "GET", held)).json()["roles"]
    member = next(each["id"] for each in roles if each["name"] == "member")
    extra = (await keystone.call(admin, "POST", "/roles", {"role": {"name": "extra"}})).json()["role"]["id"]

    async def taken_and_given() -> None:
        assert (await keystone.call(admin, "DELETE", f"{held}/{member}")).status_code == 204
        assert (await keystone.call(admin, "PUT", f"{held}/{member}")).status_code == 204

    async def away_and_back() -> None:
        for enabled in (False, True):
            body = {"user": {"enabled": enabled}}
            assert (await keystone.call(admin, "PATCH", user, body)).status_code == 200

    async def a_role_ends() -> None:
        assert (await keystone.call(admin, "PUT", f"{held}/{extra}")).status_code == 204
        await made(keystone, await keystone.token("member"), name="with")
        assert (await keystone.call(admin, "DELETE", f"/roles/{extra}")).status_code == 204

    for happens in (taken_and_given, away_and_back, a_role_ends):
        credential = await made(keystone, await keystone.token("member"), access_rules=[IMAGES])
        await token_of(keystone, credential)
        await happens()
        assert (await login_with(keystone, proof(credential))).status_code == 404, happens
        listed = await keystone.call(await keystone.token("member"), "GET", f"{user}/application_credentials")
        assert listed.json()["application_credentials"] == [], happens


async def test_access_rules_that_stay_have_a_limit(keystone: Keystone) -> None:
    """They outlive their credentials, so credentials that come and go must not pile them up."""
    member, most = await keystone.token("member"), 1000
    path = f"/users/{keystone.ids['member']}"
    for first in range(0, most, 50):
        rules = [{**IMAGES, "path": f"/{first + i}"} for i in range(50)]
        credential = await made(keystone, member, access_rules=rules)
        gone = await keystone.call(member, "DELETE", f"{path}/application_credentials/{credential['id']}")
        assert gone.status_code == 204
    body = {"application_credential": {"name": "ci", "access_rules": [{**IMAGES, "path": "/one-more"}]}}
    refused = await keystone.call(member, "POST", f"{path}/application_credentials", body)
    assert refused.status_code == 403
    assert "maximum of 1000" in refused.json()["error"]["message"]
    kept = (await keystone.call(member, "GET", f"{path}/access_rules")).json()["access_rules"]
    assert len(kept) == most
