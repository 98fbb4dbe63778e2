"""What lies beside the volumes of a host becomes a volume or a snapshot, and the other way round."""

from __future__ import annotations

import uuid
from typing import Any

from haneul.services.block_storage.drivers.fake import FakeVolumes
from haneul.services.block_storage.sagas.manage_snapshot import MANAGE_SNAPSHOT, UNMANAGE_SNAPSHOT
from haneul.services.block_storage.sagas.manage_volume import MANAGE_VOLUME, UNMANAGE_VOLUME
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.block_storage.calls import V3, make_snapshot, make_volume, message, volume

NEWEST = {"OpenStack-API-Version": "volume 3.71"}


async def beside(cloud: Cloud, what: str, query: str = "") -> list[dict[str, Any]]:
    answer = await cloud.admin.get(
        f"{V3}/manageable_{what}?host={cloud.hosts[0]}@file{query}", headers=NEWEST
    )
    assert answer.status_code == 200, answer.text
    return answer.json()[f"manageable-{what.partition('/')[0]}"]


async def test_a_volume_leaves_the_cloud_and_comes_back(cloud: Cloud, host: FakeVolumes) -> None:
    made = await make_volume(cloud, size=2)
    action = f"{V3}/volumes/{made['id']}/action"
    assert (await cloud.member.post(action, {"os-unmanage": {}})).status_code == 403
    taken = await make_snapshot(cloud, made["id"])
    held = await cloud.admin.post(action, {"os-unmanage": {}})
    assert held.status_code == 400
    assert "must not have snapshots" in message(held, "badRequest")
    assert (await cloud.member.delete(f"{V3}/snapshots/{taken['id']}")).status_code == 202
    await cloud.settled()
    assert (await cloud.admin.post(action, {"os-unmanage": {}})).status_code == 202
    await cloud.settled()
    assert (await cloud.admin.get(f"{V3}/volumes/{made['id']}")).status_code == 404
    assert await host.volumes() == {}
    reference = {"source-name": f"volume-{made['id']}"}
    assert await beside(cloud, "volumes") == [{"reference": reference, "size": 2, "safe_to_manage": True}]
    (detail,) = await beside(cloud, "volumes/detail")
    assert (detail["cinder_id"], detail["reason_not_safe"]) == (None, None)
    wish = {"host": made["os-vol-host-attr:host"], "ref": reference, "name": "back", "bootable": True}
    answer = await cloud.admin.post(f"{V3}/os-volume-manage", {"volume": wish})
    assert answer.status_code == 202, answer.text
    await cloud.settled()
    back = await volume(cloud, answer.json()["volume"]["id"])
    assert (back["status"], back["size"], back["name"], back["bootable"]) == ("available", 2, "back", "true")
    assert await host.volumes() == {back["id"]: 2}
    assert await beside(cloud, "volumes") == []


async def test_what_cannot_become_a_volume(cloud: Cloud, host: FakeVolumes) -> None:
    path, here = f"{V3}/manageable_volumes", f"{cloud.hosts[0]}@file#pool"
    ref = {"source-name": "nothing"}
    for status, wish in (
        (400, {"host": here, "ref": {"colour": "red"}}),
        (400, {"ref": ref}),
        (400, {"host": here, "ref": ref, "availability_zone": "elsewhere"}),
        (404, {"host": here, "ref": ref, "volume_type": "none"}),
        (404, {"host": "nowhere", "ref": ref}),
        (404, {"cluster": "c", "ref": ref}),
    ):
        answer = await cloud.admin.post(path, {"volume": wish}, headers=NEWEST)
        assert answer.status_code == status, answer.text
    answer = await cloud.admin.post(path, {"volume": {"host": here, "ref": ref}}, headers=NEWEST)
    assert answer.status_code == 202
    await cloud.settled()
    made = await volume(cloud, answer.json()["volume"]["id"])
    assert made["status"] == "error_managing"
    assert (await cloud.admin.delete(f"{V3}/volumes/{made['id']}")).status_code == 202
    await cloud.settled()
    assert (await cloud.admin.get(f"{V3}/volumes/{made['id']}")).status_code == 404
    assert (await cloud.member.get(f"{path}?host={here}", headers=NEWEST)).status_code == 403
    assert (await cloud.admin.get(path, headers=NEWEST)).status_code == 400
    assert (await cloud.admin.get(f"{path}?host=nowhere", headers=NEWEST)).status_code == 404
    assert (await cloud.admin.get(path, headers={"OpenStack-API-Version": "volume 3.7"})).status_code == 404


async def test_lists_of_what_lies_there_are_sorted_and_paged(cloud: Cloud, host: FakeVolumes) -> None:
    for size in (3, 1, 2):
        made = await make_volume(cloud, size=size)
        await cloud.admin.post(f"{V3}/volumes/{made['id']}/action", {"os-unmanage": {}})
    await cloud.settled()
    sizes = [m["size"] for m in await beside(cloud, "volumes", "&sort=size:asc")]
    assert sizes == [1, 2, 3]
    first, second, _ = await beside(cloud, "volumes", "&sort=reference:asc")
    page = await beside(
        cloud, "volumes", f"&sort=reference:asc&limit=1&marker={first['reference']['source-name']}"
    )
    assert page == [second]
    wrong = await cloud.admin.get(
        f"{V3}/manageable_volumes?host={cloud.hosts[0]}&sort=colour", headers=NEWEST
    )
    assert wrong.status_code == 400


