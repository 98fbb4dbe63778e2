"""Limits: registered for everybody, set for some; two models of how they relate."""

from __future__ import annotations

from typing import Any

import httpx

from tests.services.identity.conftest import DOMAIN, SYSTEM, Keystone


async def register(keystone: Keystone, token: str, **more: Any) -> httpx.Response:
    [service] = (await keystone.call(token, "GET", "/services?type=identity")).json()["services"]
    keystone.ids["service"] = service["id"]
    one = {"service_id": service["id"], "resource_name": "snapshots", "default_limit": 10, **more}
    return await keystone.call(token, "POST", "/registered_limits", {"registered_limits": [one]})


async def limit(keystone: Keystone, token: str, amount: int, **holder: Any) -> httpx.Response:
    one = {"service_id": keystone.ids["service"], "resource_name": "snapshots", "resource_limit": amount}
    return await keystone.call(token, "POST", "/limits", {"limits": [{**one, **holder}]})


async def test_a_registered_limit_lives_until_limits_refer_to_it(keystone: Keystone) -> None:
    admin = await keystone.token()
    made = await register(keystone, admin, description="how many")
    assert made.status_code == 201, made.text
    [registered] = made.json()["registered_limits"]
    path = f"/registered_limits/{registered['id']}"
    assert registered["region_id"] is None
    assert registered["links"]["self"].endswith(path)
    assert (await keystone.call(admin, "GET", path)).json() == {"registered_limit": registered}
    changed = await keystone.call(admin, "PATCH", path, {"registered_limit": {"default_limit": 20}})
    assert changed.json()["registered_limit"] == {**registered, "default_limit": 20}
    assert (await register(keystone, admin)).status_code == 409
    assert (await limit(keystone, admin, 5, project_id=keystone.ids["demo"])).status_code == 201
    for method, body in (("DELETE", None), ("PATCH", {"registered_limit": {"resource_name": "others"}})):
        refused = await keystone.call(admin, method, path, body)
        assert refused.status_code == 403
        assert "project limits associated with it" in refused.json()["error"]["message"]
    [theirs] = (await keystone.call(admin, "GET", "/limits")).json()["limits"]
    assert (await keystone.call(admin, "DELETE", f"/limits/{theirs['id']}")).status_code == 204
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert (await keystone.call(admin, "GET", path)).status_code == 404


async def test_bad_limits_change_nothing(keystone: Keystone) -> None:
    admin = await keystone.token()
    assert (await register(keystone, admin, default_limit="5")).status_code == 400
    assert (await register(keystone, admin, default_limit=-2)).status_code == 400
    assert (await register(keystone, admin, region_id="nowhere")).status_code == 400
    assert (await register(keystone, admin, service_id="f" * 32)).status_code == 400
    assert (await register(keystone, admin, colour="red")).status_code == 400
    nothing = await keystone.call(admin, "POST", "/registered_limits", {"registered_limits": []})
    assert nothing.status_code == 400
    assert (await keystone.call(admin, "GET", "/registered_limits")).json()["registered_limits"] == []
    assert (await limit(keystone, admin, 5, project_id=keystone.ids["demo"])).status_code == 403
    await register(keystone, admin)
    demo = keystone.ids["demo"]
    assert (await limit(keystone, admin, 5)).status_code == 400
    assert (await limit(keystone, admin, 5, project_id=demo, domain_id="default")).status_code == 400
    assert (await limit(keystone, admin, 5, project_id="nobody")).status_code == 400
    assert (await limit(keystone, admin, 5, domain_id="nobody")).status_code == 400
    assert (await keystone.call(admin, "GET", "/limits")).json()["limits"] == []


async def test_everybody_sees_the_limits_that_are_theirs(keystone: Keystone) -> None:
    admin = await keystone.token()
    await register(keystone, admin)
    await limit(keystone, admin, 5, project_id=keystone.ids["demo"])
    await limit(keystone, admin, 7, domain_id="default")
    member = await keystone.token("member")
    [mine] = (await keystone.call(member, "GET", "/limits")).json()["limits"]
    assert mine["project_id"] == keystone.ids["demo"]
    assert (await keystone.call(member, "GET", f"/limits/{mine['id']}")).status_code == 200
    [of_domain] = (await keystone.call(admin, "GET", "/limits?domain_id=default")).json()["limits"]
    assert (await keystone.call(member, "GET", f"/limits/{of_domain['id']}")).status_code == 403
    assert (await limit(keystone, member, 9, domain_id="default")).status_code == 403
    assert len((await keystone.call(admin, "GET", "/limits")).json()["limits"]) == 2
    in_system = await keystone.token(scope=SYSTEM)
    assert len((await keystone.call(in_system, "GET", "/limits")).json()["limits"]) == 2


