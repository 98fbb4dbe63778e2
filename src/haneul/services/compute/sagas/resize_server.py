"""Give a server another flavor, on the host where it is.

The room of both sizes is held until the resize is confirmed or reverted: the old one by a consumer of its
own. A copy of the root disk is kept aside as it is when the server stops, then the disk grows. A resize that
fails leaves the server as it was.

The server stays on its host, since a root disk cannot be sent to another one yet.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.compute import errors
from haneul.services.compute.drivers.interface import ImageSource, KeepsRootDisks, MachineSpec, SetsDisksAside
from haneul.services.compute.model.block_devices import LocalDisk, resized
from haneul.services.compute.model.servers import (
    BlockDevice,
    FlavorSnapshot,
    PowerState,
    Resized,
    Server,
    VmState,
)
from haneul.services.compute.sagas import replace_machine as machines
from haneul.services.compute.sagas.create_server import (
    Claim,
    Connections,
    RootDisk,
    Wires,
    consumer_of,
    local_disks,
    needs,
)
from haneul.services.compute.sagas.replace_machine import Before
from haneul.services.compute.sagas.restore_server import (
    Devices,
    Lost,
    Size,
    describe_sized,
    find_devices,
    reconnect,
    rewire,
)
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.placement import public as placement


class Resize(msgspec.Struct, frozen=True):
    server_id: str
    host: str
    vm_state: VmState
    """What it was in before."""
    flavor: FlavorSnapshot
    """What it shall have."""


async def place(ctx: Context, resize: Resize) -> Claim:
    """The host has room for the new size beside the old, and keeps both."""
    server = await find_server(ctx.tx, resize.server_id)
    disks_of_new_size(server, resize.flavor)
    await ctx.tx.lock("placement")
    former = server.former_claim_id
    if not await placement.holds(ctx, former):
        holder = placement.Consumer(former, server.project_id, server.user_id, "MIGRATION", 1)
        await placement.take_over(ctx, server.id, holder)
    wish = placement.Wish(needs(server, resize.flavor), host=resize.host)
    decision = await placement.place(ctx, wish, consumer_of(server))
    if decision.chosen is None:
        raise errors.NoValidHost(why=decision.remedy or "", decision=msgspec.to_builtins(decision))
    return Claim(decision.chosen, decision)


async def release_new_size(ctx: Context, resize: Resize) -> None:
    """The server holds its old room only, which was kept for it."""
    server = await SERVERS.get(ctx.tx, resize.server_id)
    if server is not None:
        await placement.take_over(ctx, server.former_claim_id, consumer_of(server))


async def keep_disk(ctx: Context, resize: Resize) -> None:
    """A copy of the root disk, as it is now, is kept aside."""
    await ctx.agent(resize.host, SetsDisksAside).set_root_disk_aside(resize.server_id, copied=True)


def disks_of_new_size(
    server: Server, flavor: FlavorSnapshot, devices: Sequence[BlockDevice] = ()
) -> list[LocalDisk]:
    """The empty disks of the server once it has the flavor; DriverError where they would shrink."""
    root = server.root_device
    try:
        return resized(server.local_disks, flavor, {root, *(d.device for d in devices)}, root=root)
    except ValueError as refusal:
        raise DriverError(str(refusal)) from None


async def grow_disk(ctx: Context, lost: Lost, resize: Resize, devices: Devices) -> RootDisk:
    """The disks are as large as the new flavor says."""
    async with ctx.in_reading() as reading:
        server = await find_server(reading.tx, lost.server_id)
    wanted = disks_of_new_size(server, resize.flavor, devices.devices)
    return await own_disks(ctx, lost, devices, resize.flavor.disk_gb, wanted)


async def own_disks(
    ctx: Context, lost: Lost, devices: Devices, size_gb: int, wanted: Sequence[LocalDisk]
) -> RootDisk:
    """The root disk that is there already, at least that large, and these; nothing is fetched."""
    async with ctx.in_reading() as reading:
        server = await find_server(reading.tx, lost.server_id)
    made = None
    if server.image_id is not None and all(d.boot_index != 0 for d in devices.devices):
        hypervisor = ctx.agent(lost.host, KeepsRootDisks)
        made = await hypervisor.ensure_root_disk(server.id, server.image_id, size_gb, ImageSource())
    return RootDisk(made, await local_disks(ctx, lost.host, server.id, wanted))


async def describe_resized(
    ctx: Context,
    lost: Lost,
    resize: Resize,
    devices: Devices,
    connections: Connections,
    wires: Wires,
    root: RootDisk,
) -> MachineSpec:
    """The machine in the new size."""
    server = await find_server(ctx.tx, lost.server_id)
    wanted = disks_of_new_size(server, resize.flavor, devices.devices)
    return await describe_sized(ctx, lost, devices, connections, wires, root, Size(resize.flavor, wanted))


async def mark_resized(ctx: Context, resize: Resize, before: Before, devices: Devices) -> None:
    """The row has the new flavor, and remembers the old one until somebody confirms or reverts."""
    server = await find_server(ctx.tx, resize.server_id)
    if server.resized_from is None:
        was = Resized(server.flavor, resize.vm_state, server.local_disks)
        await SERVERS.change(
            ctx,
            server,
            flavor=resize.flavor,
            local_disks=disks_of_new_size(server, resize.flavor, devices.devices),
            resized_from=was,
            vm_state=VmState.RESIZED,
            power_state=PowerState.RUNNING if before.shall_run else PowerState.SHUTDOWN,
            launched_at=ctx.now(),
        )


async def remain(ctx: Context, resize: Resize, failure: Failure) -> None:
    """The server is what it was, and counts so; the operation's record says why."""
    server = await SERVERS.get(ctx.tx, resize.server_id)
    if server is not None:
        await SERVERS.update(ctx.tx, sized(server, server.flavor))


def sized(server: Server, flavor: FlavorSnapshot) -> Server:
    """The server with this flavor, and counted so by the quota."""
    return msgspec.structs.replace(server, flavor=flavor, vcpus=flavor.vcpus, memory_mib=flavor.memory_mib)


RESIZE_SERVER = Saga(
    "compute.resize_server",
    input=Resize,
    steps=[
        Step(place, undo=release_new_size),
        Step(machines.remember),
        Step(machines.drop_disk_aside),
        Step(machines.stop, undo=machines.start_former, deadline_s=180),
        Step(keep_disk, undo=machines.bring_disk_back, deadline_s=900),
        Step(find_devices),
        Step(reconnect),
        Step(rewire),
        Step(grow_disk),
        Step(describe_resized),
        Step(machines.start_again, undo=machines.remove),
        Step(mark_resized, joins=True),
    ],
    on_failure=remain,
)
