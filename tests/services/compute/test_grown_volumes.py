"""Volumes that grow while a server has them."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.compute.reconcilers.grown_volumes import show_grown_volumes
from haneul.services.compute.sagas.extend_volume import EXTEND_VOLUME
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.compute import world
from tests.services.compute.world import V, World

VOLUMES = "/volume/v3/volumes"
ATTACHED_MAY_GROW = "volume 3.42"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def attached(w: World, server: str) -> str:
    made = await w.cloud.member.post(VOLUMES, {"volume": {"size": 1}})
    await w.cloud.settled()
    id: str = made.json()["volume"]["id"]
    path = f"/compute/v2.1/servers/{server}/os-volume_attachments"
    answer = await w.cloud.member.post(path, {"volumeAttachment": {"volumeId": id}}, version=V)
    assert answer.status_code == 200, answer.text
    await w.cloud.settled()
    return id


async def extend(w: World, volume: str, size: int) -> int:
    action = {"os-extend": {"new_size": size}}
    answer = await w.cloud.member.post(f"{VOLUMES}/{volume}/action", action, version=ATTACHED_MAY_GROW)
    await w.cloud.settled()
    await w.cloud.plane.reconcilers.look(show_grown_volumes)
    await w.cloud.settled()
    return answer.status_code


async def hypervisor(w: World, server: str) -> Any:
    host = (await w.show(server))["OS-EXT-SRV-ATTR:host"]
    return await w.cloud.agent.driver(host, "hypervisor")


async def actions(w: World, server: str) -> list[dict[str, Any]]:
    answer = await w.cloud.member.get(f"/compute/v2.1/servers/{server}/os-instance-actions", version=V)
    found: list[dict[str, Any]] = answer.json()["instanceActions"]
    return found


async def test_the_guest_is_told_once_and_its_history_says_so(w: World) -> None:
    server = await w.create()
    volume = await attached(w, server)
    assert await extend(w, volume, 3) == 202
    shown = (await w.cloud.member.get(f"{VOLUMES}/{volume}")).json()["volume"]
    assert (shown["size"], shown["status"]) == (3, "in-use")
    assert (await hypervisor(w, server)).grown(server) == (volume,)
    assert [a["action"] for a in await actions(w, server)] == ["extend_volume", "attach_volume", "create"]
    await w.cloud.plane.reconcilers.look(show_grown_volumes)
    await w.cloud.settled()
    assert (await hypervisor(w, server)).grown(server) == (volume,)


async def test_a_guest_that_cannot_be_told_keeps_the_volume_and_its_history_says_why(w: World) -> None:
    server = await w.create()
    volume = await attached(w, server)
    (await hypervisor(w, server)).knobs.fail["disk_grew"] = -1
    assert await extend(w, volume, 2) == 202
    assert (await w.cloud.member.get(f"{VOLUMES}/{volume}")).json()["volume"]["status"] == "in-use"
    assert (await actions(w, server))[0] | {"action": "extend_volume", "message": "Error"} == (
        await actions(w, server)
    )[0]


async def test_a_server_that_is_off_sees_the_size_when_it_starts(w: World) -> None:
    server = await w.create()
    volume = await attached(w, server)
    assert await w.act(server, {"os-stop": None}) == 202
    await w.cloud.settled()
    assert await extend(w, volume, 2) == 202
    assert (await hypervisor(w, server)).grown(server) == ()
    assert await w.act(server, {"os-start": None}) == 202


async def test_telling_the_guest_may_fail_at_any_step_and_be_told_twice(w: World) -> None:
    server = await w.create()
    volume = await attached(w, server)
    sizes = iter(range(2, 100))

    async def begin() -> None:
        assert await extend(w, volume, next(sizes)) == 202

    async def states() -> Any:
        shown = await w.show(server)
        disk = (await w.cloud.member.get(f"{VOLUMES}/{volume}")).json()["volume"]
        machines = await (await hypervisor(w, server)).machines()
        return shown["status"], shown["OS-EXT-STS:task_state"], disk["status"], machines

    await assert_unwinds(w.cloud, EXTEND_VOLUME, begin, states)
    told = (await hypervisor(w, server)).grown(server)
    await assert_repeatable(w.cloud, EXTEND_VOLUME, begin)
    assert len((await hypervisor(w, server)).grown(server)) > len(told)
