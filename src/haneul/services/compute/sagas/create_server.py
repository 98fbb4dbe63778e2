"""Bring an accepted server to life.

Place and claim first, then what it stands on (volumes, ports, root disk), then the machine. A host that
fails is excluded and placing runs again. What was accepted is never lost: on failure the server stays,
in ERROR, with the step and the reason; deleting it cleans up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError, Waiting
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import errors
from haneul.services.compute.drivers.interface import Hypervisor, KeepsRootDisks, MachineSpec
from haneul.services.compute.events import ServerActive, ServerFailed
from haneul.services.compute.model.block_devices import LocalDisk
from haneul.services.compute.model.machines import describe
from haneul.services.compute.model.metadata import documents
from haneul.services.compute.model.servers import BUILD, Fault, FlavorSnapshot, PowerState, Server, VmState
from haneul.services.compute.sagas.guests import guest_of
from haneul.services.compute.store.server_groups import SERVER_GROUPS
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.image import public as image
from haneul.services.network import public as network
from haneul.services.placement import public as placement

HOSTS_START_S = 30
"""How long a server waits for the first sign of life of any host."""


class NewServer(msgspec.Struct, frozen=True):
    server_id: str
    impossible: str | None = None
    """Why it cannot be built as asked; upstream accepts such servers too, and their owners find them in ERROR."""


class Claim(msgspec.Struct, frozen=True):
    host: str
    decision: placement.Decision


class Connections(msgspec.Struct, frozen=True):
    """How the host reaches each volume, by volume id."""

    by_volume: dict[str, dict[str, Any]]


class Wires(msgspec.Struct, frozen=True):
    ports: list[network.WiredPort]


class RootDisk(msgspec.Struct, frozen=True):
    """The disks that the host itself keeps for the server."""

    connection: dict[str, Any] | None
    """None: the root disk is a volume."""
    local: dict[str, dict[str, Any]] = {}
    """The empty ones, by name."""


async def place(ctx: Context, new: NewServer) -> Claim:
    """The server has a host and holds its room there.

    Waiting while hosts may still report after a start, NoValidHost with the decision if none fits.
    """
    if new.impossible is not None:
        raise errors.CannotBeBuilt(why=new.impossible)
    server = await find_server(ctx.tx, new.server_id)
    wish = placement.Wish(
        needs(server, server.flavor),
        zone=server.zone,
        host=server.wanted_host,
        excluded=list(ctx.operation.excluded),
        **await _group(ctx, server.group_id, server.id),
    )
    await ctx.tx.lock("placement")
    decision = await placement.place(ctx, wish, consumer_of(server))
    if decision.chosen is None and _is_early(ctx, server.created_at, decision):
        raise Waiting(what="every host", state="silent")
    if decision.chosen is None:
        raise errors.NoValidHost(why=decision.remedy or "", decision=msgspec.to_builtins(decision))
    await SERVERS.update(ctx.tx, msgspec.structs.replace(server, host=decision.chosen))
    return Claim(decision.chosen, decision)


def needs(server: Server, flavor: FlavorSnapshot) -> dict[str, int]:
    """What the server takes of its host with this flavor."""
    resources = {"VCPU": flavor.vcpus, "MEMORY_MB": flavor.memory_mib}
    local_gb = flavor.ephemeral_gb + (0 if server.boots_from_volume else flavor.disk_gb)
    local_gb += -(-flavor.swap_mib // 1024)
    if local_gb:
        resources["DISK_GB"] = local_gb
    return resources


def consumer_of(server: Server) -> placement.Consumer:
    """Who holds room on hosts for this server."""
    return placement.Consumer(server.id, server.project_id, server.user_id, "INSTANCE", 1)


def _is_early(ctx: Context, accepted_at: datetime, decision: placement.Decision) -> bool:
    """Whether the hosts may only be starting themselves: all are silent, and it is soon after acceptance."""
    is_silent = all(r.check == "alive" for r in decision.refusals)
    return is_silent and ctx.now() - accepted_at < timedelta(seconds=HOSTS_START_S)


async def _group(ctx: Context, group_id: str | None, server_id: str) -> dict[str, list[str]]:
    """What the server group asks of the host."""
    group = await SERVER_GROUPS.get(ctx.tx, group_id) if group_id else None
    if group is None:
        return {}
    members = await SERVERS.among(ctx.tx, "id", [m for m in group.members if m != server_id])
    hosts = sorted({m.host for m in members if m.host})
    if group.policy == "anti-affinity":
        return {"apart_from": hosts}
    if group.policy == "affinity":
        return {"together_with": hosts}
    return {}


async def release(ctx: Context, new: NewServer) -> None:
    """The server holds no room, and is on no host."""
    await placement.release(ctx, new.server_id)
    server = await SERVERS.get(ctx.tx, new.server_id)
    if server is not None and server.host is not None:
        await SERVERS.update(ctx.tx, msgspec.structs.replace(server, host=None))


async def await_volumes(ctx: Context, new: NewServer) -> None:
    """Every volume of the server is made; Waiting while one is not, DriverError if one failed."""
    server = await SERVERS.get(ctx.tx, new.server_id)
    for device in server.block_devices if server else ():
        status = await block_storage.volume_status(ctx, device.volume_id)
        if status.startswith("error"):
            raise DriverError(f"Volume {device.volume_id} is in {status}.")
        if status in ("creating", "downloading"):
            raise Waiting(what=f"volume {device.volume_id}", state=status)


async def connect_volumes(ctx: Context, new: NewServer, claim: Claim) -> Connections:
    """The host reaches all volumes of the server; how, stands in the answer by volume."""
    connections = {}
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, new.server_id)
    for device in server.block_devices if server else ():
        connections[device.volume_id] = await block_storage.connect(ctx, device.attachment_id, claim.host)
    return Connections(connections)


async def disconnect_volumes(ctx: Context, new: NewServer, claim: Claim) -> None:
    """The host reaches no volume of the server any more."""
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, new.server_id)
    for device in server.block_devices if server else ():
        await block_storage.disconnect(ctx, device.volume_id, claim.host)


async def complete_volumes(ctx: Context, new: NewServer, claim: Claim) -> None:
    """All volumes of the server are in use by it."""
    server = await SERVERS.get(ctx.tx, new.server_id)
    for device in server.block_devices if server else ():
        await block_storage.complete(ctx, device.attachment_id, claim.host, device.device)


async def bind_ports(ctx: Context, new: NewServer, claim: Claim) -> None:
    """The server's ports belong on the host; nothing is made there yet."""
    await network.bind_ports(ctx, new.server_id, claim.host)


