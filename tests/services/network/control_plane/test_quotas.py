"""Quotas of the network over HTTP."""

from __future__ import annotations

from tests.conftest import Cloud

QUOTAS = "/networking/v2.0/quotas"


def path(cloud: Cloud) -> str:
    return f"{QUOTAS}/{cloud.member.auth.project_id}"


async def test_a_project_that_never_had_limits_of_its_own_has_none_to_lose(cloud: Cloud) -> None:
    refusal = await cloud.admin.delete(path(cloud))
    assert refusal.status_code == 404
    assert refusal.json()["NeutronError"]["type"] == "TenantQuotaNotFound"
    assert (await cloud.admin.put(path(cloud), {"quota": {"port": 5}})).json()["quota"]["port"] == 5
    assert (await cloud.admin.delete(path(cloud))).status_code == 204
    assert (await cloud.member.get(path(cloud))).json()["quota"]["port"] == 500
    assert (await cloud.admin.delete(path(cloud))).status_code == 404


async def test_each_word_for_a_project_answers_in_itself(cloud: Cloud) -> None:
    project = cloud.member.auth.project_id
    assert (await cloud.member.get(f"{QUOTAS}/tenant")).json() == {"tenant": {"tenant_id": project}}
    assert (await cloud.member.get(f"{QUOTAS}/project")).json() == {"project": {"project_id": project}}


async def test_use_stands_beside_the_limits_for_everybody_in_the_project(cloud: Cloud) -> None:
    await cloud.member.post("/networking/v2.0/networks", {"network": {"name": "one"}})
    for form in ("details", "details.json"):
        detail = (await cloud.reader.get(f"{path(cloud)}/{form}")).json()["quota"]
        assert detail["network"] == {"limit": 100, "used": 1, "reserved": 0}
        assert detail["rbac_policy"] == {"limit": 10, "used": 0, "reserved": 0}
        assert (await cloud.stranger.get(f"{path(cloud)}/{form}")).status_code == 403


async def test_a_limit_below_what_is_used_is_set_by_force_only(cloud: Cloud) -> None:
    await cloud.member.post("/networking/v2.0/networks", {"network": {"name": "one"}})
    refusal = await cloud.admin.put(path(cloud), {"quota": {"network": 0}})
    assert refusal.status_code == 400 and "already used 1" in refusal.text
    assert (await cloud.reader.get(path(cloud))).json()["quota"]["network"] == 100
    forced = await cloud.admin.put(path(cloud), {"quota": {"network": 0, "force": True}})
    assert forced.json()["quota"]["network"] == 0
    for bad in ({"network": "x"}, {"network": -2}, {"network": 2**31}, {"nosuch": 1}):
        assert (await cloud.admin.put(path(cloud), {"quota": bad})).status_code == 400, bad
