"""The long work of block storage: nothing is left behind by a failure, and every step may run twice."""

from __future__ import annotations

from typing import Any

from haneul.kernel.db import Sort
from haneul.services.block_storage.drivers.fake import FakeVolumes
from haneul.services.block_storage.sagas.create_snapshot import CREATE_SNAPSHOT
from haneul.services.block_storage.sagas.create_volume import CREATE_VOLUME
from haneul.services.block_storage.sagas.delete_snapshot import DELETE_SNAPSHOT
from haneul.services.block_storage.sagas.delete_volume import DELETE_VOLUME
from haneul.services.block_storage.sagas.extend_volume import EXTEND_VOLUME
from haneul.services.block_storage.sagas.upload_image import UPLOAD_IMAGE
from haneul.services.block_storage.store.volumes import SNAPSHOTS, VOLUMES
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.block_storage.calls import V3, make_snapshot, make_volume, volume


async def kept(host: FakeVolumes) -> Any:
    """All that the host has of volumes, snapshots and exports."""
    exports = sorted(p.name for p in host._folder.glob("*.qcow2"))
    return await host.volumes(), await host.snapshots(), exports


async def latest(cloud: Cloud, rows: Any) -> Any:
    async with cloud.platform.reading() as ctx:
        return (await rows.page(ctx.tx, sort=[Sort("created_at", True)], limit=1))[0]


async def test_creating_a_volume(cloud: Cloud, host: FakeVolumes) -> None:
    async def begin() -> None:
        assert (await cloud.admin.post(f"{V3}/volumes", {"volume": {"size": 1}})).status_code == 202

    await assert_unwinds(cloud, CREATE_VOLUME, begin, lambda: kept(host))
    failed = await latest(cloud, VOLUMES)
    assert (failed.status, failed.host) == ("error", None)
    assert failed.fault == "mark_available was told to fail"
    await assert_repeatable(cloud, CREATE_VOLUME, begin)
    assert list((await host.volumes()).values()) == [1]


async def test_deleting_a_volume(cloud: Cloud, host: FakeVolumes) -> None:
    made = await make_volume(cloud)

    async def begin() -> None:
        assert (await cloud.member.delete(f"{V3}/volumes/{made['id']}")).status_code == 202

    async def shown() -> None:
        assert (await volume(cloud, made["id"]))["size"] == 1

    await assert_unwinds(cloud, DELETE_VOLUME, begin, shown)
    assert (await volume(cloud, made["id"]))["status"] == "error_deleting"
    await assert_repeatable(cloud, DELETE_VOLUME, begin)
    assert await host.volumes() == {}


async def test_extending_a_volume(cloud: Cloud, host: FakeVolumes) -> None:
    made = await make_volume(cloud)
    action = f"{V3}/volumes/{made['id']}/action"

    async def begin() -> None:
        await cloud.admin.post(action, {"os-reset_status": {"status": "available"}})
        assert (await cloud.member.post(action, {"os-extend": {"new_size": 3}})).status_code == 202

    async def size() -> int:
        return (await volume(cloud, made["id"]))["size"]

    await assert_unwinds(cloud, EXTEND_VOLUME, begin, size)
    assert (await volume(cloud, made["id"]))["status"] == "error_extending"
    await assert_repeatable(cloud, EXTEND_VOLUME, begin)
    assert await host.volumes() == {made["id"]: 3}
    assert (await volume(cloud, made["id"]))["status"] == "available"


async def test_taking_and_deleting_a_snapshot(cloud: Cloud, host: FakeVolumes) -> None:
    made = await make_volume(cloud)

    async def begin() -> None:
        await make_snapshot(cloud, made["id"])

    await assert_unwinds(cloud, CREATE_SNAPSHOT, begin, lambda: kept(host))
    failed = await latest(cloud, SNAPSHOTS)
    assert failed.status == "error"
    await assert_repeatable(cloud, CREATE_SNAPSHOT, begin)
    taken = await latest(cloud, SNAPSHOTS)
    assert await host.snapshots() == {taken.id}

    async def drop() -> None:
        assert (await cloud.member.delete(f"{V3}/snapshots/{taken.id}")).status_code == 202

    async def exists() -> int:
        return (await cloud.member.get(f"{V3}/snapshots/{taken.id}")).status_code

    await assert_unwinds(cloud, DELETE_SNAPSHOT, drop, exists)
    await assert_repeatable(cloud, DELETE_SNAPSHOT, drop)
    assert await host.snapshots() == set()


async def test_making_an_image_of_a_volume(cloud: Cloud, host: FakeVolumes) -> None:
    made = await make_volume(cloud)
    action = f"{V3}/volumes/{made['id']}/action"
    images: list[str] = []

    async def begin() -> None:
        answer = await cloud.member.post(
            action, {"os-volume_upload_image": {"image_name": "copy", "disk_format": "qcow2"}}
        )
        assert answer.status_code == 202, answer.text
        images.append(answer.json()["os-volume_upload_image"]["image_id"])

    await assert_unwinds(cloud, UPLOAD_IMAGE, begin, lambda: kept(host), except_for=("store", "clean_up"))
    assert (await volume(cloud, made["id"]))["status"] == "available"
    await assert_repeatable(cloud, UPLOAD_IMAGE, begin)
    image = (await cloud.member.get(f"/image/v2/images/{images[-1]}")).json()
    assert (image["status"], image["min_disk"]) == ("active", 1)
    assert (await kept(host))[2] == []
    copy = await make_volume(cloud, imageRef=images[-1])
    assert (copy["bootable"], copy["volume_image_metadata"]["image_name"]) == ("true", "copy")
