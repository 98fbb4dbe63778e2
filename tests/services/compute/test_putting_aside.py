"""Servers that are suspended, rescued or shelved, over HTTP and as sagas, on simulated hosts."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.compute.operations import verification
from haneul.services.compute.reconcilers.machines import compare
from haneul.services.compute.sagas.rescue_server import RESCUE_SERVER, UNRESCUE_SERVER
from haneul.services.compute.sagas.shelve_server import SHELVE_SERVER
from haneul.services.compute.sagas.suspend_server import RESUME_SERVER, SUSPEND_SERVER
from haneul.services.compute.sagas.unshelve_server import UNSHELVE_SERVER
from haneul.services.placement import public as placement
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


def hypervisor(w: World, server: dict[str, Any]) -> Any:
    return w.cloud.platform.agents.on(server["OS-EXT-SRV-ATTR:host"]).hypervisor


async def done(w: World, id: str, action: dict[str, Any]) -> dict[str, Any]:
    """The server once the action, which is accepted, has ended."""
    answer = await w.cloud.member.post(f"{BASE}/servers/{id}/action", action, version=V)
    assert answer.status_code == 202, answer.text
    await w.cloud.settled()
    return await w.show(id)


def states(server: dict[str, Any]) -> tuple[str, str, int]:
    return server["status"], server["OS-EXT-STS:vm_state"], server["OS-EXT-STS:power_state"]


async def refusal(w: World, id: str, action: dict[str, Any], version: str = V) -> tuple[int, str]:
    answer = await w.cloud.member.post(f"{BASE}/servers/{id}/action", action, version=version)
    ((_, fault),) = answer.json().items()
    return answer.status_code, fault["message"]


async def looked_at(w: World, server: dict[str, Any]) -> dict[str, Any]:
    """The server after the reconciler looked at its host, and all that came of it has ended."""
    async with w.cloud.platform.context() as ctx:
        await compare(ctx, server["OS-EXT-SRV-ATTR:host"])
    await w.cloud.settled()
    async with w.cloud.platform.reading() as ctx:
        assert await verification.verify(ctx) is None
    return await w.show(server["id"])


# Suspended


async def test_a_suspended_server_resumes(w: World) -> None:
    id = await w.create()
    suspended = await done(w, id, {"suspend": None})
    assert states(suspended) == ("SUSPENDED", "suspended", 4)
    machines = hypervisor(w, suspended)
    assert await machines.machines() == {id: "shutdown"}
    assert states(await looked_at(w, suspended)) == ("SUSPENDED", "suspended", 4)
    resumed = await done(w, id, {"resume": None})
    assert states(resumed) == ("ACTIVE", "active", 1)
    assert resumed["OS-EXT-SRV-ATTR:host"] == suspended["OS-EXT-SRV-ATTR:host"]
    assert (await machines.console_log(id)).count(b"start ") == 1
    actions = (await w.cloud.member.get(f"{BASE}/servers/{id}/os-instance-actions")).json()["instanceActions"]
    assert [a["action"] for a in actions] == ["resume", "suspend", "create"]


async def test_a_suspended_server_may_be_booted_anew_or_deleted(w: World) -> None:
    id = await w.create()
    suspended = await done(w, id, {"suspend": None})
    assert states(await done(w, id, {"reboot": {"type": "HARD"}})) == ("ACTIVE", "active", 1)
    assert (await hypervisor(w, suspended).console_log(id)).count(b"start ") == 2
    await done(w, id, {"suspend": None})
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 204
    await w.cloud.settled()
    assert await hypervisor(w, suspended).machines() == {}


async def test_only_running_servers_are_suspended_and_only_suspended_ones_resumed(w: World) -> None:
    id = await w.create()
    told = f"Cannot '{{}}' instance {id} while it is in vm_state {{}}"
    assert await refusal(w, id, {"resume": None}) == (409, told.format("resume", "active"))
    await done(w, id, {"suspend": None})
    assert await refusal(w, id, {"suspend": None}) == (409, told.format("suspend", "suspended"))
    for action in ("os-start", "os-stop", "pause", "unpause"):
        name = action.removeprefix("os-")
        assert await refusal(w, id, {action: None}) == (409, told.format(name, "suspended"))
    soft = {"reboot": {"type": "SOFT"}}
    assert await refusal(w, id, soft) == (409, told.format("reboot", "suspended"))
    await done(w, id, {"lock": None})
    assert await refusal(w, id, {"resume": None}) == (409, f"Instance {id} is locked")
    assert await w.act(id, {"resume": None}, w.cloud.stranger) == 404
    assert await w.act(id, {"resume": None}, w.cloud.reader) == 403


async def test_a_server_that_could_not_be_suspended_runs_on(w: World) -> None:
    id = await w.create()
    server = await w.show(id)
    for host in w.cloud.hosts:
        (await w.cloud.agent.driver(host, "hypervisor")).knobs.fail["suspend"] = -1
    assert states(await done(w, id, {"suspend": None})) == ("ACTIVE", "active", 1)
    assert await hypervisor(w, server).machines() == {id: "running"}


async def test_suspending_and_resuming_as_sagas(w: World) -> None:
    id = await w.create()

    async def suspend() -> None:
        assert await w.act(id, {"suspend": None}) == 202

    async def resume() -> None:
        assert await w.act(id, {"resume": None}) == 202

    async def kept() -> Any:
        server = await w.show(id)
        return states(server), await hypervisor(w, server).machines()

    await assert_unwinds(w.cloud, SUSPEND_SERVER, suspend, kept)
    await assert_repeatable(w.cloud, SUSPEND_SERVER, suspend)
    await assert_unwinds(w.cloud, RESUME_SERVER, resume, kept)
    await assert_repeatable(w.cloud, RESUME_SERVER, resume)
    assert await kept() == (("ACTIVE", "active", 1), {id: "running"})


# Rescued


async def disks(w: World, server: dict[str, Any]) -> list[tuple[str, int | None]]:
    """The disks of the server's machine, in the order in which its guest counts those that boot."""
    driver = await w.cloud.agent.driver(server["OS-EXT-SRV-ATTR:host"], "hypervisor")
    return [(d.id.removeprefix(server["id"]), d.boot_index) for d in driver.spec(server["id"]).disks]


