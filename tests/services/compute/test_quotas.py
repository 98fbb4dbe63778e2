"""Quotas, quota classes and limits over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.control_plane import quotas
from tests.conftest import Cloud

BASE = "/compute/v2.1"
CLASS = f"{BASE}/os-quota-class-sets"
LATEST = "compute 2.104"
NETWORKS = {"fixed_ips", "floating_ips", "security_groups", "security_group_rules"}
FILES = {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"}
ALWAYS = {
    "instances": 10, "cores": 20, "ram": 51200, "metadata_items": 128, "key_pairs": 100,
    "server_groups": 10, "server_group_members": 10,
}  # fmt: skip


def path(cloud: Cloud) -> str:
    return f"{BASE}/os-quota-sets/{cloud.member.auth.project_id}"


async def shown(cloud: Cloud, more: str = "", version: str = LATEST) -> dict[str, Any]:
    answer = await cloud.member.get(path(cloud) + more, version=version)
    assert answer.status_code == 200, answer.text
    found = answer.json()["quota_set"]
    assert found.pop("id") == cloud.member.auth.project_id
    return found


async def test_versions_show_what_they_know(cloud: Cloud) -> None:
    assert await shown(cloud) == ALWAYS
    assert await shown(cloud, "/defaults") == ALWAYS
    assert set(await shown(cloud, version="compute 2.56")) == {*ALWAYS, *FILES}
    assert set(await shown(cloud, version="compute 2.35")) == {*ALWAYS, *FILES, *NETWORKS}
    detail = await shown(cloud, "/detail")
    assert detail["cores"] == {"limit": 20, "in_use": 0, "reserved": 0}
    old = {"quota_set": {"floating_ips": 5}}
    assert (await cloud.admin.put(path(cloud), old, version="compute 2.35")).status_code == 200
    assert (await cloud.admin.put(path(cloud), old, version="compute 2.36")).status_code == 400
    files = {"quota_set": {"injected_files": 5}}
    assert (await cloud.admin.put(path(cloud), files, version="compute 2.56")).status_code == 200
    assert (await cloud.admin.put(path(cloud), files, version="compute 2.57")).status_code == 400


async def test_limits_of_a_project_can_be_set_and_reset(cloud: Cloud) -> None:
    body = {"quota_set": {"cores": "40", "ram": -1, "force": True}}
    changed = await cloud.admin.put(path(cloud), body, version=LATEST)
    assert changed.json() == {"quota_set": {**ALWAYS, "cores": 40, "ram": -1}}
    assert await shown(cloud) == {**ALWAYS, "cores": 40, "ram": -1}
    limits = (await cloud.member.get(f"{BASE}/limits", version=LATEST)).json()["limits"]
    assert limits["absolute"]["maxTotalCores"] == 40 and limits["rate"] == []
    assert (await cloud.admin.delete(path(cloud))).status_code == 202
    assert await shown(cloud) == ALWAYS


async def test_the_default_class_holds_for_all(cloud: Cloud) -> None:
    changed = await cloud.admin.put(
        f"{CLASS}/default", {"quota_class_set": {"instances": 3}}, version="compute 2.50"
    )
    assert changed.json()["quota_class_set"]["instances"] == 3
    assert not NETWORKS & set(changed.json()["quota_class_set"])
    assert (await shown(cloud))["instances"] == 3
    await cloud.admin.put(f"{CLASS}/other", {"quota_class_set": {"instances": 7}})
    assert (await cloud.admin.get(f"{CLASS}/other")).json()["quota_class_set"]["instances"] == 7
    assert (await shown(cloud))["instances"] == 3
    old = (await cloud.admin.get(f"{CLASS}/default", version="compute 2.49")).json()["quota_class_set"]
    assert "server_groups" not in old and set(old) > NETWORKS
    for body in ({"quota_class_set": {"cores": -2}}, {"quota_class_set": {"x": 1}}, {}):
        assert (await cloud.admin.put(f"{CLASS}/default", body)).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"cores": -2},
        {"cores": "x"},
        {"cores": 1.5},
        {"cores": None},
        {"cores": 2**31},
        {"x": 1},
        {"force": "x"},
    ],
)
async def test_bad_limits_are_refused(cloud: Cloud, change: dict[str, Any]) -> None:
    answer = await cloud.admin.put(path(cloud), {"quota_set": {"ram": 1, **change}}, version=LATEST)
    assert answer.status_code == 400
    assert await shown(cloud) == ALWAYS


async def test_who_may_see_and_set(cloud: Cloud) -> None:
    body = {"quota_set": {"cores": 1}}
    for who in (cloud.member, cloud.reader, cloud.stranger):
        assert (await who.put(path(cloud), body)).status_code == 403
        assert (await who.delete(path(cloud))).status_code == 403
        assert (await who.get(f"{CLASS}/default")).status_code == 403
        assert (await who.put(f"{CLASS}/default", {"quota_class_set": {}})).status_code == 403
    assert (await cloud.stranger.get(path(cloud))).status_code == 403
    assert (await cloud.stranger.get(path(cloud) + "/detail")).status_code == 403
    other = f"{BASE}/limits?tenant_id={cloud.member.auth.project_id}"
    assert (await cloud.stranger.get(other)).status_code == 403
    assert (await cloud.admin.get(other)).status_code == 200
    assert await shown(cloud) == ALWAYS


async def test_limits_show_what_the_version_knows(cloud: Cloud) -> None:
    async def names(version: str) -> set[str]:
        answer = await cloud.reader.get(f"{BASE}/limits", version=version)
        return set(answer.json()["limits"]["absolute"])

    latest = await names(LATEST)
    assert await names("compute 2.56") - latest == {"maxPersonality", "maxPersonalitySize"}
    assert await names("compute 2.38") - await names("compute 2.39") == {"maxImageMeta"}
    assert "totalFloatingIpsUsed" in await names("compute 2.35") - await names("compute 2.36")
    for query, version, status in (("x", "2.74", 200), ("x", "2.75", 400), ("reserved", "2.75", 400)):
        answer = await cloud.reader.get(f"{BASE}/limits?{query}=1", version=f"compute {version}")
        assert answer.status_code == status, (query, version)


async def test_limits_of_old_network_names_are_kept_for_old_clients(cloud: Cloud) -> None:
    old = {"floating_ips": 7, "fixed_ips": 8, "security_groups": 9, "security_group_rules": 11}
    answer = await cloud.admin.put(path(cloud), {"quota_set": old})
    assert answer.status_code == 200, answer.text
    assert old.items() <= answer.json()["quota_set"].items()
    assert old.items() <= (await shown(cloud, version="compute 2.35")).items()
    assert not old.keys() & (await shown(cloud, version="compute 2.36")).keys()
    limits = (await cloud.member.get(f"{BASE}/limits")).json()["limits"]["absolute"]
    assert (limits["maxTotalFloatingIps"], limits["maxSecurityGroups"]) == (7, 9)
    assert limits["maxSecurityGroupRules"] == 11
    assert (await cloud.admin.delete(path(cloud))).status_code == 202
    assert (await shown(cloud, version="compute 2.1"))["floating_ips"] == -1
    refused = await cloud.admin.put(path(cloud), {"quota_set": {"networks": 3}})
    assert refused.status_code == 400, refused.text


async def test_a_project_without_limits_has_none_of_its_own(cloud: Cloud) -> None:
    """So `openstack quota list` of a fresh cloud is empty: it shows who differs from their usual limits."""
    project = cloud.member.auth.project_id
    assert project is not None
    services = quotas(["compute", "block_storage", "network"])
    async with cloud.platform.context() as ctx:
        for service in services:
            await service.lift(ctx.tx, project)
            await service.lift(ctx.tx, project)
    for base in (f"{BASE}/os-quota-sets", "/volume/v3/os-quota-sets"):
        own = (await cloud.admin.get(f"{base}/{project}")).json()["quota_set"]
        assert own == (await cloud.admin.get(f"{base}/{project}/defaults")).json()["quota_set"]
        assert {v for k, v in own.items() if k != "id"} == {-1}
    assert (await cloud.admin.get("/networking/v2.0/quotas")).json() == {"quotas": []}
    network = f"/networking/v2.0/quotas/{project}"
    assert set((await cloud.admin.get(network)).json()["quota"].values()) == {-1}
    assert set((await cloud.admin.get(f"{network}/default")).json()["quota"].values()) == {-1}


async def test_such_a_project_may_be_given_limits_and_lose_them_again(cloud: Cloud) -> None:
    project = cloud.member.auth.project_id
    assert project is not None
    async with cloud.platform.context() as ctx:
        for service in quotas(["compute", "network"]):
            await service.lift(ctx.tx, project)
    await cloud.admin.put(path(cloud), {"quota_set": {"cores": 3}})
    assert {k: v for k, v in (await shown(cloud)).items() if v != -1} == {"cores": 3}
    await cloud.admin.delete(path(cloud))
    assert set((await shown(cloud)).values()) == {-1}
    network = f"/networking/v2.0/quotas/{project}"
    await cloud.admin.put(network, {"quota": {"port": 9}})
    (row,) = (await cloud.admin.get("/networking/v2.0/quotas")).json()["quotas"]
    assert (row["project_id"], row["port"], row["network"]) == (project, 9, -1)
    await cloud.admin.delete(network)
    assert (await cloud.admin.get("/networking/v2.0/quotas")).json() == {"quotas": []}
