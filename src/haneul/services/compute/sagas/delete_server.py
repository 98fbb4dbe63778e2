"""Take a server away, whatever state it is in.

Deleting supersedes all else, so nothing is assumed of how far the server had come: every step names
what must be gone, and takes it calmly if it is. A host that is down cannot be asked; what it still runs
is a stray, and removed when it comes back.
"""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import HostUnreachable
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.drivers.interface import Hypervisor, KeepsRootDisks
from haneul.services.compute.events import ServerDeleted
from haneul.services.compute.model.machines import rescue_disks
from haneul.services.compute.model.past_servers import past
from haneul.services.compute.model.servers import Fault, Server, VmState
from haneul.services.compute.sagas.shelve_server import discard_kept_disk
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.compute.store.server_groups import SERVER_GROUPS
from haneul.services.compute.store.servers import CONSOLE_TOKENS, SERVERS
from haneul.services.network import public as network
from haneul.services.placement import public as placement


class Doomed(msgspec.Struct, frozen=True):
    server_id: str


class Whereabouts(msgspec.Struct, frozen=True):
    """Where the server may have left something; no host if it never got to one, or that is down."""

    host: str | None
    volumes: list[str]


async def find(ctx: Context, doomed: Doomed) -> Whereabouts:
    """Where the machine is (None: nowhere that could be asked now), and the volumes it has."""
    server = await SERVERS.get(ctx.tx, doomed.server_id)
    attached = (await block_storage.attachments(ctx, [doomed.server_id])).get(doomed.server_id, [])
    volumes = [a.volume_id for a in attached]
    if server is None or server.host is None or not await _is_up(ctx, server.host):
        return Whereabouts(None, volumes)
    return Whereabouts(server.host, volumes)


async def _is_up(ctx: Context, host: str) -> bool:
    there = await placement.host(ctx, host)
    return there is not None and placement.is_up(there, ctx.now())


async def _still_up(ctx: Context, host: str) -> bool:
    async with ctx.in_reading() as reading:
        return await _is_up(reading, host)


async def remove_machine(ctx: Context, doomed: Doomed, where: Whereabouts) -> None:
    """The host has neither the machine nor its disks; one that went down meanwhile is left to the search for strays."""
    if where.host is None:
        return
    hypervisor = ctx.agent(where.host, Hypervisor)
    try:
        await hypervisor.ensure_gone(doomed.server_id)
        await ctx.agent(where.host, KeepsRootDisks).ensure_root_disk_gone(rescue_disks(doomed.server_id))
        await ctx.agent(where.host, KeepsRootDisks).ensure_root_disk_gone(doomed.server_id)
    except HostUnreachable:
        if await _still_up(ctx, where.host):
            raise


async def remove_wires(ctx: Context, doomed: Doomed, where: Whereabouts) -> None:
    """The host reaches none of the server's ports and volumes; one that went down meanwhile is left as it is."""
    if where.host is None:
        return
    try:
        await network.unwire_ports(ctx, doomed.server_id, where.host)
        for volume_id in where.volumes:
            await block_storage.disconnect(ctx, volume_id, where.host)
    except HostUnreachable:
        if await _still_up(ctx, where.host):
            raise


async def forget(ctx: Context, doomed: Doomed, where: Whereabouts) -> None:
    """The row is gone, and whatever was the server's alone: ports, volumes, room, consoles, its place in a group.

    Its use stays on record.
    """
    server = await SERVERS.get(ctx.tx, doomed.server_id)
    await network.release_ports(ctx, doomed.server_id)
    await block_storage.delete_for_server(ctx, doomed.server_id)
    await placement.release(ctx, doomed.server_id)
    await CONSOLE_TOKENS.remove(ctx.tx, server_id=doomed.server_id)
    if server is not None:
        await discard_kept_disk(ctx, server)
        await placement.release(ctx, server.former_claim_id)
        await _leave_group(ctx, server)
        await PAST_SERVERS.add(ctx.tx, past(server, ctx.now()))
    await SERVERS.remove(ctx.tx, id=doomed.server_id)
    await ctx.emit(ServerDeleted(doomed.server_id))


async def _leave_group(ctx: Context, server: Server) -> None:
    group = await SERVER_GROUPS.get(ctx.tx, server.group_id) if server.group_id else None
    if group is not None:
        members = [m for m in group.members if m != server.id]
        await SERVER_GROUPS.update(ctx.tx, msgspec.structs.replace(group, members=members))


async def mark_error(ctx: Context, doomed: Doomed, failure: Failure) -> None:
    """The row says ERROR and why it could not be deleted; deleting may be asked for again."""
    server = await SERVERS.get(ctx.tx, doomed.server_id)
    if server is not None:
        at = ctx.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        fault = Fault(500, failure.public_message, at, f"in step {failure.step}: {failure.message}")
        await SERVERS.change(ctx, server, vm_state=VmState.ERROR, fault=fault)


DELETE_SERVER = Saga(
    "compute.delete_server",
    input=Doomed,
    steps=[Step(find), Step(remove_machine), Step(remove_wires), Step(forget, joins=True)],
    on_failure=mark_error,
)
