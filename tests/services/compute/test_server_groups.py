"""Server groups over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cloud

GROUPS = "/compute/v2.1/os-server-groups"
LATEST = "compute 2.104"


async def create(cloud: Cloud, version: str = LATEST, **group: Any) -> Any:
    return await cloud.member.post(GROUPS, {"server_group": {"name": "g", **group}}, version=version)


async def count(cloud: Cloud) -> int:
    return len((await cloud.reader.get(GROUPS)).json()["server_groups"])


async def test_a_group_in_both_shapes(cloud: Cloud) -> None:
    rules = {"max_server_per_host": 2}
    made = (await create(cloud, policy="anti-affinity", rules=rules)).json()["server_group"]
    user, project = cloud.member.auth.user_id, cloud.member.auth.project_id
    assert made == {
        "id": made["id"], "name": "g", "members": [], "policy": "anti-affinity", "rules": rules,
        "user_id": user, "project_id": project,
    }  # fmt: skip
    path = f"{GROUPS}/{made['id']}"
    old = (await cloud.reader.get(path)).json()["server_group"]
    assert old == {
        "id": made["id"], "name": "g", "members": [], "policies": ["anti-affinity"], "metadata": {}
    }  # fmt: skip
    assert "user_id" in (await cloud.reader.get(path, version="compute 2.13")).json()["server_group"]
    assert (await cloud.stranger.get(path)).status_code == 404
    assert (await cloud.reader.delete(path)).status_code == 403
    assert (await cloud.stranger.delete(path)).status_code == 404
    everybodys = (await cloud.admin.get(f"{GROUPS}?all_projects=1")).json()["server_groups"]
    assert [g["id"] for g in everybodys] == [made["id"]]
    assert (await cloud.admin.get(GROUPS)).json() == {"server_groups": []}
    assert (await cloud.member.delete(path)).status_code == 204
    assert (await cloud.member.delete(path)).status_code == 404


async def test_versions_take_their_own_shape(cloud: Cloud) -> None:
    assert (await create(cloud, "compute 2.63", policy="affinity")).status_code == 400
    assert (await create(cloud, "compute 2.64", policies=["affinity"])).status_code == 400
    assert (await create(cloud, "compute 2.14", policies=["soft-affinity"])).status_code == 400
    assert await count(cloud) == 0
    assert (await create(cloud, "compute 2.15", policies=["soft-affinity"])).status_code == 200
    assert (await create(cloud, "compute 2.1", policies=["affinity"])).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"policy": "x"}, {}, {"policy": "affinity", "rules": {"max_server_per_host": 1}},
        {"policy": "anti-affinity", "rules": {"max_server_per_host": 0}},
        {"policy": "anti-affinity", "rules": {"x": 1}}, {"policy": "affinity", "name": ""},
        {"policy": "affinity", "name": "x" * 256}, {"policy": "affinity", "unknown": 1},
    ],
)  # fmt: skip
async def test_bad_groups_are_refused(cloud: Cloud, change: dict[str, Any]) -> None:
    assert (await create(cloud, **change)).status_code == 400
    assert await count(cloud) == 0


async def test_a_project_has_no_more_groups_than_its_quota(cloud: Cloud) -> None:
    quota = f"/compute/v2.1/os-quota-sets/{cloud.member.auth.project_id}"
    await cloud.admin.put(quota, {"quota_set": {"server_groups": 1}})
    assert (await create(cloud, policy="affinity")).status_code == 200
    assert (await create(cloud, policy="affinity")).status_code == 403
    assert await count(cloud) == 1
    below = await cloud.admin.put(quota, {"quota_set": {"server_groups": 0}})
    assert below.status_code == 400