async def rescue_image(w: World, **properties: str) -> str:
    who = w.cloud.member
    image = {"name": "rescue", "disk_format": "raw", "container_format": "bare"}
    made = await who.post("/image/v2/images", image | properties)
    assert made.status_code == 201, made.text
    id: str = made.json()["id"]
    headers = {"Content-Type": "application/octet-stream"}
    put = await who.call("PUT", f"/image/v2/images/{id}/file", content=bytes(65536), headers=headers)
    assert put.status_code == 204, put.text
    return id


async def rescue(w: World, id: str, given: Any = None, version: str = V) -> dict[str, Any]:
    """The server once it is rescued."""
    answer = await w.cloud.member.post(f"{BASE}/servers/{id}/action", {"rescue": given}, version=version)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"adminPass": (given or {}).get("adminPass", answer.json()["adminPass"])}
    await w.cloud.settled()
    return await w.show(id)


async def root_disks(w: World, server: dict[str, Any]) -> set[str]:
    driver = await w.cloud.agent.driver(server["OS-EXT-SRV-ATTR:host"], "hypervisor")
    return {key.removeprefix(server["id"]) for key in driver._disks.entries}


async def test_a_rescued_server_boots_from_another_disk_and_then_from_its_own(w: World) -> None:
    id = await w.create()
    image = await rescue_image(w)
    rescued = await rescue(w, id, {"rescue_image_ref": image, "adminPass": "secret"})
    assert states(rescued) == ("RESCUE", "rescued", 1)
    assert rescued["image"]["id"] == w.image
    assert await disks(w, rescued) == [("-rescue", 0), ("-root", 1)]
    assert await root_disks(w, rescued) == {"/root", "-rescue/root"}
    own = await done(w, id, {"unrescue": None})
    assert states(own) == ("ACTIVE", "active", 1)
    assert await disks(w, own) == [("-root", 0)]
    assert await root_disks(w, own) == {"/root"}
    actions = (await w.cloud.member.get(f"{BASE}/servers/{id}/os-instance-actions")).json()["instanceActions"]
    assert [a["action"] for a in actions] == ["unrescue", "rescue", "create"]


async def test_a_stopped_server_is_rescued_with_the_image_it_was_made_of(w: World) -> None:
    id = await w.create()
    await done(w, id, {"os-stop": None})
    assert states(await rescue(w, id)) == ("RESCUE", "rescued", 1)
    assert states(await done(w, id, {"unrescue": None})) == ("ACTIVE", "active", 1)


