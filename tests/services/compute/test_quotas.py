"""Quotas, quota classes and limits over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

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
    unknown = await cloud.reader.get(f"{BASE}/limits?x=1", version="compute 2.57")
    assert unknown.status_code == 400
