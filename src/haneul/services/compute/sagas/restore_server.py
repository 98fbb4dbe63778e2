"""Run a server again whose machine was lost, as after a restart of its host.

What it stands on is ensured anew, in the same order as at its creation; nothing is placed or claimed.
"""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.drivers.interface import Hypervisor, ImageSource, KeepsRootDisks, MachineSpec
from haneul.services.compute.model.block_devices import LocalDisk
from haneul.services.compute.model.machines import describe
from haneul.services.compute.model.metadata import documents
from haneul.services.compute.model.servers import BlockDevice, FlavorSnapshot, PowerState, VmState
from haneul.services.compute.sagas.create_server import Connections, RootDisk, Wires, local_disks
from haneul.services.compute.sagas.guests import attached_volumes, guest_of
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.image import public as image
from haneul.services.network import public as network


class Lost(msgspec.Struct, frozen=True):
    server_id: str
    host: str


class Devices(msgspec.Struct, frozen=True):
    """Every volume that is attached now, in the order of the devices."""

    devices: list[BlockDevice]


class Size(msgspec.Struct, frozen=True):
    flavor: FlavorSnapshot
    local_disks: list[LocalDisk]


async def find_devices(ctx: Context, lost: Lost) -> Devices:
    """The volumes that the server has now."""
    server = await find_server(ctx.tx, lost.server_id)
    return Devices(await attached_volumes(ctx, server))


async def reconnect(ctx: Context, lost: Lost, devices: Devices) -> Connections:
    """The host reaches all of these volumes; how, stands in the answer."""
    connections = {}
    for device in devices.devices:
        connections[device.volume_id] = await block_storage.connect(ctx, device.attachment_id, lost.host)
    return Connections(connections)


async def rewire(ctx: Context, lost: Lost) -> Wires:
    """All ports of the server are on the host and active."""
    return Wires(await network.wire_ports(ctx, lost.server_id, lost.host))


async def find_root_disk(ctx: Context, lost: Lost, devices: Devices) -> RootDisk:
    """The disks that the flavor gave are on the host; one that is there already needs no image."""
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, lost.server_id)
        if server is None:
            return RootDisk(None)
        source, image_id = None, server.image_id
        if image_id is not None and all(d.boot_index != 0 for d in devices.devices):
            try:
                source = image.source(reading, await image.get(reading, image_id))
            except image.ImageNotFound:
                source = ImageSource()  # the disk is there already, so it is not needed
    made = None
    if source is not None and image_id is not None:
        hypervisor = ctx.agent(lost.host, KeepsRootDisks)
        made = await hypervisor.ensure_root_disk(server.id, image_id, server.flavor.disk_gb, source)
    return RootDisk(made, await local_disks(ctx, lost.host, server.id, server.local_disks))


async def describe_again(
    ctx: Context, lost: Lost, devices: Devices, connections: Connections, wires: Wires, root: RootDisk
) -> MachineSpec:
    """The machine as its row and what it stands on are now."""
    return await describe_sized(ctx, lost, devices, connections, wires, root)


async def describe_sized(
    ctx: Context,
    lost: Lost,
    devices: Devices,
    connections: Connections,
    wires: Wires,
    root: RootDisk,
    size: Size | None = None,
) -> MachineSpec:
    """The machine of the server, with this size instead of its own."""
    server = await find_server(ctx.tx, lost.server_id)
    server = msgspec.structs.replace(server, block_devices=devices.devices)
    if size is not None:
        server = msgspec.structs.replace(server, flavor=size.flavor, local_disks=size.local_disks)
    files = documents(await guest_of(ctx, server)) if server.has_drive else None
    return describe(server, connections.by_volume, wires.ports, root.connection, root.local, files)


async def run_again(ctx: Context, lost: Lost, machine: MachineSpec) -> None:
    """The machine runs."""
    await ctx.agent(lost.host, Hypervisor).ensure_running(machine)


async def settle(ctx: Context, lost: Lost) -> None:
    """The row says that the server runs, in a new size that is not confirmed if so it was."""
    server = await SERVERS.get(ctx.tx, lost.server_id)
    if server is not None:
        await SERVERS.change(
            ctx,
            server,
            vm_state=VmState.RESIZED if server.resized_from else VmState.ACTIVE,
            power_state=PowerState.RUNNING,
        )


async def keep_trying(ctx: Context, lost: Lost, failure: Failure) -> None:
    """The server stays as it was; the reconciler begins again."""


WHAT_IT_STANDS_ON = (
    Step(find_devices),
    Step(reconnect),
    Step(rewire),
    Step(find_root_disk, deadline_s=600),
    Step(describe_again),
)
"""The host has again all that the machine needs, and the machine is described."""
RESTORE_SERVER = Saga(
    "compute.restore_server",
    input=Lost,
    steps=[*WHAT_IT_STANDS_ON, Step(run_again), Step(settle)],
    on_failure=keep_trying,
)