async def test_a_rescued_machine_that_is_lost_is_rescued_again(w: World) -> None:
    id = await w.create()
    rescued = await rescue(w, id)
    await hypervisor(w, rescued).ensure_gone(id)
    again = await looked_at(w, rescued)
    assert states(again) == ("RESCUE", "rescued", 1)
    assert await disks(w, again) == [("-rescue", 0), ("-root", 1)]


async def test_a_deleted_server_leaves_no_rescue_disk(w: World) -> None:
    id = await w.create()
    rescued = await rescue(w, id)
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 204
    await w.cloud.settled()
    assert await hypervisor(w, rescued).machines() == {}
    assert await root_disks(w, rescued) == set()


async def test_servers_on_volumes_are_rescued_with_images_made_for_it(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])
    volume = (await w.show(id))["os-extended-volumes:volumes_attached"][0]["id"]
    told = (400, f"Instance {id} cannot be rescued: Cannot rescue a volume-backed instance")
    plain = {"rescue_image_ref": await rescue_image(w)}
    made_for_it = {"rescue_image_ref": await rescue_image(w, hw_rescue_bus="virtio", hw_rescue_device="disk")}
    assert await refusal(w, id, {"rescue": None}, "compute 2.87") == told
    assert await refusal(w, id, {"rescue": plain}, "compute 2.87") == told
    assert await refusal(w, id, {"rescue": made_for_it}, "compute 2.86") == told
    rescued = await rescue(w, id, made_for_it, "compute 2.87")
    assert states(rescued) == ("RESCUE", "rescued", 1)
    assert await disks(w, rescued) == [(volume, -1), ("-rescue", 0)]
    assert await disks(w, await done(w, id, {"unrescue": None})) == [(volume, 0)]


async def test_what_cannot_be_rescued(w: World) -> None:
    id = await w.create()
    nowhere = "11111111-1111-1111-1111-111111111111"
    for given, why in (
        ({"rescue_image_ref": nowhere}, f"Requested rescue image '{nowhere}' is not supported"),
        (
            {"rescue_image_ref": "x"},
            "Invalid input for field/attribute rescue_image_ref. Value: x. 'x' is not a 'uuid'",
        ),
    ):
        assert await refusal(w, id, {"rescue": given}) == (400, why)
    for given in ([], {"foo": 1}, {"adminPass": 5}):
        assert (await refusal(w, id, {"rescue": given}))[0] == 400
    assert await w.act(id, {"rescue": None}, w.cloud.stranger) == 404
    assert await w.act(id, {"rescue": None}, w.cloud.reader) == 403
    told = f"Cannot '{{}}' instance {id} while it is in vm_state {{}}"
    assert await refusal(w, id, {"unrescue": None}) == (409, told.format("unrescue", "active"))
    await rescue(w, id)
    for action in ("rescue", "suspend", "os-start", "os-stop", "pause"):
        name = action.removeprefix("os-")
        assert await refusal(w, id, {action: None}) == (409, told.format(name, "rescued"))
    hard = {"reboot": {"type": "HARD"}}
    assert await refusal(w, id, hard) == (409, told.format("reboot", "rescued"))


@pytest.mark.parametrize("is_stopped", [False, True])
async def test_rescuing_and_unrescuing_as_sagas(w: World, is_stopped: bool) -> None:
    id = await w.create()
    if is_stopped:
        await done(w, id, {"os-stop": None})

    async def begin() -> None:
        assert await w.act(id, {"rescue": None}) == 200

    async def end() -> None:
        assert await w.act(id, {"unrescue": None}) == 202

    async def kept() -> Any:
        server = await w.show(id)
        machines = await hypervisor(w, server).machines()
        return states(server), machines, await disks(w, server), await root_disks(w, server)

    await assert_unwinds(w.cloud, RESCUE_SERVER, begin, kept)
    await assert_repeatable(w.cloud, RESCUE_SERVER, begin)
    await assert_repeatable(w.cloud, UNRESCUE_SERVER, end)
    assert await kept() == (("ACTIVE", "active", 1), {id: "running"}, [("-root", 0)], {"/root"})


# Shelved