async def test_a_project_takes_its_limits_with_it(keystone: Keystone) -> None:
    admin = await keystone.token()
    await register(keystone, admin)
    await limit(keystone, admin, 5, project_id=keystone.ids["demo"])
    await keystone.call(admin, "DELETE", f"/projects/{keystone.ids['demo']}")
    assert (await keystone.call(admin, "GET", "/limits")).json()["limits"] == []


async def test_in_the_strict_model_no_project_is_above_its_domain(keystone: Keystone) -> None:
    keystone.cloud.platform.config["identity"] = {"limit_enforcement": "strict_two_level"}
    admin = await keystone.token()
    model = (await keystone.call(admin, "GET", "/limits/model")).json()["model"]
    assert model["name"] == "strict_two_level"
    await register(keystone, admin)
    demo = keystone.ids["demo"]
    refused = await limit(keystone, admin, 11, project_id=demo)
    assert refused.status_code == 403
    assert "doesn't satisfy current hierarchy model" in refused.json()["error"]["message"]
    assert (await limit(keystone, admin, 20, domain_id="default")).status_code == 201
    assert (await limit(keystone, admin, 11, project_id=demo)).status_code == 201
    [of_domain] = (await keystone.call(admin, "GET", "/limits?domain_id=default")).json()["limits"]
    lower = await keystone.call(
        admin, "PATCH", f"/limits/{of_domain['id']}", {"limit": {"resource_limit": 10}}
    )
    assert lower.status_code == 403
    [same] = (await keystone.call(admin, "GET", "/limits?domain_id=default")).json()["limits"]
    assert same["resource_limit"] == 20
    below = {"project": {"name": "below", "parent_id": demo}}
    assert (await keystone.call(admin, "POST", "/projects", below)).status_code == 403


async def test_a_domain_token_sees_the_limits_of_its_domain(keystone: Keystone) -> None:
    admin = await keystone.token()
    await register(keystone, admin)
    await limit(keystone, admin, 5, project_id=keystone.ids["demo"])
    role = keystone.ids["role:reader"]
    await keystone.call(admin, "PUT", f"/domains/default/users/{keystone.ids['reader']}/roles/{role}")
    in_domain = await keystone.token("reader", DOMAIN)
    assert len((await keystone.call(in_domain, "GET", "/limits")).json()["limits"]) == 1


async def test_relatives_of_a_project_are_shown_with_their_limits(keystone: Keystone) -> None:
    admin, demo = await keystone.token(), keystone.ids["demo"]
    below = {"project": {"name": "below", "parent_id": demo}}
    below_id = (await keystone.call(admin, "POST", "/projects", below)).json()["project"]["id"]
    for each in (demo, below_id):
        role = keystone.ids["role:member"]
        path = f"/projects/{each}/users/{keystone.ids['admin']}/roles/{role}"
        assert (await keystone.call(admin, "PUT", path)).status_code == 204
    await register(keystone, admin)
    await limit(keystone, admin, 5, project_id=demo)

    async def shown(id: str, asked: str) -> dict[str, Any]:
        answer = await keystone.call(admin, "GET", f"/projects/{id}?{asked}")
        assert answer.status_code == 200
        return answer.json()["project"]

    [parent] = (await shown(below_id, "parents_as_list&include_limits"))["parents"]
    [of_parent] = parent["project"]["limits"]
    assert (of_parent["resource_limit"], of_parent["project_id"]) == (5, demo)
    assert "links" not in of_parent
    [child] = (await shown(demo, "subtree_as_list&include_limits"))["subtree"]
    assert child["project"]["limits"] == []
    for asked in ("parents_as_list", "parents_as_list&include_limits=0"):
        [parent] = (await shown(below_id, asked))["parents"]
        assert "limits" not in parent["project"]
    assert "limits" not in await shown(demo, "include_limits")
    assert "subtree" not in await shown(demo, "subtree_as_list=0")
