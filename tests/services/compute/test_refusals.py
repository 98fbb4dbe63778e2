"""What is asked of a new server and cannot be: refused, or found in ERROR, as upstream does."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.block_storage import public as block_storage
from tests.conftest import Cloud
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1"
NEUTRON = "/networking/v2.0"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    found = await world.make(cloud)
    group = await cloud.member.post(f"{NEUTRON}/security-groups", {"security_group": {"name": "web"}})
    assert group.status_code == 201, group.text
    return found


async def unfiltered(w: World) -> str:
    """A network without port security."""
    body = {"network": {"name": "open", "port_security_enabled": False}}
    made = await w.cloud.member.post(f"{NEUTRON}/networks", body)
    assert made.status_code == 201, made.text
    id: str = made.json()["network"]["id"]
    subnet = {"network_id": id, "cidr": "10.44.0.0/24", "ip_version": 4}
    assert (await w.cloud.member.post(f"{NEUTRON}/subnets", {"subnet": subnet})).status_code == 201
    return id


@pytest.mark.parametrize("case", ["alone", "beside another", "by port"])
async def test_a_group_that_cannot_apply_makes_the_server_fail(w: World, case: str) -> None:
    network = await unfiltered(w)
    nics: list[dict[str, str]] = [{"uuid": network}]
    if case == "beside another":
        nics = [{"uuid": w.network}, *nics]
    if case == "by port":
        made = await w.cloud.member.post(f"{NEUTRON}/ports", {"port": {"network_id": network}})
        nics = [{"port": made.json()["port"]["id"]}]
    server = await w.show(await w.create(networks=nics, security_groups=[{"name": "web"}]))
    assert server["status"] == "ERROR"
    assert server["fault"]["code"] == 500
    assert "port_security_enabled" in server["fault"]["message"]


@pytest.mark.parametrize("groups", [{}, {"security_groups": [{"name": "default"}]}])
async def test_the_default_group_asks_for_nothing_there(w: World, groups: dict[str, Any]) -> None:
    server = await w.show(await w.create(networks=[{"uuid": await unfiltered(w)}], **groups))
    assert server["status"] == "ACTIVE", server.get("fault")
    assert "security_groups" not in server


async def test_a_group_that_is_not_there_is_refused_wherever_it_would_be(w: World) -> None:
    nics = [{"uuid": await unfiltered(w)}]
    body = w.body(networks=nics, security_groups=[{"name": "nobody's"}])
    answer = await w.cloud.member.post(f"{BASE}/servers", body, version=V)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("reference", [{"imageRef": ""}, {}])
async def test_an_image_on_the_hosts_disk_is_named_twice(w: World, reference: dict[str, str]) -> None:
    body = w.body(block_device_mapping_v2=[w.root_volume(destination_type="local")])
    del body["server"]["imageRef"]
    body["server"] |= reference
    answer = await w.cloud.member.post(f"{BASE}/servers", body, version=V)
    assert answer.status_code == 400, answer.text
    assert "Mapping image to local is not supported" in answer.json()["badRequest"]["message"]
    assert (await w.cloud.member.get(f"{BASE}/servers")).json()["servers"] == []


async def test_no_image_is_not_said_by_null(w: World) -> None:
    body = w.body(block_device_mapping_v2=[w.root_volume()])
    body["server"]["imageRef"] = None
    answer = await w.cloud.member.post(f"{BASE}/servers", body, version=V)
    assert answer.status_code == 400, answer.text
    assert "imageRef" in answer.json()["badRequest"]["message"]


async def shared_volume(w: World) -> str:
    """A volume that several servers may have."""
    async with w.cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)
    kind = {"volume_type": {"name": "multi", "extra_specs": {"multiattach": "<is> True"}}}
    assert (await w.cloud.admin.post("/volume/v3/types", kind)).status_code == 200
    body = {"volume": {"size": 1, "volume_type": "multi"}}
    made = await w.cloud.member.post("/volume/v3/volumes", body)
    assert made.status_code == 202, made.text
    await w.cloud.settled()
    id: str = made.json()["volume"]["id"]
    return id


@pytest.mark.parametrize("version", ["compute 2.1", "compute 2.59"])
async def test_who_does_not_know_of_shared_volumes_attaches_none(w: World, version: str) -> None:
    volume, server = await shared_volume(w), await w.create()
    path = f"{BASE}/servers/{server}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": volume}}
    answer = await w.cloud.member.post(path, body, version=version)
    assert answer.status_code == 400, answer.text
    assert "2.60" in answer.json()["badRequest"]["message"]
    device = {"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": -1}
    root = {"uuid": w.image, "source_type": "image", "destination_type": "local", "boot_index": 0}
    boot = w.body(block_device_mapping_v2=[root, device])
    answer = await w.cloud.member.post(f"{BASE}/servers", boot, version=version)
    assert (answer.status_code, "2.60" in answer.text) == (400, True), answer.text
    assert (await w.cloud.member.get(f"/volume/v3/volumes/{volume}")).json()["volume"]["attachments"] == []


async def test_who_knows_of_shared_volumes_attaches_them(w: World) -> None:
    volume, server = await shared_volume(w), await w.create()
    path = f"{BASE}/servers/{server}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": volume}}
    answer = await w.cloud.member.post(path, body, version="compute 2.60")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("version", "is_shown"), [("compute 2.89", False), ("compute 2.90", True)])
async def test_the_host_name_is_shown_to_its_owner_who_can_set_it(
    w: World, version: str, is_shown: bool
) -> None:
    id = await w.create()
    for path in (f"{BASE}/servers/{id}", f"{BASE}/servers/detail"):
        answer = (await w.cloud.member.get(path, version=version)).json()
        server = answer["server"] if "server" in answer else answer["servers"][0]
        assert ("OS-EXT-SRV-ATTR:hostname" in server) is is_shown
        assert "OS-EXT-SRV-ATTR:host" not in server