async def on_hosts(w: World) -> Any:
    """What every host holds, what is claimed on it, and which images there are."""
    machines: dict[str, Any] = {}
    root_disks: set[str] = set()
    ports: set[str] = set()
    for host in w.cloud.hosts:
        on = w.cloud.platform.agents.on(host)
        machines |= await on.hypervisor.machines()
        root_disks |= set((await w.cloud.agent.driver(host, "hypervisor"))._disks.entries)
        ports |= (await on.network.inventory()).ports
    async with w.cloud.platform.reading() as ctx:
        assert await verification.verify(ctx) is None
        used = sum(
            inventory.used
            for classes in (await placement.inventories(ctx)).values()
            for inventory in classes.values()
        )
    return machines, root_disks, ports, used


async def images(w: World, name: str = "s-shelved") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await w.cloud.member.get(f"/image/v2/images?name={name}")).json()["images"]
    return found


NOTHING: Any = ({}, set(), set(), 0)


async def test_a_shelved_server_is_on_no_host_and_comes_back(w: World) -> None:
    id = await w.create()
    before = await on_hosts(w)
    shelved = await done(w, id, {"shelve": None})
    assert states(shelved) == ("SHELVED_OFFLOADED", "shelved_offloaded", 4)
    assert (shelved["OS-EXT-SRV-ATTR:host"], shelved["hostId"]) == (None, "")
    assert shelved["OS-EXT-AZ:availability_zone"] == ""
    assert await on_hosts(w) == NOTHING
    (image,) = await images(w)
    assert (image["status"], image["instance_uuid"], image["base_image_ref"]) == ("active", id, w.image)
    back = await done(w, id, {"unshelve": None})
    assert states(back) == ("ACTIVE", "active", 1)
    assert back["addresses"] == shelved["addresses"] != {}
    assert await on_hosts(w) == before
    assert await images(w) == []
    actions = (await w.cloud.member.get(f"{BASE}/servers/{id}/os-instance-actions")).json()["instanceActions"]
    assert [a["action"] for a in actions] == ["unshelve", "shelve", "create"]


async def test_a_shelved_server_on_volumes_needs_no_image(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])
    before = await disks(w, await w.show(id))
    ((volume, _),) = before

    async def status() -> Any:
        return (await w.cloud.member.get(f"/volume/v3/volumes/{volume}")).json()["volume"]["status"]

    await done(w, id, {"shelve": None})
    assert await on_hosts(w) == NOTHING
    assert (await images(w), await status()) == ([], "reserved")
    assert await disks(w, await done(w, id, {"unshelve": None})) == before
    assert await status() == "in-use"


async def test_volumes_come_and_go_while_a_server_is_shelved(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])
    root = (await w.show(id))["os-extended-volumes:volumes_attached"][0]["id"]
    made = [(await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})).json() for _ in "ab"]
    kept, given_back = (each["volume"]["id"] for each in made)
    await done(w, id, {"shelve": None})
    path = f"{BASE}/servers/{id}/os-volume_attachments"
    for volume in (kept, given_back):
        body = {"volumeAttachment": {"volumeId": volume}}
        assert (await w.cloud.member.post(path, body, version="compute 2.19")).status_code == 409
        assert (await w.cloud.member.post(path, body, version="compute 2.20")).status_code == 200
    for volume, version, status in (
        (given_back, "2.19", 409),
        (given_back, "2.20", 202),
        (root, "2.20", 400),
    ):
        answer = await w.cloud.member.delete(f"{path}/{volume}", version=f"compute {version}")
        assert answer.status_code == status, answer.text
    assert await disks(w, await done(w, id, {"unshelve": None})) == [(root, 0), (kept, None)]
    for volume, status in ((kept, "in-use"), (given_back, "available")):
        found = (await w.cloud.member.get(f"/volume/v3/volumes/{volume}")).json()["volume"]
        assert found["status"] == status


@pytest.mark.parametrize("action", [{"os-stop": None}, {"pause": None}, {"suspend": None}])
async def test_servers_that_do_not_run_are_shelved_too(w: World, action: dict[str, Any]) -> None:
    id = await w.create()
    await done(w, id, action)
    assert states(await done(w, id, {"shelve": None}))[0] == "SHELVED_OFFLOADED"
    assert await on_hosts(w) == NOTHING
    assert states(await done(w, id, {"unshelve": None})) == ("ACTIVE", "active", 1)


