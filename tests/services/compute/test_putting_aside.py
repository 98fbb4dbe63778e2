"""Servers that are suspended, rescued or shelved, over HTTP and as sagas, on simulated hosts."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.compute import public as compute
from haneul.services.compute.reconcilers.machines import compare
from haneul.services.compute.sagas.suspend_server import RESUME_SERVER, SUSPEND_SERVER
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
        assert await compute.verify(ctx) is None
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
