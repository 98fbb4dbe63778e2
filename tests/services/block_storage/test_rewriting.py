"""Volumes that return to their last snapshot, or become an image's; and what does not move."""

from __future__ import annotations

import uuid
from typing import Any

from haneul.services.block_storage.drivers.fake import FakeVolumes
from haneul.services.block_storage.sagas.rewrite_volume import REIMAGE_VOLUME, REVERT_VOLUME
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.block_storage.calls import V3, make_snapshot, make_volume, message, volume

NEWEST = {"OpenStack-API-Version": "volume 3.71"}


async def act(cloud: Cloud, id: str, who: Any = None, **body: Any) -> Any:
    return await (who or cloud.member).post(f"{V3}/volumes/{id}/action", body, headers=NEWEST)


async def make_image(cloud: Cloud, volume_id: str) -> str:
    upload = {"image_name": "of a volume", "disk_format": "qcow2"}
    answer = await act(cloud, volume_id, **{"os-volume_upload_image": upload})
    assert answer.status_code == 202, answer.text
    await cloud.settled()
    return answer.json()["os-volume_upload_image"]["image_id"]


async def test_a_volume_returns_to_its_last_snapshot(cloud: Cloud, host: FakeVolumes) -> None:
    made = await make_volume(cloud)
    assert (await act(cloud, made["id"], revert={"snapshot_id": str(uuid.uuid4())})).status_code == 400
    first = await make_snapshot(cloud, made["id"])
    second = await make_snapshot(cloud, made["id"])
    older = await act(cloud, made["id"], revert={"snapshot_id": first["id"]})
    assert older.status_code == 400
    assert "not the latest one" in message(older, "badRequest")

    async def begin() -> None:
        await cloud.admin.post(
            f"{V3}/volumes/{made['id']}/action", {"os-reset_status": {"status": "available"}}
        )
        assert (await act(cloud, made["id"], revert={"snapshot_id": second["id"]})).status_code == 202

    await assert_unwinds(cloud, REVERT_VOLUME, begin, host.snapshots)
    assert (await volume(cloud, made["id"]))["status"] == "error"
    held = await act(cloud, made["id"], revert={"snapshot_id": second["id"]})
    assert held.status_code == 409
    await assert_repeatable(cloud, REVERT_VOLUME, begin)
    assert (await volume(cloud, made["id"]))["status"] == "available"
    assert (await act(cloud, made["id"], **{"os-extend": {"new_size": 2}})).status_code == 202
    await cloud.settled()
    larger = await act(cloud, made["id"], revert={"snapshot_id": second["id"]})
    assert "must be equal to the snapshot size" in message(larger, "badRequest")
    old = {"OpenStack-API-Version": "volume 3.39"}
    path = f"{V3}/volumes/{made['id']}/action"
    assert (await cloud.member.post(path, {"revert": {"snapshot_id": None}}, headers=old)).status_code == 400


async def test_a_volume_becomes_an_images(cloud: Cloud, host: FakeVolumes) -> None:
    image = await make_image(cloud, (await make_volume(cloud))["id"])
    made = await make_volume(cloud)

    async def begin() -> None:
        answer = await act(cloud, made["id"], **{"os-reimage": {"image_id": image}})
        assert answer.status_code == 202, answer.text

    await assert_unwinds(cloud, REIMAGE_VOLUME, begin, host.volumes)
    assert (await volume(cloud, made["id"]))["status"] == "error"
    await assert_repeatable(cloud, REIMAGE_VOLUME, begin)
    now = await volume(cloud, made["id"])
    assert (now["status"], now["bootable"]) == ("available", "true")
    assert now["volume_image_metadata"]["image_id"] == image
    large = await make_image(cloud, (await make_volume(cloud, size=2))["id"])
    refused = await act(cloud, made["id"], **{"os-reimage": {"image_id": large}})
    assert refused.status_code == 400
    unknown = {"os-reimage": {"image_id": str(uuid.uuid4())}}
    assert (await act(cloud, made["id"], **unknown)).status_code == 400
    reserve = {"attachment": {"volume_uuid": made["id"], "instance_uuid": str(uuid.uuid4())}}
    assert (await cloud.member.post(f"{V3}/attachments", reserve, headers=NEWEST)).status_code == 200
    assert (await act(cloud, made["id"], **{"os-reimage": {"image_id": image}})).status_code == 400
    wish = {"image_id": image, "reimage_reserved": True}
    assert (await act(cloud, made["id"], **{"os-reimage": wish})).status_code == 202
    await cloud.settled()
    assert (await volume(cloud, made["id"]))["status"] == "reserved"


async def test_nothing_moves_to_another_host(cloud: Cloud) -> None:
    made = await make_volume(cloud)
    here = made["os-vol-host-attr:host"]
    for host, why in (
        ("nowhere@file#pool", "No available service named"),
        (here, "must be different"),
        (f"{next(h for h in cloud.hosts if h != here.split('@')[0])}@file#pool", "is not shared"),
        (None, "One and only one"),
    ):
        refused = await act(cloud, made["id"], cloud.admin, **{"os-migrate_volume": {"host": host}})
        assert refused.status_code == 400, refused.text
        assert why in message(refused, "badRequest")
    assert (await act(cloud, made["id"], **{"os-migrate_volume": {"host": here}})).status_code == 403
    completion = {"os-migrate_volume_completion": {"new_volume": made["id"], "error": False}}
    assert (await act(cloud, made["id"], cloud.admin, **completion)).status_code == 400
    extended = {"os-extend_volume_completion": {"error": False}}
    assert (await act(cloud, made["id"], cloud.admin, **extended)).status_code == 400
    assert (await volume(cloud, made["id"]))["status"] == "available"


async def test_how_far_a_snapshot_is(cloud: Cloud) -> None:
    taken = await make_snapshot(cloud, (await make_volume(cloud))["id"])
    action = f"{V3}/snapshots/{taken['id']}/action"
    progress = {"os-update_snapshot_status": {"status": "available", "progress": "100%"}}
    refused = await cloud.member.post(action, progress)
    assert refused.status_code == 400
    assert "not allowed for snapshot with status available" in message(refused, "badRequest")
    await cloud.admin.post(action, {"os-reset_status": {"status": "creating"}})
    for wish in ({"status": "deleting"}, {"status": "error", "progress": "x"}):
        assert (await cloud.member.post(action, {"os-update_snapshot_status": wish})).status_code == 400
    assert (await cloud.member.post(action, progress)).status_code == 202
    shown = (await cloud.member.get(f"{V3}/snapshots/{taken['id']}")).json()["snapshot"]
    assert shown["status"] == "available"