async def unbind_ports(ctx: Context, new: NewServer) -> None:
    """The server's ports are on no host, and keep their addresses."""
    await network.unbind_ports(ctx, new.server_id)


async def wire_ports(ctx: Context, new: NewServer, claim: Claim) -> Wires:
    """All ports of the server are on the host and active."""
    return Wires(await network.wire_ports(ctx, new.server_id, claim.host))


async def unwire_ports(ctx: Context, new: NewServer, claim: Claim) -> None:
    """The host has none of the server's ports."""
    await network.unwire_ports(ctx, new.server_id, claim.host)


async def make_root_disk(ctx: Context, new: NewServer, claim: Claim) -> RootDisk:
    """The host has the disks that the flavor gives: the root disk from its image (none where a volume is booted),
    ephemeral and swap.
    """
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, new.server_id)
        if server is None:
            return RootDisk(None)
        source, image_id = None, server.image_id
        if image_id is not None and not server.boots_from_volume:
            source = image.source(reading, await image.get(reading, image_id))
    made = None
    if source is not None and image_id is not None:
        hypervisor = ctx.agent(claim.host, KeepsRootDisks)
        made = await hypervisor.ensure_root_disk(server.id, image_id, server.flavor.disk_gb, source)
    return RootDisk(made, await local_disks(ctx, claim.host, server.id, server.local_disks))


async def local_disks(
    ctx: Context, host: str, server_id: str, disks: Sequence[LocalDisk]
) -> dict[str, dict[str, Any]]:
    """The connections of these empty disks, which are on the host; those that were there keep their data."""
    hypervisor = ctx.agent(host, KeepsRootDisks)
    return {
        disk.name: await hypervisor.ensure_blank_disk(server_id, disk.name, disk.size_mib, disk.format)
        for disk in disks
    }


async def remove_root_disk(ctx: Context, new: NewServer, claim: Claim) -> None:
    """The host has none of the disks that the flavor gave."""
    await ctx.agent(claim.host, KeepsRootDisks).ensure_root_disk_gone(new.server_id)


async def describe_machine(
    ctx: Context, new: NewServer, connections: Connections, wires: Wires, root: RootDisk
) -> MachineSpec:
    """The machine as the host is to run it, with the drive of documents if the server has one."""
    server = await find_server(ctx.tx, new.server_id)
    files = documents(await guest_of(ctx, server)) if server.has_drive else None
    return describe(server, connections.by_volume, wires.ports, root.connection, root.local, files)


async def spawn(ctx: Context, claim: Claim, machine: MachineSpec) -> None:
    """The machine runs."""
    await ctx.agent(claim.host, Hypervisor).ensure_running(machine)


async def remove(ctx: Context, new: NewServer, claim: Claim) -> None:
    """The host neither runs nor knows the machine; its disks are other steps'."""
    await ctx.agent(claim.host, Hypervisor).ensure_gone(new.server_id)


async def mark_active(ctx: Context, new: NewServer, claim: Claim) -> None:
    """The row says that the server runs, without any fault; whoever listens learns it."""
    server = await find_server(ctx.tx, new.server_id)
    await SERVERS.change(
        ctx,
        server,
        vm_state=VmState.ACTIVE,
        power_state=PowerState.RUNNING,
        launched_at=ctx.now(),
        fault=None,
    )
    await ctx.emit(ServerActive(server.id, claim.host))


async def mark_error(ctx: Context, new: NewServer, failure: Failure) -> None:
    """The row says ERROR, and what failed in which step; its owner is told the public part.

    Nothing if it was deleted meanwhile.
    """
    server = await SERVERS.get(ctx.tx, new.server_id)
    if server is None:
        return
    fault = Fault(
        500,
        failure.public_message,
        ctx.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"in step {failure.step}: {failure.message}",
    )
    await SERVERS.change(ctx, server, vm_state=VmState.ERROR, power_state=PowerState.NOSTATE, fault=fault)
    await ctx.emit(ServerFailed(server.id, failure.message))


CREATE_SERVER = Saga(
    BUILD,
    input=NewServer,
    steps=[
        Step(place, undo=release),
        Step(await_volumes, deadline_s=600),
        Step(connect_volumes, undo=disconnect_volumes),
        Step(complete_volumes, joins=True),
        Step(bind_ports, undo=unbind_ports, joins=True),
        Step(wire_ports, undo=unwire_ports),
        Step(make_root_disk, undo=remove_root_disk, deadline_s=600),
        Step(describe_machine, joins=True),
        Step(spawn, undo=remove),
        Step(mark_active, joins=True),
    ],
    on_failure=mark_error,
    elsewhere=place,
)
