"""Every saga of compute unwinds at every step, and may run every step twice."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.compute.sagas.change_disks import (
    ATTACH_VOLUME,
    DETACH_VOLUME,
    SNAPSHOT_SERVER,
    SNAPSHOT_VOLUMES,
)
from haneul.services.compute.sagas.change_power import (
    HARD_REBOOT_SERVER,
    PAUSE_SERVER,
    REBOOT_SERVER,
    START_SERVER,
    STOP_SERVER,
    UNPAUSE_SERVER,
)
from haneul.services.compute.sagas.create_server import CREATE_SERVER
from haneul.services.compute.sagas.delete_server import DELETE_SERVER
from haneul.services.compute.sagas.restore_server import RESTORE_SERVER, Lost
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.placement import public as placement
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def on_hosts(w: World) -> Any:
    """What the hosts hold, and what placing believes that they hold."""
    machines: dict[str, Any] = {}
    ports: set[str] = set()
    for host in w.cloud.hosts:
        on = w.cloud.platform.agents.on(host)
        machines |= await on.hypervisor.machines()
        ports |= (await on.network.inventory()).ports
    async with w.cloud.platform.reading() as ctx:
        used = {
            (provider, name): inventory.used
            for provider, classes in (await placement.inventories(ctx)).items()
            for name, inventory in classes.items()
        }
    return machines, ports, used


async def test_creating_a_server(w: World) -> None:
    await w.create()

    async def begin() -> None:
        volume = {"source_type": "blank", "destination_type": "volume", "volume_size": 1}
        body = w.body(block_device_mapping_v2=[volume | {"delete_on_termination": True}], config_drive=True)
        answer = await w.cloud.admin.post(f"{BASE}/servers", body, version=V)
        assert answer.status_code == 202, answer.text

    quota = {"quota_set": {"instances": -1, "cores": -1, "ram": -1}}
    project = w.cloud.admin.auth.project_id
    assert (await w.cloud.admin.put(f"{BASE}/os-quota-sets/{project}", quota)).status_code == 200
    volumes = {"quota_set": {"volumes": -1, "gigabytes": -1}}
    path = f"/volume/v3/os-quota-sets/{project}"
    assert (await w.cloud.admin.put(path, volumes)).status_code == 200
    shared = {"network": {"shared": True}}
    assert (await w.cloud.admin.put(f"/networking/v2.0/networks/{w.network}", shared)).status_code == 200
    await assert_unwinds(w.cloud, CREATE_SERVER, begin, lambda: on_hosts(w))
    await assert_repeatable(w.cloud, CREATE_SERVER, begin)


async def test_deleting_a_server_goes_on_where_it_failed(w: World) -> None:
    id = await w.create()

    async def begin() -> None:
        await w.cloud.admin.delete(f"{BASE}/servers/{id}")

    await assert_repeatable(w.cloud, DELETE_SERVER, begin)
    async with w.cloud.platform.reading() as ctx:
        assert [s.id for s in await PAST_SERVERS.find(ctx.tx)] == [id]
    machines, ports, used = await on_hosts(w)
    assert machines == {}
    assert ports == set()
    assert set(used.values()) == {0}


@pytest.mark.parametrize(
    ("saga", "before", "action"),
    [
        (STOP_SERVER, None, {"os-stop": None}),
        (START_SERVER, {"os-stop": None}, {"os-start": None}),
        (REBOOT_SERVER, None, {"reboot": {"type": "SOFT"}}),
        (HARD_REBOOT_SERVER, None, {"reboot": {"type": "HARD"}}),
        (PAUSE_SERVER, None, {"pause": None}),
        (UNPAUSE_SERVER, {"pause": None}, {"unpause": None}),
    ],
)
async def test_changing_power(w: World, saga: Any, before: Any, action: Any) -> None:
    id = await w.create()
    if before is not None:
        assert await w.act(id, before) == 202
        await w.cloud.settled()

    async def begin() -> None:
        assert await w.act(id, action) == 202

    await assert_repeatable(w.cloud, saga, begin)


async def test_attaching_and_detaching_a_volume(w: World) -> None:
    id = await w.create()
    made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})
    volume = made.json()["volume"]["id"]
    await w.cloud.settled()
    path = f"{BASE}/servers/{id}/os-volume_attachments"

    async def attach() -> None:
        body = {"volumeAttachment": {"volumeId": volume}}
        answer = await w.cloud.member.post(path, body, version=V)
        assert answer.status_code == 200, answer.text

    async def detach() -> None:
        assert (await w.cloud.member.delete(f"{path}/{volume}")).status_code == 202

    async def status() -> Any:
        return (await w.cloud.member.get(f"/volume/v3/volumes/{volume}")).json()["volume"]["status"]

    await assert_unwinds(w.cloud, ATTACH_VOLUME, attach, status)
    await assert_repeatable(w.cloud, ATTACH_VOLUME, attach)
    assert await status() == "in-use"
    await assert_unwinds(w.cloud, DETACH_VOLUME, detach, status)
    await assert_repeatable(w.cloud, DETACH_VOLUME, detach)
    assert await status() == "available"


async def test_making_an_image_of_a_server(w: World) -> None:
    id = await w.create()

    async def begin() -> None:
        assert await w.act(id, {"createImage": {"name": "snap"}}) == 202

    async def images() -> Any:
        return [i["id"] for i in (await w.cloud.member.get("/image/v2/images?name=snap")).json()["images"]]

    await assert_unwinds(w.cloud, SNAPSHOT_SERVER, begin, images, except_for=("store", "remove_export"))
    await assert_repeatable(w.cloud, SNAPSHOT_SERVER, begin)
    assert len(await images()) == 1


async def test_making_an_image_of_a_servers_volumes(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])

    async def begin() -> None:
        assert await w.act(id, {"createImage": {"name": "snap"}}) == 202

    async def names() -> Any:
        images = (await w.cloud.member.get("/image/v2/images?name=snap")).json()["images"]
        snapshots = (await w.cloud.member.get("/volume/v3/snapshots")).json()["snapshots"]
        return [[each["name"] for each in found] for found in (images, snapshots)]

    await assert_unwinds(w.cloud, SNAPSHOT_VOLUMES, begin, names)
    await assert_repeatable(w.cloud, SNAPSHOT_VOLUMES, begin)
    assert await names() == [["snap"], ["snapshot for snap"]]


async def test_restoring_a_server(w: World) -> None:
    id = await w.create()
    host = (await w.show(id))["OS-EXT-SRV-ATTR:host"]

    async def begin() -> None:
        await w.cloud.platform.agents.on(host).hypervisor.ensure_gone(id)
        async with w.cloud.platform.context() as ctx:
            await ctx.start(RESTORE_SERVER, Lost(id, host), resource=id)

    await assert_repeatable(w.cloud, RESTORE_SERVER, begin)
    assert (await on_hosts(w))[0] == {id: "running"}