async def test_a_shelved_server_that_is_deleted_leaves_no_image(w: World) -> None:
    id = await w.create()
    await done(w, id, {"shelve": None})
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 204
    await w.cloud.settled()
    assert (await on_hosts(w), await images(w)) == (NOTHING, [])


async def test_what_a_shelved_server_refuses(w: World) -> None:
    id = await w.create()
    told = f"Cannot '{{}}' instance {id} while it is in vm_state {{}}"
    assert await refusal(w, id, {"unshelve": None}) == (409, told.format("unshelve", "active"))
    await done(w, id, {"shelve": None})
    for action in ("shelve", "suspend", "rescue", "pause"):
        assert await refusal(w, id, {action: None}) == (409, told.format(action, "shelved_offloaded"))
    for action in ("os-start", "os-stop"):
        assert await refusal(w, id, {action: None}) == (409, f"Instance {id} is not ready")
    assert await w.act(id, {"shelveOffload": None}) == 403
    assert await w.act(id, {"shelveOffload": None}, w.cloud.admin) == 409
    assert await w.act(id, {"unshelve": None}, w.cloud.stranger) == 404


async def test_a_server_is_unshelved_where_it_is_asked_for(w: World) -> None:
    id = await w.create()
    await done(w, id, {"shelve": None})
    no_zone = (400, "The requested availability zone is not available")
    assert await refusal(w, id, {"unshelve": {"availability_zone": "x"}}, "compute 2.77") == no_zone
    for given in ({}, {"availability_zone": None}, {"host": "x"}):
        assert (await refusal(w, id, {"unshelve": given}, "compute 2.77"))[0] == 400
    for given in ({"foo": 1}, {"host": 5}, {"availability_zone": 5}, "x"):
        assert (await refusal(w, id, {"unshelve": given}, "compute 2.91"))[0] == 400
    host = w.cloud.hosts[-1]
    assert (await refusal(w, id, {"unshelve": {"host": host}}, "compute 2.91"))[0] == 403

    async def by_admin(given: dict[str, Any]) -> Any:
        path = f"{BASE}/servers/{id}/action"
        return await w.cloud.admin.post(path, {"unshelve": given}, version="compute 2.91")

    answer = await by_admin({"host": "x"})
    assert answer.json()["badRequest"]["message"] == "Compute host x could not be found."
    assert (await by_admin({"host": host, "availability_zone": "nova"})).status_code == 202
    await w.cloud.settled()
    assert (await w.show(id))["OS-EXT-SRV-ATTR:host"] == host


async def test_a_machine_that_a_dead_host_kept_of_a_shelved_server_is_removed(w: World) -> None:
    id = await w.create()
    server = await w.show(id)
    driver = await w.cloud.agent.driver(server["OS-EXT-SRV-ATTR:host"], "hypervisor")
    driver.knobs.fail["ensure_gone"] = 1
    assert states(await done(w, id, {"shelve": None}))[0] == "SHELVED_OFFLOADED"
    assert await driver.machines() == {id: "shutdown"}
    await looked_at(w, server)
    assert await driver.machines() == {}
    assert states(await done(w, id, {"unshelve": None})) == ("ACTIVE", "active", 1)


async def test_shelving_and_unshelving_as_sagas(w: World) -> None:
    id = await w.create(block_device_mapping_v2=[w.root_volume(boot_index=1, source_type="blank", uuid=None)])

    async def shelve() -> None:
        assert await w.act(id, {"shelve": None}) == 202

    async def unshelve() -> None:
        assert await w.act(id, {"unshelve": None}) == 202

    async def kept() -> Any:
        return states(await w.show(id)), await on_hosts(w), len(await images(w))

    tidying = ("remove_machine", "remove_wires")
    await assert_unwinds(w.cloud, SHELVE_SERVER, shelve, kept, except_for=tidying)
    await assert_repeatable(w.cloud, SHELVE_SERVER, shelve)
    assert (await on_hosts(w), len(await images(w))) == (NOTHING, 1)
    await assert_unwinds(w.cloud, UNSHELVE_SERVER, unshelve, kept)
    await assert_repeatable(w.cloud, UNSHELVE_SERVER, unshelve)
    assert (states(await w.show(id))[0], await images(w)) == ("ACTIVE", [])
