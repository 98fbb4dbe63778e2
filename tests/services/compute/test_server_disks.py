"""Empty disks of flavors, names of devices, and what the host makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.compute import public as compute
from tests.conftest import Cloud
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1"
SWAP = {"source_type": "blank", "destination_type": "local", "guest_format": "swap"}
DATA = {"source_type": "blank", "destination_type": "local", "boot_index": -1}


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def flavor(w: World, **more: Any) -> str:
    body = {"flavor": {"name": f"f{more}", "vcpus": 1, "ram": 64, "disk": 1} | more}
    made = await w.cloud.admin.post(f"{BASE}/flavors", body)
    assert made.status_code == 200, made.text
    id: str = made.json()["flavor"]["id"]
    return id


def image_disk(w: World) -> dict[str, Any]:
    disk = {"boot_index": 0, "source_type": "image", "destination_type": "local", "uuid": w.image}
    return disk | {"delete_on_termination": True}


async def hypervisor(w: World, server: str) -> Any:
    host = (await w.show(server))["OS-EXT-SRV-ATTR:host"]
    return await w.cloud.agent.driver(host, "hypervisor")


async def kept(w: World, server: str) -> dict[str, tuple[int, str]]:
    """Size in MiB and format of each disk that the server's host keeps, by name."""
    disks = (await hypervisor(w, server)).disks()
    return {k.split("/")[1]: (d.size_mib, d.format) for k, d in disks.items() if d.server_id == server}


async def wired(w: World, server: str) -> list[str]:
    """The serial numbers of the machine's disks in their order."""
    return [d.serial or d.id for d in (await hypervisor(w, server)).spec(server).disks]


async def mapping(w: World, server: str) -> dict[str, str]:
    """What the guest reads of the names of its disks."""
    (port,) = (await w.cloud.admin.get(f"/networking/v2.0/ports?device_id={server}")).json()["ports"]
    path = "/latest/meta-data/block-device-mapping"
    _, _, names = await compute.metadata(w.cloud.platform, port["binding:host_id"], port["id"], path)
    found = {}
    for name in names.decode().split():
        _, _, device = await compute.metadata(
            w.cloud.platform, port["binding:host_id"], port["id"], f"{path}/{name}"
        )
        found[name] = device.decode()
    return found


async def test_a_flavors_disks_reach_the_machine_and_go_with_the_server(w: World) -> None:
    id = await w.create(flavorRef=await flavor(w, swap=64, **{"OS-FLV-EXT-DATA:ephemeral": 2}))
    assert await kept(w, id) == {"root": (1024, ""), "ephemeral0": (2048, "ext4"), "swap": (64, "swap")}
    assert await wired(w, id) == [id[:20], "ephemeral0", "swap"]
    expected = {"ami": "vda", "root": "/dev/vda", "ephemeral0": "/dev/vdb", "swap": "/dev/vdc"}
    assert await mapping(w, id) == expected
    driver = await hypervisor(w, id)
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 204
    await w.cloud.settled()
    assert not [d for d in driver.disks().values() if d.server_id == id]


async def test_disks_that_are_asked_for_are_made_as_asked(w: World) -> None:
    big = await flavor(w, swap=64, **{"OS-FLV-EXT-DATA:ephemeral": 3})
    local = [
        image_disk(w),
        SWAP | {"volume_size": 32, "tag": "pages"},
        DATA | {"volume_size": 2, "guest_format": "ext3", "device_name": "vdx", "tag": "scratch"},
    ]
    id = await w.create(flavorRef=big, block_device_mapping_v2=local)
    assert await kept(w, id) == {"root": (1024, ""), "ephemeral0": (2048, "ext3"), "swap": (32, "swap")}
    names = await mapping(w, id)
    assert (names["ephemeral0"], names["swap"]) == ("/dev/vdx", "/dev/vdb")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([DATA | {"volume_size": 4}], "larger than the instance type allows"),
        ([DATA | {"volume_size": 2}, DATA | {"volume_size": 2}], "larger than the instance type allows"),
        ([SWAP | {"volume_size": 65}], "Swap drive requested is larger"),
        ([SWAP, SWAP], "More than one swap drive"),
        ([SWAP, DATA | {"volume_size": 1}, DATA | {"volume_size": 1}], "more local devices"),
        ([DATA | {"guest_format": "zfs"}], "guest_format"),
        ([DATA | {"uuid": "3c1e0b5c-7a55-4ecb-8d2c-1f5a3b0a0001"}], "Invalid device UUID"),
        ([DATA | {"device_name": "vdz z/../"}], "device_name"),
        ([DATA | {"tag": "a,b"}], "tag"),
    ],
)
async def test_what_the_flavor_does_not_have_is_refused(w: World, entries: list[Any], words: str) -> None:
    big = await flavor(w, swap=64, **{"OS-FLV-EXT-DATA:ephemeral": 3})
    body = w.body(flavorRef=big, block_device_mapping_v2=[image_disk(w), *entries])
    answer = await w.cloud.member.post(f"{BASE}/servers", body, version=V)
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["badRequest"]["message"]
    assert (await w.cloud.member.get(f"{BASE}/servers")).json()["servers"] == []


