"""What types ask of back ends, and volumes of types that no back end meets."""

from __future__ import annotations

import uuid

import pytest

from haneul.services.block_storage.model.capabilities import misses
from tests.conftest import Cloud
from tests.services.block_storage.calls import V3, make_volume, volume

ABLE: dict[str, str | bool] = {"name": "one", "thin": True, "size": "10"}


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "one"}, {"capabilities:name": "one"}, {"quota:anything": "else"}, {"thin": "<is> True"},
        {"name": "<or> two <or> one"}, {"name": "<in> on"}, {"size": ">= 10"}, {"size": "= 9"}, {"size": "!= 9"},
        {"name": "s== one"}, {"name": "s!= two"}, {"size": "<= 10"}, {"size": "== 10"}, {"name": "s> a"}, {},
    ],
)  # fmt: skip
def test_what_is_asked_for_is_there(wanted: dict[str, str]) -> None:
    assert misses(wanted, ABLE) is None


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "two"}, {"colour": "red"}, {"thin": "<is> False"}, {"name": "<or> two <or> three"},
        {"size": ">= 11"}, {"name": ">= 1"}, {"name": "s== two"}, {"name": ""}, {"size": ">="}, {"name": "s<="},
        {"capabilities:colour": "red"}, {"name": "<in> zero"},
    ],
)  # fmt: skip
def test_what_is_asked_for_is_not_there(wanted: dict[str, str]) -> None:
    assert misses(wanted, ABLE) == next(iter(wanted))


async def test_a_volume_that_no_back_end_can_have_is_an_error(cloud: Cloud) -> None:
    for name, specs in (("able", {"storage_protocol": "file"}), ("unable", {"storage_protocol": "wire"})):
        wish = {"volume_type": {"name": name, "extra_specs": specs}}
        assert (await cloud.admin.post(f"{V3}/types", wish)).status_code == 200
    assert (await make_volume(cloud, volume_type="able"))["status"] == "available"
    assert (await make_volume(cloud, volume_type="unable"))["status"] == "error"
    told = (await cloud.member.get(f"{V3}/messages", version="volume 3.5")).json()["messages"]
    assert [m["event_id"] for m in told] == ["VOLUME_VOLUME_001_003"]


async def test_an_image_may_ask_for_a_type(cloud: Cloud) -> None:
    assert (await cloud.admin.post(f"{V3}/types", {"volume_type": {"name": "gold"}})).status_code == 200
    source = await make_volume(cloud)
    upload = {"os-volume_upload_image": {"image_name": "golden", "disk_format": "qcow2"}}
    answer = await cloud.member.post(f"{V3}/volumes/{source['id']}/action", upload)
    await cloud.settled()
    image = answer.json()["os-volume_upload_image"]["image_id"]
    patch = b'[{"op": "add", "path": "/cinder_img_volume_type", "value": "gold"}]'
    headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    changed = await cloud.member.call("PATCH", f"/image/v2/images/{image}", content=patch, headers=headers)
    assert changed.status_code == 200, changed.text
    assert (await make_volume(cloud, imageRef=image))["volume_type"] == "gold"
    assert (await make_volume(cloud, imageRef=image, volume_type="__DEFAULT__"))[
        "volume_type"
    ] == "__DEFAULT__"


async def test_what_is_detached_by_force_is_available(cloud: Cloud) -> None:
    made = await make_volume(cloud)
    action = f"{V3}/volumes/{made['id']}/action"
    attach = {"os-attach": {"instance_uuid": str(uuid.uuid4()), "mountpoint": "/dev/vdc"}}
    assert (await cloud.member.post(action, attach)).status_code == 202
    (attached,) = (await volume(cloud, made["id"]))["attachments"]
    assert (await cloud.admin.post(action, {"os-reset_status": {"status": "error"}})).status_code == 202
    force = {"os-force_detach": {"attachment_id": attached["attachment_id"]}}
    assert (await cloud.admin.post(action, force)).status_code == 202
    assert (await volume(cloud, made["id"]))["status"] == "available"
