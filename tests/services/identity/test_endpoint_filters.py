"""Endpoints of projects, and policies of endpoints."""

from __future__ import annotations

from typing import Any

from tests.services.identity.conftest import Keystone, project

FILTER = "/OS-EP-FILTER"


async def endpoints(keystone: Keystone, token: str) -> dict[str, dict[str, Any]]:
    """Those of identity, by interface."""
    found = (await keystone.call(token, "GET", "/endpoints")).json()["endpoints"]
    return {each["interface"]: each for each in found}


async def interfaces(keystone: Keystone) -> set[str]:
    """Of all that a member's catalogue shows."""
    catalog = (await keystone.login("member", scope=project("demo"))).json()["token"]["catalog"]
    return {each["interface"] for service in catalog for each in service["endpoints"]}


async def test_a_project_sees_the_endpoints_given_to_it(keystone: Keystone) -> None:
    admin = await keystone.token()
    known = await endpoints(keystone, admin)
    empty = {"service": {"type": "nothing", "name": "empty"}}
    await keystone.call(admin, "POST", "/services", empty)
    assert await interfaces(keystone) == {"public", "internal", "admin"}
    path = f"{FILTER}/projects/{keystone.ids['demo']}/endpoints/{known['public']['id']}"
    assert (await keystone.call(admin, "GET", path)).status_code == 404
    assert (await keystone.call(admin, "PUT", path)).status_code == 204
    assert (await keystone.call(admin, "PUT", path)).status_code == 409
    assert (await keystone.call(admin, "GET", path)).status_code == 204
    assert await interfaces(keystone) == {"public"}
    catalog = (await keystone.login("member", scope=project("demo"))).json()["token"]["catalog"]
    assert [service["type"] for service in catalog] == ["identity"]
    of_endpoint = f"{FILTER}/endpoints/{known['public']['id']}/projects"
    [theirs] = (await keystone.call(admin, "GET", of_endpoint)).json()["projects"]
    assert theirs["name"] == "demo"
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert (await keystone.call(admin, "DELETE", path)).status_code == 404
    assert await interfaces(keystone) == {"public", "internal", "admin"}


async def test_a_group_of_endpoints_is_given_at_once(keystone: Keystone) -> None:
    admin = await keystone.token()
    new = {"endpoint_group": {"name": "inside", "filters": {"interface": "internal"}}}
    made = (await keystone.call(admin, "POST", f"{FILTER}/endpoint_groups", new)).json()["endpoint_group"]
    path = f"{FILTER}/endpoint_groups/{made['id']}"
    [one] = (await keystone.call(admin, "GET", f"{path}/endpoints")).json()["endpoints"]
    assert one["interface"] == "internal"
    pair = f"{path}/projects/{keystone.ids['demo']}"
    assert (await keystone.call(admin, "PUT", pair)).status_code == 204
    assert (await keystone.call(admin, "PUT", pair)).status_code == 409
    assert (await keystone.call(admin, "HEAD", pair)).status_code == 200
    assert await interfaces(keystone) == {"internal"}
    of_project = f"{FILTER}/projects/{keystone.ids['demo']}/endpoint_groups"
    assert (await keystone.call(admin, "GET", of_project)).json()["endpoint_groups"] == [made]
    changes = {"endpoint_group": {"filters": {"interface": "admin"}, "description": "other"}}
    changed = (await keystone.call(admin, "PATCH", path, changes)).json()["endpoint_group"]
    assert changed == {**made, **changes["endpoint_group"]}
    assert await interfaces(keystone) == {"admin"}
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert (await keystone.call(admin, "GET", pair)).status_code == 404
    assert await interfaces(keystone) == {"public", "internal", "admin"}