async def test_two_disks_cannot_have_one_name(w: World) -> None:
    entries = [
        image_disk(w),
        *(
            {"source_type": "blank", "destination_type": "volume", "volume_size": 1, "device_name": name}
            for name in ("/dev/vdb", "vdb")
        ),
    ]
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(block_device_mapping_v2=entries), version=V)
    assert answer.status_code == 409, answer.text
    id = await w.create(flavorRef=await flavor(w, swap=64))
    for device, status in (("/dev/vda", 409), ("/dev/vdb", 409), ("/dev/vdc", 200), ("vdz z/../", 400)):
        made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})
        await w.cloud.settled()
        body = {"volumeAttachment": {"volumeId": made.json()["volume"]["id"], "device": device}}
        answer = await w.cloud.member.post(f"{BASE}/servers/{id}/os-volume_attachments", body, version=V)
        assert answer.status_code == status, answer.text
        await w.cloud.settled()
    made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})
    await w.cloud.settled()
    body = {"volumeAttachment": {"volumeId": made.json()["volume"]["id"], "device": "/dev/vdc"}}
    answer = await w.cloud.member.post(f"{BASE}/servers/{id}/os-volume_attachments", body, version=V)
    assert answer.status_code == 409
    assert answer.json()["conflictingRequest"]["message"] == "The supplied device path (/dev/vdc) is in use."


async def test_a_rebuild_makes_them_anew_unless_they_are_to_be_kept(w: World) -> None:
    id = await w.create(flavorRef=await flavor(w, swap=64, **{"OS-FLV-EXT-DATA:ephemeral": 1}))
    before = await kept(w, id)
    for more in ({}, {"preserve_ephemeral": True}):
        assert await w.act(id, {"rebuild": {"imageRef": w.image} | more}) == 202
        await w.cloud.settled()
        assert (await w.show(id))["status"] == "ACTIVE"
        assert await kept(w, id) == before
        assert await wired(w, id) == [id[:20], "ephemeral0", "swap"]
    (await hypervisor(w, id)).knobs.fail["ensure_running"] = 1
    assert await w.act(id, {"rebuild": {"imageRef": w.image}}) == 202
    await w.cloud.settled()
    assert await kept(w, id) == before


async def test_a_resize_gives_them_the_new_size_and_going_back_the_old(w: World) -> None:
    small = await flavor(w, swap=64, **{"OS-FLV-EXT-DATA:ephemeral": 1})
    large = await flavor(w, swap=32, **{"OS-FLV-EXT-DATA:ephemeral": 4})
    id = await w.create(flavorRef=small)
    before = await kept(w, id)
    assert await w.act(id, {"resize": {"flavorRef": large}}) == 202
    await w.cloud.settled()
    grown = {name: d for name, d in (await kept(w, id)).items() if not name.startswith("aside")}
    assert grown == {"root": (1024, ""), "ephemeral0": (4096, "ext4"), "swap": (32, "swap")}
    assert await w.act(id, {"revertResize": None}) == 202
    await w.cloud.settled()
    assert await kept(w, id) == before
    assert await w.act(id, {"resize": {"flavorRef": large}}) == 202
    await w.cloud.settled()
    assert await w.act(id, {"confirmResize": None}) == 204
    await w.cloud.settled()
    assert await kept(w, id) == grown
    assert await w.act(id, {"resize": {"flavorRef": small}}) == 202
    await w.cloud.settled()
    assert (await w.show(id))["flavor"]["ephemeral"] == 4  # it would have to shrink
    assert await kept(w, id) == grown


async def test_a_shelved_server_comes_back_with_empty_ones(w: World) -> None:
    id = await w.create(flavorRef=await flavor(w, swap=64, **{"OS-FLV-EXT-DATA:ephemeral": 1}))
    before = await kept(w, id)
    assert await w.act(id, {"shelve": None}) == 202
    await w.cloud.settled()
    assert await w.act(id, {"unshelve": None}) == 202
    await w.cloud.settled()
    assert await kept(w, id) == before
    assert await wired(w, id) == [id[:20], "ephemeral0", "swap"]


