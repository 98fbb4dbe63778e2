"""Bring a shelved server back: placed like a new one, with the disks, volumes and ports that it had."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.drivers.interface import KeepsRootDisks
from haneul.services.compute.events import ServerActive
from haneul.services.compute.model.servers import PowerState, VmState
from haneul.services.compute.sagas import create_server as create
from haneul.services.compute.sagas import restore_server as restore
from haneul.services.compute.sagas.create_server import NewServer, RootDisk
from haneul.services.compute.sagas.restore_server import Devices, Lost
from haneul.services.compute.sagas.shelve_server import discard_kept_disk
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.image import public as image


async def disconnect(ctx: Context, lost: Lost, devices: Devices) -> None:
    """The host reaches none of the server's volumes."""
    for device in devices.devices:
        await block_storage.disconnect(ctx, device.volume_id, lost.host)


async def complete(ctx: Context, lost: Lost, devices: Devices) -> None:
    """All volumes of the server are in use by it, on this host."""
    for device in devices.devices:
        await block_storage.complete(ctx, device.attachment_id, lost.host, device.device)


async def leave_host(ctx: Context, lost: Lost) -> None:
    """The server's volumes stay its own and are on no host."""
    await block_storage.leave_host(ctx, lost.server_id)


async def make_root_disk(ctx: Context, lost: Lost) -> RootDisk:
    """The disk that was shelved is on the host, unless it is a volume; so are the empty ones, made anew."""
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, lost.server_id)
        if server is None:
            return RootDisk(None)
        source = None
        if server.shelved_image_id is not None:
            source = image.source(reading, await image.get(reading, server.shelved_image_id))
    size_gb, image_id, made = server.flavor.disk_gb, server.shelved_image_id, None
    if source is not None and image_id is not None:
        made = await ctx.agent(lost.host, KeepsRootDisks).ensure_root_disk(
            server.id, image_id, size_gb, source
        )
    return RootDisk(made, await create.local_disks(ctx, lost.host, server.id, server.local_disks))


async def become_active(ctx: Context, lost: Lost) -> None:
    """The server is what it was before it was shelved, and the image that kept its disk is gone."""
    server = await find_server(ctx.tx, lost.server_id)
    await discard_kept_disk(ctx, server)
    await SERVERS.change(
        ctx,
        server,
        vm_state=VmState.ACTIVE,
        power_state=PowerState.RUNNING,
        shelved_image_id=None,
        launched_at=ctx.now(),
        fault=None,
    )
    await ctx.emit(ServerActive(server.id, lost.host))


async def stay_shelved(ctx: Context, new: NewServer, failure: Failure) -> None:
    """The server can be unshelved again; the operation's record says why it could not be."""


UNSHELVE_SERVER = Saga(
    "compute.unshelve_server",
    input=NewServer,
    steps=[
        Step(create.place, undo=create.release),
        Step(restore.find_devices),
        Step(restore.reconnect, undo=disconnect),
        Step(complete, undo=leave_host),
        Step(create.bind_ports, undo=create.unbind_ports),
        Step(restore.rewire, undo=create.unwire_ports),
        Step(make_root_disk, undo=create.remove_root_disk, deadline_s=600),
        Step(restore.describe_again),
        Step(create.spawn, undo=create.remove),
        Step(become_active, joins=True),
    ],
    on_failure=stay_shelved,
    elsewhere=create.place,
)