async def test_the_older_lists_show_the_same(cloud: Cloud, host: FakeVolumes) -> None:
    made = await make_volume(cloud)
    await cloud.admin.post(f"{V3}/volumes/{made['id']}/action", {"os-unmanage": {}})
    await cloud.settled()
    for what in ("volume", "snapshot"):
        for form in ("", "/detail"):
            path = f"{V3}/os-{what}-manage{form}?host={cloud.hosts[0]}@file"
            answer = await cloud.admin.get(path, headers=NEWEST)
            assert answer.status_code == 200, answer.text
            assert answer.json()[f"manageable-{what}s"] == await beside(cloud, f"{what}s{form}")
    assert len(await beside(cloud, "volumes")) == 1


async def test_a_snapshot_leaves_the_cloud_and_comes_back(cloud: Cloud, host: FakeVolumes) -> None:
    made = await make_volume(cloud)
    taken = await make_snapshot(cloud, made["id"])
    action = f"{V3}/snapshots/{taken['id']}/action"
    assert (await cloud.member.post(action, {"os-unmanage": {}})).status_code == 403
    assert (await cloud.admin.post(action, {"os-unmanage": {}})).status_code == 202
    await cloud.settled()
    assert await host.snapshots() == set()
    reference = {"source-name": f"_snapshot-{taken['id']}"}
    (listed,) = await beside(cloud, "snapshots")
    assert (listed["reference"], listed["size"]) == (reference, 1)
    assert len(await beside(cloud, "snapshots/detail")) == 1
    for path in ("os-snapshot-manage", "manageable_snapshots"):
        wish = {
            "snapshot": {"volume_id": made["id"], "ref": reference, "name": "back", "metadata": {"a": "b"}}
        }
        answer = await cloud.admin.post(f"{V3}/{path}", wish, headers=NEWEST)
        assert answer.status_code == 202, answer.text
        await cloud.settled()
        back = (await cloud.admin.get(f"{V3}/snapshots/{answer.json()['snapshot']['id']}")).json()["snapshot"]
        if path == "os-snapshot-manage":
            assert (back["status"], back["name"], back["metadata"]) == ("available", "back", {"a": "b"})
        else:
            assert back["status"] == "error"  # it is a snapshot already
    nothing = {"snapshot": {"volume_id": str(uuid.uuid4()), "ref": reference}}
    assert (await cloud.admin.post(f"{V3}/os-snapshot-manage", nothing)).status_code == 404


async def test_managing_leaves_nothing_behind(cloud: Cloud, host: FakeVolumes) -> None:
    lift = {"quota_set": {"volumes": -1, "gigabytes": -1, "snapshots": -1}}
    for project in (cloud.member.auth.project_id, cloud.admin.auth.project_id):
        assert (await cloud.admin.put(f"{V3}/os-quota-sets/{project}", lift)).status_code == 200
    made = await make_volume(cloud)

    async def world() -> Any:
        return (
            await host.volumes(), await host.snapshots(), await host.manageable_volumes(),
            await host.manageable_snapshots(),
        )  # fmt: skip

    async def release() -> None:
        action = f"{V3}/volumes/{made['id']}/action"
        await cloud.admin.post(action, {"os-reset_status": {"status": "available"}})
        assert (await cloud.admin.post(action, {"os-unmanage": {}})).status_code == 202

    await assert_unwinds(cloud, UNMANAGE_VOLUME, release, lambda: beside_rows(cloud, made["id"]))
    await assert_repeatable(cloud, UNMANAGE_VOLUME, release)

    async def take() -> None:
        wish = {"host": cloud.hosts[0], "ref": {"source-name": f"volume-{made['id']}"}}
        assert (await cloud.admin.post(f"{V3}/os-volume-manage", {"volume": wish})).status_code == 202

    await assert_unwinds(cloud, MANAGE_VOLUME, take, world)
    await assert_repeatable(cloud, MANAGE_VOLUME, take)
    assert list((await host.volumes()).values()) == [1]

    kept = await make_volume(cloud)
    taken = await make_snapshot(cloud, kept["id"])

    async def release_snapshot() -> None:
        action = f"{V3}/snapshots/{taken['id']}/action"
        await cloud.admin.post(action, {"os-reset_status": {"status": "available"}})
        assert (await cloud.admin.post(action, {"os-unmanage": {}})).status_code == 202

    async def shown() -> int:
        return (await cloud.admin.get(f"{V3}/snapshots/{taken['id']}")).status_code

    await assert_unwinds(cloud, UNMANAGE_SNAPSHOT, release_snapshot, shown)
    await assert_repeatable(cloud, UNMANAGE_SNAPSHOT, release_snapshot)

    async def take_snapshot() -> None:
        wish = {"volume_id": kept["id"], "ref": {"source-name": f"_snapshot-{taken['id']}"}}
        assert (await cloud.admin.post(f"{V3}/os-snapshot-manage", {"snapshot": wish})).status_code == 202

    await assert_unwinds(cloud, MANAGE_SNAPSHOT, take_snapshot, world)
    await assert_repeatable(cloud, MANAGE_SNAPSHOT, take_snapshot)
    assert len(await host.snapshots()) == 1


async def beside_rows(cloud: Cloud, volume_id: str) -> int:
    return (await cloud.admin.get(f"{V3}/volumes/{volume_id}")).status_code
