"""Give a server a volume, take one away, and make an image of its root disk or of its volumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError, Waiting
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.drivers.interface import Hypervisor, KeepsRootDisks
from haneul.services.compute.model.machines import disk_bus, volume_disk
from haneul.services.compute.model.servers import tagged
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.image import public as image


class Attach(msgspec.Struct, frozen=True):
    server_id: str
    host: str
    volume_id: str
    attachment_id: str
    device: str


class Connection(msgspec.Struct, frozen=True):
    how: dict[str, Any]


async def connect(ctx: Context, attach: Attach) -> Connection:
    """The host reaches the volume; how, stands in the answer."""
    return Connection(await block_storage.connect(ctx, attach.attachment_id, attach.host))


async def disconnect(ctx: Context, attach: Attach) -> None:
    """The host reaches the volume no longer."""
    await block_storage.disconnect(ctx, attach.volume_id, attach.host)


async def plug(ctx: Context, attach: Attach, connection: Connection) -> None:
    """The machine has the disk, on the bus that its image asks for, and after every later start."""
    async with ctx.in_reading() as reading:
        server = await find_server(reading.tx, attach.server_id)
    disk = volume_disk(attach.volume_id, connection.how, bus=disk_bus(server, attach.volume_id))
    await ctx.agent(attach.host, Hypervisor).attach_disk(attach.server_id, disk)


async def unplug(ctx: Context, attach: Attach) -> None:
    """The machine has let go of the disk; fails while the guest holds it."""
    await ctx.agent(attach.host, Hypervisor).detach_disk(attach.server_id, attach.volume_id)


async def complete(ctx: Context, attach: Attach) -> None:
    """The volume is in use by the server, under the device's name."""
    await block_storage.complete(ctx, attach.attachment_id, attach.host, attach.device)


async def give_up(ctx: Context, attach: Attach, failure: Failure) -> None:
    """The volume is free again, as if nobody had attached it."""
    await block_storage.detach(ctx, attach.volume_id, attach.server_id)


ATTACH_VOLUME = Saga(
    "compute.attach_volume",
    input=Attach,
    steps=[Step(connect, undo=disconnect), Step(plug, undo=unplug), Step(complete, joins=True)],
    on_failure=give_up,
)


async def replug(ctx: Context, attach: Attach) -> None:
    """The server has the volume again, as if nobody had asked to take it away."""
    await plug(ctx, attach, await connect(ctx, attach))


async def forget(ctx: Context, attach: Attach) -> None:
    """The volume is free, and the server's row knows nothing of it: no device, tag or bus."""
    await block_storage.detach(ctx, attach.volume_id, attach.server_id)
    server = await SERVERS.get(ctx.tx, attach.server_id)
    if server is not None:
        devices = [d for d in server.block_devices if d.volume_id != attach.volume_id]
        left = msgspec.structs.replace(server, block_devices=devices)
        buses = {id: bus for id, bus in server.disk_buses.items() if id != attach.volume_id}
        left = msgspec.structs.replace(tagged(left, attach.volume_id, None), disk_buses=buses)
        await SERVERS.update(ctx.tx, left)


async def keep(ctx: Context, attach: Attach, failure: Failure) -> None:
    """The volume stays attached; the operation's record says why."""
    await block_storage.roll_detaching(ctx, attach.volume_id, attach.server_id)


DETACH_VOLUME = Saga(
    "compute.detach_volume",
    input=Attach,
    steps=[Step(unplug, undo=replug), Step(disconnect), Step(forget, joins=True)],
    on_failure=keep,
)


class Snapshot(msgspec.Struct, frozen=True):
    server_id: str
    host: str
    image_id: str


class Exported(msgspec.Struct, frozen=True):
    path: str


async def export(ctx: Context, snapshot: Snapshot) -> Exported:
    """The host has a file with the root disk's content as of now."""
    hypervisor = ctx.agent(snapshot.host, KeepsRootDisks)
    return Exported(await hypervisor.export_root_disk(snapshot.server_id, snapshot.image_id))


async def remove_export(ctx: Context, snapshot: Snapshot) -> None:
    """The host has no such file any more."""
    await ctx.agent(snapshot.host, KeepsRootDisks).ensure_export_gone(snapshot.server_id, snapshot.image_id)


async def store(ctx: Context, snapshot: Snapshot, exported: Exported) -> None:
    """The image is active and has what was exported."""
    await image.store_file(ctx.platform, ctx.auth, snapshot.image_id, Path(exported.path))


async def report_failure(ctx: Context, snapshot: Snapshot, failure: Failure) -> None:
    """There is no such image: one that cannot be finished would wait for ever."""
    await image.discard(ctx, snapshot.image_id)


SNAPSHOT_SERVER = Saga(
    "compute.snapshot_server",
    input=Snapshot,
    steps=[
        Step(export, undo=remove_export, deadline_s=900),
        Step(store, deadline_s=900),
        Step(remove_export),
    ],
    on_failure=report_failure,
)


class VolumesSnapshot(msgspec.Struct, frozen=True):
    server_id: str
    image_id: str
    snapshot_ids: list[str]


async def await_snapshots(ctx: Context, made: VolumesSnapshot) -> None:
    """Every snapshot is available; waits for those being made, fails at one that went wrong."""
    for id in made.snapshot_ids:
        status = await block_storage.snapshot_status(ctx, id)
        if status == "creating":
            raise Waiting(what=f"snapshot {id}", state=status)
        if status != "available":
            raise DriverError(f"Snapshot {id} is in {status}.")


async def activate(ctx: Context, made: VolumesSnapshot) -> None:
    """The image is active; it has no data, only the names of the snapshots."""
    async with ctx.in_reading() as reading:
        is_stored = (await image.get(reading, made.image_id)).status == "active"
    if not is_stored:
        await image.store_nothing(ctx.platform, ctx.auth, made.image_id)


async def drop_snapshots(ctx: Context, made: VolumesSnapshot, failure: Failure) -> None:
    """Neither the image nor any of its snapshots is left."""
    await image.discard(ctx, made.image_id)
    for id in made.snapshot_ids:
        await block_storage.discard_snapshot(ctx, id)


SNAPSHOT_VOLUMES = Saga(
    "compute.snapshot_volumes",
    input=VolumesSnapshot,
    steps=[Step(await_snapshots, deadline_s=900), Step(activate)],
    on_failure=drop_snapshots,
)