async def test_filters_must_be_some_that_endpoints_have(keystone: Keystone) -> None:
    admin = await keystone.token()
    for filters in ({}, {"colour": "red"}, {"interface": "sideways"}, {"service_id": 1}):
        body = {"endpoint_group": {"name": "g", "filters": filters}}
        refused = await keystone.call(admin, "POST", f"{FILTER}/endpoint_groups", body)
        assert refused.status_code == 400, filters
    member = await keystone.token("member")
    assert (await keystone.call(member, "GET", f"{FILTER}/endpoint_groups")).status_code == 403
    found = (await keystone.call(admin, "GET", f"{FILTER}/endpoint_groups")).json()
    assert found["endpoint_groups"] == []


async def test_the_nearest_policy_is_that_of_an_endpoint(keystone: Keystone) -> None:
    admin = await keystone.token()
    public = (await endpoints(keystone, admin))["public"]
    of_endpoint = f"/endpoints/{public['id']}/OS-ENDPOINT-POLICY/policy"
    assert (await keystone.call(admin, "GET", of_endpoint)).status_code == 404
    places = {
        "of the service": f"services/{public['service_id']}",
        "of the region": f"services/{public['service_id']}/regions/RegionOne",
        "of the endpoint": f"endpoints/{public['id']}",
    }
    for blob, place in places.items():
        new = {"policy": {"type": "text/plain", "blob": blob, "colour": "red"}}
        made = (await keystone.call(admin, "POST", "/policies", new)).json()["policy"]
        path = f"/policies/{made['id']}/OS-ENDPOINT-POLICY/{place}"
        assert (await keystone.call(admin, "GET", path)).status_code == 404
        assert (await keystone.call(admin, "PUT", path)).status_code == 204
        assert (await keystone.call(admin, "HEAD", path)).status_code == 204
        found = (await keystone.call(admin, "GET", of_endpoint)).json()["policy"]
        assert (found["blob"], found["colour"]) == (blob, "red")
    theirs = f"/policies/{made['id']}/OS-ENDPOINT-POLICY/endpoints"
    assert (await keystone.call(admin, "GET", theirs)).json()["endpoints"] == [public]
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert (await keystone.call(admin, "GET", of_endpoint)).json()["policy"]["blob"] == "of the region"
    assert (await keystone.call(admin, "DELETE", f"/policies/{made['id']}")).status_code == 204
    assert (await keystone.call(admin, "GET", theirs)).status_code == 404


async def test_a_policy_taken_from_one_place_stays_at_the_others(keystone: Keystone) -> None:
    admin = await keystone.token()
    public = (await endpoints(keystone, admin))["public"]
    new = {"policy": {"type": "text/plain", "blob": "b"}}
    made = (await keystone.call(admin, "POST", "/policies", new)).json()["policy"]
    base = f"/policies/{made['id']}/OS-ENDPOINT-POLICY"
    service = f"{base}/services/{public['service_id']}"
    places = [f"{service}/regions/RegionOne", service]
    for place in places:
        assert (await keystone.call(admin, "PUT", place)).status_code == 204
    while places:
        gone = places.pop()
        assert (await keystone.call(admin, "DELETE", gone)).status_code == 204
        assert (await keystone.call(admin, "GET", gone)).status_code == 404
        for place in places:
            assert (await keystone.call(admin, "GET", place)).status_code == 204
    assert (await keystone.call(admin, "GET", f"{base}/endpoints")).json()["endpoints"] == []


async def test_what_a_policy_is_given_to_must_exist(keystone: Keystone) -> None:
    admin = await keystone.token()
    made = (await keystone.call(admin, "POST", "/policies", {"policy": {"type": "t", "blob": "b"}})).json()
    base = f"/policies/{made['policy']['id']}/OS-ENDPOINT-POLICY"
    public = (await endpoints(keystone, admin))["public"]
    for place in ("endpoints/x", "services/x", f"services/{public['service_id']}/regions/x"):
        assert (await keystone.call(admin, "PUT", f"{base}/{place}")).status_code == 404
    assert (await keystone.call(admin, "POST", "/policies", {"policy": {"type": "t"}})).status_code == 400
    assert (await keystone.call(admin, "GET", f"{base}/endpoints")).json()["endpoints"] == []
