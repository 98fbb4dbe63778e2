"""Servers that get another content or size: rebuild, resize, confirm, revert."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.kernel.ids import new_id
from haneul.kernel.saga import Saga
from haneul.services.compute.model.servers import LATER_TASKS
from haneul.services.compute.operations import verification
from haneul.services.compute.reconcilers.machines import compare_machines
from haneul.services.compute.sagas.rebuild_server import REBUILD_SERVER
from haneul.services.compute.sagas.resize_server import RESIZE_SERVER
from haneul.services.compute.sagas.settle_resize import CONFIRM_RESIZE, REVERT_RESIZE
from haneul.services.placement import public as placement
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def flavor(w: World, *, vcpus: int = 2, ram: int = 128, disk: int = 2) -> str:
    name = f"{vcpus}-{ram}-{disk}-{new_id()}"
    body = {"flavor": {"name": name, "vcpus": vcpus, "ram": ram, "disk": disk}}
    id: str = (await w.cloud.admin.post(f"{BASE}/flavors", body)).json()["flavor"]["id"]
    return id


async def image(w: World, **more: Any) -> str:
    body = {"name": "other", "disk_format": "raw", "container_format": "bare", "visibility": "public"}
    id: str = (await w.cloud.admin.post("/image/v2/images", body | more)).json()["id"]
    path, kind = f"/image/v2/images/{id}/file", {"Content-Type": "application/octet-stream"}
    assert (await w.cloud.admin.call("PUT", path, content=b"2" * 65536, headers=kind)).status_code == 204
    return id


async def ask(w: World, id: str, action: dict[str, Any], version: str = V) -> Any:
    return await w.cloud.member.post(f"{BASE}/servers/{id}/action", action, version=version)


async def done(w: World, id: str, action: dict[str, Any], status: int = 202) -> dict[str, Any]:
    """The server once the action has ended."""
    answer = await ask(w, id, action)
    assert answer.status_code == status, answer.text
    await w.cloud.settled()
    async with w.cloud.platform.reading() as ctx:
        assert await verification.verify(ctx) is None
    return await w.show(id)


async def on_host(w: World, id: str) -> Any:
    """What the server's host has of it: the machine's description and state, and its disks."""
    hypervisor = w.cloud.platform.agents.on((await w.show(id))["OS-EXT-SRV-ATTR:host"]).hypervisor
    state = (await hypervisor.machines()).get(id)
    spec = await hypervisor.description(id)
    return state, spec, await disks(w, id)


async def disks(w: World, id: str) -> dict[str, Any]:
    host = (await w.show(id))["OS-EXT-SRV-ATTR:host"]
    driver = await w.cloud.agent.driver(host, "hypervisor")
    return {key: each for key, each in driver.disks().items() if each.server_id == id}


async def used(w: World) -> dict[str, int]:
    """What placing believes to be taken, by resource class."""
    found: dict[str, int] = {}
    async with w.cloud.platform.reading() as ctx:
        for classes in (await placement.inventories(ctx)).values():
            for name, inventory in classes.items():
                found[name] = found.get(name, 0) + inventory.used
    return found


async def world_of(w: World, id: str) -> Any:
    server = await w.show(id)
    volatile = ("updated", "OS-SRV-USG:launched_at")
    return {k: v for k, v in server.items() if k not in volatile}, await on_host(w, id), await used(w)


async def test_a_rebuilt_server_has_a_new_disk_and_keeps_the_rest(w: World) -> None:
    id, other = await w.create(metadata={"a": "b"}), await image(w)
    before = await w.show(id)
    answer = await ask(w, id, {"rebuild": {"imageRef": other, "name": "new", "metadata": {"c": "d"}}})
    assert answer.status_code == 202, answer.text
    said = answer.json()["server"]
    assert (said["status"], said["OS-EXT-STS:task_state"]) == ("REBUILD", "rebuilding")
    assert said["image"]["id"] == other
    assert said["adminPass"]
    await w.cloud.settled()
    after = await w.show(id)
    assert (after["status"], after["name"], after["metadata"]) == ("ACTIVE", "new", {"c": "d"})
    same = ("id", "addresses", "flavor", "OS-EXT-SRV-ATTR:host", "created", "key_name")
    assert {k: after[k] for k in same} == {k: before[k] for k in same}
    state, _, disks = await on_host(w, id)
    assert state == "running"
    assert [(key, each.image_id) for key, each in disks.items()] == [(f"{id}/root", other)]


async def test_a_rebuild_changes_what_the_guest_is_told(w: World) -> None:
    id = await w.create(config_drive=True, user_data="b25l")
    made = await w.cloud.member.post(f"{BASE}/os-keypairs", {"keypair": {"name": "k"}})
    key = made.json()["keypair"]["public_key"]
    body = {"imageRef": w.image, "key_name": "k", "user_data": "dHdv", "hostname": "other"}
    body |= {"description": "d", "accessIPv4": "192.0.2.1", "trusted_image_certificates": None}
    answer = await ask(w, id, {"rebuild": body}, "compute 2.90")
    assert (answer.status_code, answer.json()["server"]["user_data"]) == (202, "dHdv")
    await w.cloud.settled()
    server = await w.show(id)
    assert (server["key_name"], server["description"], server["accessIPv4"]) == ("k", "d", "192.0.2.1")
    _, spec, _ = await on_host(w, id)
    assert spec.config_drive["openstack/latest/user_data"] == b"two"
    assert key.split()[1].encode() in spec.config_drive["openstack/latest/meta_data.json"]
    assert spec.name == "other"
    body = {"imageRef": w.image, "key_name": None, "user_data": None}
    answer = await ask(w, id, {"rebuild": body})
    assert (answer.json()["server"]["key_name"], answer.json()["server"]["user_data"]) == (None, None)


async def test_a_stopped_server_stays_stopped_when_rebuilt(w: World) -> None:
    id = await w.create()
    assert (await done(w, id, {"os-stop": None}))["status"] == "SHUTOFF"
    assert (await done(w, id, {"rebuild": {"imageRef": w.image}}))["status"] == "SHUTOFF"
    assert (await on_host(w, id))[0] == "shutdown"
    assert (await done(w, id, {"os-start": None}))["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("given", "version", "status"),
    [
        ({}, V, 400),
        ({"imageRef": "none"}, V, 400),
        ({"imageRef": new_id()}, V, 400),
        ({"name": ""}, V, 400),
        ({"unknown": 1}, V, 400),
        ({"key_name": "nobody"}, V, 400),
        ({"key_name": None}, "compute 2.53", 400),
        ({"user_data": "not base64!"}, V, 400),
        ({"user_data": None}, "compute 2.56", 400),
        ({"description": "d"}, "compute 2.18", 400),
        ({"hostname": "h"}, "compute 2.89", 400),
        ({"metadata": {"k": 5}}, V, 400),
        ({"OS-DCF:diskConfig": "SOMEHOW"}, V, 400),
        ({"accessIPv4": "here"}, V, 400),
        ({"accessIPv6": ""}, V, 400),
        ({"preserve_ephemeral": "perhaps"}, V, 400),
        ({"personality": []}, "compute 2.57", 400),
        ({"trusted_image_certificates": ["c"]}, V, 400),
        ({"trusted_image_certificates": None}, "compute 2.62", 400),
    ],
)
async def test_rebuilds_that_cannot_be(w: World, given: dict[str, Any], version: str, status: int) -> None:
    id = await w.create()
    before = await w.show(id)
    body = {"imageRef": w.image} | given if given else given
    answer = await ask(w, id, {"rebuild": body}, version)
    assert answer.status_code == status, answer.text
    assert await w.show(id) == before


async def test_an_image_that_the_flavor_cannot_hold_is_refused(w: World) -> None:
    id = await w.create()
    for needs in ({"min_ram": 4096}, {"min_disk": 50}):
        answer = await ask(w, id, {"rebuild": {"imageRef": await image(w, **needs)}})
        assert answer.status_code == 400, answer.text
        assert "too small" in answer.text


async def test_a_server_on_a_volume_is_rebuilt_from_its_own_image_only(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])
    answer = await ask(w, id, {"rebuild": {"imageRef": await image(w)}})
    assert (answer.status_code, "different image" in answer.text) == (400, True)
    answer = await ask(w, id, {"rebuild": {"imageRef": w.image}}, "compute 2.93")
    assert answer.status_code == 400
    server = await done(w, id, {"rebuild": {"imageRef": w.image}})
    assert (server["status"], server["image"]) == ("ACTIVE", "")


async def test_rebuilding_unwinds_and_repeats(w: World) -> None:
    id, other = await w.create(config_drive=True), await image(w)

    async def begin() -> None:
        assert (await ask(w, id, {"rebuild": {"imageRef": other}})).status_code == 202

    await assert_unwinds(
        w.cloud, REBUILD_SERVER, begin, lambda: world_of(w, id), except_for=("drop_old_disk",)
    )
    await assert_repeatable(w.cloud, REBUILD_SERVER, begin)
    assert (await w.show(id))["image"]["id"] == other


async def test_a_resized_server_waits_to_be_confirmed(w: World) -> None:
    id, larger = await w.create(), await flavor(w)
    answer = await ask(w, id, {"resize": {"flavorRef": larger}})
    assert answer.status_code == 202, answer.text
    assert (await w.show(id))["status"] == "RESIZE"
    await w.cloud.settled()
    server = await w.show(id)
    assert (server["status"], server["OS-EXT-STS:vm_state"]) == ("VERIFY_RESIZE", "resized")
    assert (server["flavor"]["vcpus"], server["OS-EXT-STS:power_state"]) == (2, 1)
    assert await used(w) == {"VCPU": 3, "MEMORY_MB": 192, "DISK_GB": 3}
    state, spec, disks = await on_host(w, id)
    assert (state, spec.vcpus, spec.memory_mib) == ("running", 2, 128)
    assert {key: each.size_mib for key, each in disks.items()} == {f"{id}/root": 2048, f"{id}/aside": 1024}
    assert (await ask(w, id, {"resize": {"flavorRef": w.flavor}})).status_code == 409
    server = await done(w, id, {"confirmResize": None}, 204)
    assert (server["status"], server["flavor"]["vcpus"]) == ("ACTIVE", 2)
    assert await used(w) == {"VCPU": 2, "MEMORY_MB": 128, "DISK_GB": 2}
    assert set((await on_host(w, id))[2]) == {f"{id}/root"}
    names = [a["action"] for a in (await actions(w, id))]
    assert names == ["confirmResize", "resize", "create"]


async def actions(w: World, id: str) -> list[dict[str, Any]]:
    path = f"{BASE}/servers/{id}/os-instance-actions"
    found: list[dict[str, Any]] = (await w.cloud.member.get(path)).json()["instanceActions"]
    return found


async def test_a_reverted_server_is_what_it_was(w: World) -> None:
    id, larger = await w.create(), await flavor(w)
    before = await world_of(w, id)
    assert (await done(w, id, {"resize": {"flavorRef": larger}}))["status"] == "VERIFY_RESIZE"
    assert (await done(w, id, {"revertResize": None}))["status"] == "ACTIVE"
    assert await world_of(w, id) == before
    assert (await ask(w, id, {"revertResize": None})).status_code == 409


@pytest.mark.parametrize(("decision", "status"), [("confirmResize", 204), ("revertResize", 202)])
async def test_a_stopped_server_stays_stopped_when_resized(w: World, decision: str, status: int) -> None:
    id, larger = await w.create(), await flavor(w)
    await done(w, id, {"os-stop": None})
    server = await done(w, id, {"resize": {"flavorRef": larger}})
    assert (server["status"], server["OS-EXT-STS:power_state"]) == ("VERIFY_RESIZE", 4)
    server = await done(w, id, {decision: None}, status)
    assert (server["status"], server["OS-EXT-STS:power_state"]) == ("SHUTOFF", 4)
    assert (await done(w, id, {"os-start": None}))["status"] == "ACTIVE"
    _, spec, _ = await on_host(w, id)
    assert spec.vcpus == (2 if decision == "confirmResize" else 1)


async def test_a_server_on_a_volume_may_get_a_flavor_without_disk(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])
    server = await done(w, id, {"resize": {"flavorRef": await flavor(w, disk=0)}})
    assert server["status"] == "VERIFY_RESIZE"
    assert (await done(w, id, {"revertResize": None}))["status"] == "ACTIVE"


async def test_resizes_that_cannot_be(w: World) -> None:
    big = await flavor(w, disk=5)
    id = await w.create(flavorRef=big)
    before = await world_of(w, id)
    for given, status in (
        ({}, 400),
        ({"flavorRef": ""}, 400),
        ({"flavorRef": "none"}, 400),
        ({"flavorRef": big}, 400),
        ({"flavorRef": await flavor(w, disk=0)}, 400),
        ({"flavorRef": await flavor(w, disk=4)}, 400),
        ({"flavorRef": await flavor(w, vcpus=50, disk=5)}, 403),
        ({"flavorRef": await flavor(w, ram=60000, disk=5)}, 403),
        ({"flavorRef": big, "OS-DCF:diskConfig": "SOMEHOW"}, 400),
        ({"flavorRef": big, "more": 1}, 400),
    ):
        answer = await ask(w, id, {"resize": given})
        assert answer.status_code == status, (given, answer.text)
    for action in ("confirmResize", "revertResize"):
        assert (await ask(w, id, {action: None})).status_code == 409
    assert await world_of(w, id) == before


async def test_both_sizes_count_until_it_is_decided(w: World) -> None:
    project = w.cloud.member.auth.project_id
    limits = {"quota_set": {"cores": 3}}
    assert (await w.cloud.admin.put(f"{BASE}/os-quota-sets/{project}", limits)).status_code == 200
    large, small = await flavor(w, vcpus=3), await flavor(w, vcpus=1)
    id = await w.create(flavorRef=large)
    assert (await done(w, id, {"resize": {"flavorRef": small}}))["status"] == "VERIFY_RESIZE"
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(), version=V)
    assert answer.status_code == 403, answer.text
    await done(w, id, {"confirmResize": None}, 204)
    assert (await w.show(await w.create()))["status"] == "ACTIVE"


async def test_a_size_that_fits_nowhere_leaves_the_server_as_it_was(w: World) -> None:
    id, huge = await w.create(), await flavor(w, disk=10**6)
    before = await world_of(w, id)
    assert (await done(w, id, {"resize": {"flavorRef": huge}}))["status"] == "ACTIVE"
    assert await world_of(w, id) == before
    assert (await actions(w, id))[0]["message"] == "Error"


async def test_deleting_a_resized_server_leaves_nothing(w: World) -> None:
    id = await w.create()
    await done(w, id, {"resize": {"flavorRef": await flavor(w)}})
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 204
    await w.cloud.settled()
    assert set((await used(w)).values()) == {0}
    async with w.cloud.platform.reading() as ctx:
        assert await verification.verify(ctx) is None


async def test_resizing_unwinds_and_repeats(w: World) -> None:
    id, larger = await w.create(config_drive=True), await flavor(w)

    async def begin() -> None:
        assert (await ask(w, id, {"resize": {"flavorRef": larger}})).status_code == 202

    await assert_unwinds(w.cloud, RESIZE_SERVER, begin, lambda: world_of(w, id))
    await assert_repeatable(w.cloud, RESIZE_SERVER, begin)
    assert (await w.show(id))["status"] == "VERIFY_RESIZE"


@pytest.mark.parametrize(
    ("saga", "action"), [(REVERT_RESIZE, "revertResize"), (CONFIRM_RESIZE, "confirmResize")]
)
async def test_deciding_on_a_resize_unwinds_and_repeats(w: World, saga: Saga, action: str) -> None:
    id, larger = await w.create(), await flavor(w)

    async def size() -> Any:
        """All but the disks: those that were brought back stay so, and one that was dropped is gone."""
        server, (state, spec, _), room = await world_of(w, id)
        return server, state, spec, room

    async def begin() -> None:
        assert (await ask(w, id, {action: None})).status_code in (202, 204)

    await done(w, id, {"resize": {"flavorRef": larger}})
    await assert_unwinds(w.cloud, saga, begin, size)
    await assert_repeatable(w.cloud, saga, begin)
    assert (await w.show(id))["status"] == "ACTIVE"


async def test_strangers_and_readers_change_nothing(w: World) -> None:
    id, larger = await w.create(), await flavor(w)
    for action in ({"rebuild": {"imageRef": w.image}}, {"resize": {"flavorRef": larger}}):
        assert await w.act(id, action, w.cloud.stranger) == 404
        assert await w.act(id, action, w.cloud.reader) == 403
    assert await w.act(id, {"lock": None}) == 202
    assert await w.act(id, {"resize": {"flavorRef": larger}}) == 409
    assert (await w.show(id))["status"] == "ACTIVE"


async def test_no_guest_can_be_told_a_password(w: World) -> None:
    id = await w.create()
    answer = await ask(w, id, {"changePassword": {"adminPass": "secret"}})
    assert (answer.status_code, "guest agent" in answer.text) == (409, True)
    for given in ({}, {"adminPass": 5}, {"adminPass": "p", "more": 1}, None):
        assert (await ask(w, id, {"changePassword": given})).status_code == 400
    assert await w.act(id, {"changePassword": {"adminPass": "secret"}}, w.cloud.reader) == 403


@pytest.mark.parametrize(
    ("version", "has", "lacks"),
    [
        ("compute 2.53", {"tags", "locked", "description"}, {"key_name", "user_data", "security_groups"}),
        ("compute 2.57", {"key_name", "user_data"}, {"config_drive", "OS-EXT-STS:task_state"}),
        ("compute 2.79", {"user_data", "config_drive", "OS-EXT-STS:task_state", "locked_reason"}, set()),
    ],
)
async def test_what_a_rebuild_answers_by_version(
    w: World, version: str, has: set[str], lacks: set[str]
) -> None:
    id = await w.create()
    answer = await ask(w, id, {"rebuild": {"imageRef": w.image}}, version)
    shown = answer.json()["server"]
    assert has <= set(shown)
    assert not lacks & set(shown)
    address = {"version", "addr"}
    if version == "compute 2.79":
        address |= {"OS-EXT-IPS:type", "OS-EXT-IPS-MAC:mac_addr"}
    assert set(shown["addresses"]["n"][0]) == address


async def test_an_image_that_asks_for_more_memory_is_no_resize(w: World) -> None:
    id = await w.create(imageRef=await image(w, min_ram=64))
    answer = await ask(w, id, {"resize": {"flavorRef": await flavor(w, ram=32)}})
    assert (answer.status_code, "memory is too small" in answer.text) == (400, True)


async def test_a_volume_that_came_after_the_resize_stays_when_it_is_reverted(w: World) -> None:
    id = await w.create()
    await done(w, id, {"resize": {"flavorRef": await flavor(w)}})
    made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})
    volume = made.json()["volume"]["id"]
    await w.cloud.settled()
    body = {"volumeAttachment": {"volumeId": volume}}
    path = f"{BASE}/servers/{id}/os-volume_attachments"
    assert (await w.cloud.member.post(path, body, version=V)).status_code == 200
    await w.cloud.settled()
    assert (await done(w, id, {"revertResize": None}))["status"] == "ACTIVE"
    _, spec, _ = await on_host(w, id)
    assert [disk.id for disk in spec.disks] == [f"{id}-root", volume]
    assert spec.vcpus == 1


async def test_a_resized_server_whose_machine_was_lost_still_waits(w: World) -> None:
    id = await w.create()
    host = (await done(w, id, {"resize": {"flavorRef": await flavor(w)}}))["OS-EXT-SRV-ATTR:host"]
    await w.cloud.platform.agents.on(host).hypervisor.ensure_gone(id)
    await w.cloud.plane.reconcilers.look(compare_machines)
    await w.cloud.settled()
    state, spec, _ = await on_host(w, id)
    assert (state, spec.vcpus, (await w.show(id))["status"]) == ("running", 2, "VERIFY_RESIZE")
    assert (await done(w, id, {"revertResize": None}))["status"] == "ACTIVE"


async def test_resetting_the_state_of_a_resized_server_keeps_its_size(w: World) -> None:
    id = await w.create()
    await done(w, id, {"resize": {"flavorRef": await flavor(w)}})
    assert await w.act(id, {"os-resetState": {"state": "active"}}, w.cloud.admin) == 202
    assert await used(w) == {"VCPU": 2, "MEMORY_MB": 128, "DISK_GB": 2}
    larger = await flavor(w, disk=3)
    assert (await done(w, id, {"resize": {"flavorRef": larger}}))["status"] == "VERIFY_RESIZE"
    assert (await done(w, id, {"revertResize": None}))["flavor"]["disk"] == 2


def test_each_step_of_a_rebuild_and_a_resize_is_told_as_a_later_task_or_an_equal_one() -> None:
    order = {
        REBUILD_SERVER: ["rebuilding", "rebuild_block_device_mapping", "rebuild_spawning"],
        RESIZE_SERVER: ["resize_prep", "resize_migrating", "resize_migrated", "resize_finish"],
    }
    for saga, tasks in order.items():
        told = [LATER_TASKS.get(f"{saga.kind}/{step.name}", tasks[0]) for step in saga.steps]
        assert told == sorted(told, key=tasks.index)
        assert set(told) == set(tasks)
