"""Run a server again whose machine was lost, as after a restart of its host.

What it stands on is ensured anew, in the same order as at its creation; nothing is placed or claimed.
"""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.drivers.interface import ImageSource, MachineSpec
from haneul.services.compute.model.machines import describe
from haneul.services.compute.model.metadata import documents
from haneul.services.compute.model.servers import BlockDevice, PowerState, VmState
from haneul.services.compute.sagas.create_server import Connections, RootDisk, Wires
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.image import public as image
from haneul.services.network import public as network


class Lost(msgspec.Struct, frozen=True):
    server_id: str
    host: str


class Devices(msgspec.Struct, frozen=True):
    """Every volume that is attached now, in the order of the devices."""

    devices: list[BlockDevice]


async def find_devices(ctx: Context, lost: Lost) -> Devices:
    server = await find_server(ctx.tx, lost.server_id)
    boot = {d.volume_id: d.boot_index for d in server.block_devices}
    attached = (await block_storage.attachments(ctx, [server.id])).get(server.id, [])
    found = [
        BlockDevice(a.volume_id, a.id, a.device, boot.get(a.volume_id), a.delete_on_termination)
        for a in sorted(attached, key=lambda a: a.device)
    ]
    return Devices(found)


async def reconnect(ctx: Context, lost: Lost, devices: Devices) -> Connections:
    found = {}
    for device in devices.devices:
        found[device.volume_id] = await block_storage.connect(ctx, device.attachment_id, lost.host)
    return Connections(found)


async def rewire(ctx: Context, lost: Lost) -> Wires:
    return Wires(await network.wire_ports(ctx, lost.server_id, lost.host))


async def find_root_disk(ctx: Context, lost: Lost, devices: Devices) -> RootDisk:
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, lost.server_id)
        if server is None or server.image_id is None or any(d.boot_index == 0 for d in devices.devices):
            return RootDisk(None)
        try:
            source = image.source(reading, await image.get(reading, server.image_id))
        except image.ImageNotFound:
            source = ImageSource()  # the disk is there already, so it is not needed
    hypervisor = ctx.agent(lost.host).hypervisor
    made = await hypervisor.ensure_root_disk(server.id, server.image_id, server.flavor.disk_gb, source)
    return RootDisk(made)


async def describe_again(
    ctx: Context, lost: Lost, devices: Devices, connections: Connections, wires: Wires, root: RootDisk
) -> MachineSpec:
    server = await find_server(ctx.tx, lost.server_id)
    server = msgspec.structs.replace(server, block_devices=devices.devices)
    addresses = (await network.addresses(ctx, [server.id])).get(server.id, [])
    files = documents(server, addresses) if server.config_drive else None
    return describe(server, connections.by_volume, wires.ports, root.connection, files)


async def run_again(ctx: Context, lost: Lost, machine: MachineSpec) -> None:
    await ctx.agent(lost.host).hypervisor.ensure_running(machine)


async def settle(ctx: Context, lost: Lost) -> None:
    server = await SERVERS.get(ctx.tx, lost.server_id)
    if server is not None:
        await SERVERS.update(
            ctx.tx,
            msgspec.structs.replace(
                server,
                vm_state=VmState.RESIZED if server.resized_from else VmState.ACTIVE,
                power_state=PowerState.RUNNING,
                updated_at=ctx.now(),
            ),
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
