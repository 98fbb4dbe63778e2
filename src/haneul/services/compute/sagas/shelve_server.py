"""Put a server away: its root disk becomes an image, and no host has anything of it any more.

A server on a volume needs no image. Once the row says that the server is shelved, its host only has to be
tidied; a host that is down meanwhile is tidied when it is back, as of any other stray machine.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, HostUnreachable
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.drivers.interface import Hypervisor, KeepsRootDisks, Pauses
from haneul.services.compute.model.servers import PowerState, Server, VmState
from haneul.services.compute.sagas.change_power import STOP_TIMEOUT_S
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.image import public as image
from haneul.services.network import public as network
from haneul.services.placement import public as placement


class Shelving(msgspec.Struct, frozen=True):
    server_id: str
    host: str
    image_id: str | None
    """The image that waits for the root disk; None: that is a volume."""


class Exported(msgspec.Struct, frozen=True):
    path: str | None
    """The root disk's content on the host; None: that is a volume."""


async def _is_shelved(ctx: Context, id: str) -> bool:
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, id)
    return server is None or server.vm_state is VmState.SHELVED_OFFLOADED


async def shut_down(ctx: Context, shelving: Shelving) -> None:
    """It does not run; the memory of a suspended one is kept until there is no way back."""
    hypervisor = ctx.agent(shelving.host, Hypervisor)
    if shelving.server_id in await hypervisor.running():
        await hypervisor.shut_down(shelving.server_id, STOP_TIMEOUT_S)


async def run_as_before(ctx: Context, shelving: Shelving) -> None:
    """The machine runs, or stands still, if it did before; it was shut down for nothing."""
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, shelving.server_id)
    if server is None or server.vm_state not in (VmState.ACTIVE, VmState.PAUSED):
        return
    hypervisor = ctx.agent(shelving.host, Hypervisor)
    await hypervisor.ensure_started(server.id)
    if server.vm_state is VmState.PAUSED:
        await ctx.agent(shelving.host, Pauses).pause(server.id)


async def export(ctx: Context, shelving: Shelving) -> Exported:
    """The host has a file with the root disk's content; none is needed of a server on a volume."""
    if shelving.image_id is None:
        return Exported(None)
    hypervisor = ctx.agent(shelving.host, KeepsRootDisks)
    return Exported(await hypervisor.export_root_disk(shelving.server_id, shelving.image_id))


async def remove_export(ctx: Context, shelving: Shelving) -> None:
    """The host has no such file, unless the server is shelved already: its disks go then, and this with them."""
    if shelving.image_id is not None and not await _is_shelved(ctx, shelving.server_id):
        hypervisor = ctx.agent(shelving.host, KeepsRootDisks)
        await hypervisor.ensure_export_gone(shelving.server_id, shelving.image_id)


async def store(ctx: Context, shelving: Shelving, exported: Exported) -> None:
    """The image that the server will come back from is active."""
    if shelving.image_id is not None and exported.path is not None:
        await image.store_file(ctx.platform, ctx.auth, shelving.image_id, Path(exported.path))


async def become_shelved(ctx: Context, shelving: Shelving) -> None:
    """No host has it any more, as far as anybody asks."""
    server = await find_server(ctx.tx, shelving.server_id)
    await network.unbind_ports(ctx, server.id)
    await block_storage.leave_host(ctx, server.id)
    await placement.release(ctx, server.id)
    await SERVERS.change(
        ctx,
        server,
        vm_state=VmState.SHELVED_OFFLOADED,
        power_state=PowerState.SHUTDOWN,
        host=None,
        shelved_image_id=shelving.image_id,
    )


async def remove_machine(ctx: Context, shelving: Shelving) -> None:
    """The host has neither the machine nor its disks. One that cannot be reached is tidied when it is back."""
    hypervisor = ctx.agent(shelving.host, Hypervisor)
    try:
        await hypervisor.ensure_gone(shelving.server_id)
        await ctx.agent(shelving.host, KeepsRootDisks).ensure_root_disk_gone(shelving.server_id)
    except HostUnreachable:
        return


async def remove_wires(ctx: Context, shelving: Shelving) -> None:
    """The host reaches none of the server's ports and volumes. One that cannot be reached is tidied later."""
    async with ctx.in_reading() as reading:
        had = (await block_storage.attachments(reading, [shelving.server_id])).get(shelving.server_id, [])
    try:
        await network.unwire_ports(ctx, shelving.server_id, shelving.host)
        for each in had:
            await block_storage.disconnect(ctx, each.volume_id, shelving.host)
    except HostUnreachable:
        return


async def discard_kept_disk(ctx: Context, server: Server) -> None:
    """The image that kept a shelved server's root disk is gone, unless it is not the asker's to delete."""
    if server.shelved_image_id is not None:
        with contextlib.suppress(Forbidden):  # who shelved it keeps the image
            await image.discard(ctx, server.shelved_image_id)


async def stay(ctx: Context, shelving: Shelving, failure: Failure) -> None:
    """The server stays as it was, and nothing is left of the image."""
    server = await SERVERS.get(ctx.tx, shelving.server_id)
    is_shelved = server is not None and server.vm_state is VmState.SHELVED_OFFLOADED
    if shelving.image_id is not None and not is_shelved:
        await image.discard(ctx, shelving.image_id)


SHELVE_SERVER = Saga(
    "compute.shelve_server",
    input=Shelving,
    steps=[
        Step(shut_down, undo=run_as_before, deadline_s=180),
        Step(export, undo=remove_export, deadline_s=900),
        Step(store, deadline_s=900),
        Step(become_shelved),
        Step(remove_machine),
        Step(remove_wires),
    ],
    on_failure=stay,
)