async def test_disks_and_nics_are_what_the_image_says(w: World) -> None:
    change = [
        {"op": "add", "path": "/hw_disk_bus", "value": "scsi"},
        {"op": "add", "path": "/hw_vif_model", "value": "e1000"},
    ]
    content_type = "application/openstack-images-v2.1-json-patch"
    await w.cloud.admin.call(
        "PATCH", f"/image/v2/images/{w.image}", json=change, headers={"Content-Type": content_type}
    )
    id = await w.create(flavorRef=await flavor(w, swap=64))
    spec = (await hypervisor(w, id)).spec(id)
    assert {d.bus for d in spec.disks} == {"scsi"}
    assert [n.model for n in spec.nics] == ["e1000"]


async def test_each_disk_is_plugged_into_the_bus_that_was_asked_for(w: World) -> None:
    empty = {"source_type": "blank", "destination_type": "volume", "volume_size": 1}
    entries = [
        image_disk(w) | {"disk_bus": "scsi"},
        SWAP | {"disk_bus": "sata"},
        empty | {"disk_bus": "usb"},
        empty,
    ]
    id = await w.create(flavorRef=await flavor(w, swap=64), block_device_mapping_v2=entries)
    assert [d.bus for d in (await hypervisor(w, id)).spec(id).disks] == ["scsi", "sata", "usb", "virtio"]
    assert await w.act(id, {"rebuild": {"imageRef": w.image}}) == 202
    await w.cloud.settled()
    assert [d.bus for d in (await hypervisor(w, id)).spec(id).disks] == ["scsi", "sata", "usb", "virtio"]
    body = w.body(block_device_mapping_v2=[image_disk(w) | {"disk_bus": "floppydisk"}])
    answer = await w.cloud.member.post(f"{BASE}/servers", body, version=V)
    assert answer.status_code == 400, answer.text
    assert "The provided disk bus floppydisk is not valid" in answer.json()["badRequest"]["message"]


async def test_an_image_of_volumes_tells_their_buses(w: World) -> None:
    disk = {"source_type": "image", "uuid": w.image, "destination_type": "volume", "volume_size": 1}
    id = await w.create(imageRef=None, block_device_mapping_v2=[disk | {"boot_index": 0, "disk_bus": "scsi"}])
    answer = await w.cloud.member.post(
        f"{BASE}/servers/{id}/action", {"createImage": {"name": "copy"}}, version=V
    )
    assert answer.status_code == 202, answer.text
    await w.cloud.settled()
    again = await w.create(imageRef=answer.json()["image_id"])
    assert [d.bus for d in (await hypervisor(w, again)).spec(again).disks] == ["scsi"]


async def test_the_old_way_to_ask_for_disks_is_refused(w: World) -> None:
    old = [{"volume_id": w.image, "device_name": "/dev/vdb"}]
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(block_device_mapping=old), version=V)
    assert answer.status_code == 400, answer.text
    assert "block_device_mapping_v2" in answer.json()["badRequest"]["message"]
    assert (await w.cloud.member.get(f"{BASE}/servers")).json()["servers"] == []


@pytest.mark.parametrize(
    ("bus", "root", "second"), [("scsi", "/dev/sda", "/dev/sdb"), ("ide", "/dev/hda", "/dev/hdb")]
)
async def test_disks_are_called_by_the_bus_that_the_image_wants(
    w: World, bus: str, root: str, second: str
) -> None:
    patch = [{"op": "add", "path": "/hw_disk_bus", "value": bus}]
    kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    image = f"/image/v2/images/{w.image}"
    answer = await w.cloud.admin.call("PATCH", image, json=patch, headers=kind)
    assert answer.status_code == 200, answer.text
    server = await w.create()
    volume = {"volume": {"size": 1}}
    made = (await w.cloud.member.post("/volume/v3/volumes", volume)).json()["volume"]["id"]
    await w.cloud.settled()
    path = f"/compute/v2.1/servers/{server}"
    attached = await w.cloud.member.post(
        f"{path}/os-volume_attachments", {"volumeAttachment": {"volumeId": made}}
    )
    assert attached.json()["volumeAttachment"]["device"] == second
    shown = (await w.cloud.admin.get(path, version="compute 2.96")).json()["server"]
    assert shown["OS-EXT-SRV-ATTR:root_device_name"] == root
