"""What a body may ask for is done, and is seen there."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.conftest import Cloud
from tests.services.block_storage.calls import V3, make_snapshot, make_volume, volume
from tests.services.block_storage.test_actions import act


async def test_a_host_may_have_a_volume(cloud: Cloud) -> None:
    id = (await make_volume(cloud))["id"]
    given = {"host_name": "desk", "mountpoint": "/mnt/data", "mode": "ro"}
    assert (await act(cloud.member, id, "os-attach", given)).status_code == 202
    (held,) = (await cloud.admin.get(f"{V3}/volumes/{id}")).json()["volume"]["attachments"]
    assert (held["server_id"], held["host_name"], held["device"]) == (None, "desk", "/mnt/data")


async def test_one_attachment_is_ended_by_force(cloud: Cloud) -> None:
    id = (await make_volume(cloud))["id"]
    assert (await act(cloud.member, id, "os-attach", {"instance_uuid": str(uuid4())})).status_code == 202
    (held,) = (await volume(cloud, id))["attachments"]
    force = {"attachment_id": str(uuid4()), "connector": {"host": "desk"}}
    assert (await act(cloud.admin, id, "os-force_detach", force)).status_code == 404
    assert (await volume(cloud, id))["status"] == "in-use"
    force["attachment_id"] = held["attachment_id"]
    assert (await act(cloud.admin, id, "os-force_detach", force)).status_code == 202
    seen = await volume(cloud, id)
    assert (seen["status"], seen["attachments"]) == ("available", [])


async def test_an_administrators_word_ends_attachments_and_tells_of_a_migration(cloud: Cloud) -> None:
    id = (await make_volume(cloud))["id"]
    assert (await act(cloud.member, id, "os-attach", {"instance_uuid": str(uuid4())})).status_code == 202
    reset = {"status": "available", "attach_status": "detached", "migration_status": "starting"}
    assert (await act(cloud.admin, id, "os-reset_status", reset)).status_code == 202
    seen = (await cloud.admin.get(f"{V3}/volumes/{id}")).json()["volume"]
    assert (seen["status"], seen["attachments"]) == ("available", [])
    assert (seen["migration_status"], seen["os-vol-mig-status-attr:migstat"]) == ("starting", "starting")
    query = f"{V3}/volumes?all_tenants=1&migration_status=starting"
    assert [v["id"] for v in (await cloud.admin.get(query)).json()["volumes"]] == [id]
    odd = await act(cloud.admin, id, "os-reset_status", {"migration_status": "flying"})
    assert odd.status_code == 400, odd.text
    assert (await act(cloud.admin, id, "os-reset_status", {"migration_status": "none"})).status_code == 202
    assert (await cloud.admin.get(f"{V3}/volumes/{id}")).json()["volume"]["migration_status"] is None
    assert (await cloud.admin.get(query)).json()["volumes"] == []


async def test_how_an_attachment_is_had_is_said_at_once(cloud: Cloud) -> None:
    id = (await make_volume(cloud))["id"]
    new = {"volume_uuid": id, "instance_uuid": str(uuid4()), "mode": "ro"}
    made = await cloud.member.post(f"{V3}/attachments", {"attachment": new}, version="volume 3.54")
    assert made.status_code == 200, made.text
    path = f"{V3}/attachments/{made.json()['attachment']['id']}"
    shown = (await cloud.member.get(path, version="volume 3.54")).json()["attachment"]
    assert shown["attach_mode"] == "ro"


async def test_a_connection_tells_where_the_volume_is(cloud: Cloud) -> None:
    id = (await make_volume(cloud))["id"]
    answer = await act(cloud.admin, id, "os-initialize_connection", {"connector": {"host": "desk"}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["connection_info"]["data"]["volume_id"] == id


@pytest.mark.parametrize("name", ["imageRef", "image_id"])
async def test_both_names_of_an_image_make_a_volume_of_it(cloud: Cloud, name: str) -> None:
    nothing = {"volume": {"size": 1, name: str(uuid4())}}
    assert (await cloud.member.post(f"{V3}/volumes", nothing)).status_code in (400, 404)
    new = {"name": "i", "disk_format": "raw", "container_format": "bare"}
    image = (await cloud.member.post("/image/v2/images", new)).json()["id"]
    data = {"content": b"x" * 512, "headers": {"Content-Type": "application/octet-stream"}}
    assert (await cloud.member.call("PUT", f"/image/v2/images/{image}/file", **data)).status_code == 204
    made = await cloud.member.post(f"{V3}/volumes", {"volume": {"size": 1, name: image}})
    assert made.status_code == 202, made.text
    await cloud.settled()
    shown = (await cloud.member.get(f"{V3}/volumes/{made.json()['volume']['id']}")).json()["volume"]
    assert (shown["status"], shown["volume_image_metadata"]["image_id"]) == ("available", image)


async def test_an_image_of_a_volume_in_use_is_made_by_force_only(cloud: Cloud) -> None:
    id = (await make_volume(cloud))["id"]
    assert (await act(cloud.member, id, "os-attach", {"instance_uuid": str(uuid4())})).status_code == 202
    wish = {"image_name": "x", "disk_format": "raw", "container_format": "ova"}
    assert (await act(cloud.member, id, "os-volume_upload_image", wish)).status_code == 400
    answer = await act(cloud.member, id, "os-volume_upload_image", wish | {"force": True})
    assert answer.status_code == 202, answer.text
    made = answer.json()["os-volume_upload_image"]["image_id"]
    assert (await cloud.member.get(f"/image/v2/images/{made}")).json()["container_format"] == "ova"


async def test_what_a_type_says_stays_while_volumes_have_it(cloud: Cloud) -> None:
    made = await cloud.admin.post(f"{V3}/types", {"volume_type": {"name": "t", "extra_specs": {"a": "1"}}})
    path = f"{V3}/types/{made.json()['volume_type']['id']}"
    id = (await make_volume(cloud, volume_type="t"))["id"]
    reset = {"status": "error"}
    assert (await act(cloud.admin, id, "os-reset_status", reset)).status_code == 202
    refusals = [
        await cloud.admin.post(f"{path}/extra_specs", {"extra_specs": {"b": "2"}}),
        await cloud.admin.put(f"{path}/extra_specs/a", {"a": "2"}),
        await cloud.admin.delete(f"{path}/extra_specs/a"),
        await cloud.admin.delete(path),
    ]
    assert [r.status_code for r in refusals] == [400] * 4, [r.text for r in refusals]
    assert (await cloud.admin.get(f"{path}/extra_specs")).json() == {"extra_specs": {"a": "1"}}
    assert (await cloud.member.delete(f"{V3}/volumes/{id}")).status_code == 202
    await cloud.settled()
    assert (await cloud.admin.delete(f"{path}/extra_specs/a")).status_code == 202


async def test_a_volume_with_snapshots_stays_whatever_their_status_says(cloud: Cloud) -> None:
    id = (await make_volume(cloud))["id"]
    snapshot = await make_snapshot(cloud, id)
    for status in ("error", "available"):
        reset = {"os-reset_status": {"status": status}}
        answer = await cloud.admin.post(f"{V3}/snapshots/{snapshot['id']}/action", reset)
        assert answer.status_code == 202, answer.text
        assert (await act(cloud.admin, id, "os-reset_status", {"status": status})).status_code == 202
        assert (await cloud.member.delete(f"{V3}/volumes/{id}")).status_code == 400
    child = await make_volume(cloud, snapshot_id=snapshot["id"])
    await cloud.settled()
    assert (await cloud.member.delete(f"{V3}/snapshots/{snapshot['id']}")).status_code == 202
    await cloud.settled()
    assert (await volume(cloud, child["id"]))["status"] == "available"
    assert (await cloud.member.delete(f"{V3}/volumes/{id}")).status_code == 202
