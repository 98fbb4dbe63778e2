"""After a resize: keep the new size, or go back to the old one.

Confirming drops the disk that was kept aside and gives the old size's room back. Reverting brings the disk
back; from then on what was written since the resize is lost. A revert that fails leaves the server as
resized, and may be asked again: what has been brought back already stays.
"""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.compute.drivers.interface import MachineSpec
from haneul.services.compute.model.servers import PowerState, Server, VmState
from haneul.services.compute.sagas import replace_machine as machines
from haneul.services.compute.sagas.create_server import Connections, RootDisk, Wires, consumer_of
from haneul.services.compute.sagas.replace_machine import Before
from haneul.services.compute.sagas.resize_server import own_disks, sized
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


async def keep_new_size(ctx: Context, lost: Lost) -> None:
    """The row knows the new size only, and the room for the old one is free. Fine if it was so already."""
    server = await find_server(ctx.tx, lost.server_id)
    if server.resized_from is None:
        return
    server = await keep_size(ctx, server)
    is_off = server.power_state == PowerState.SHUTDOWN
    await SERVERS.change(ctx, server, vm_state=VmState.STOPPED if is_off else VmState.ACTIVE)


async def keep_size(ctx: Context, server: Server) -> Server:
    """The server with nothing held for another size; to be stored by the caller."""
    await placement.release(ctx, server.former_claim_id)
    return msgspec.structs.replace(sized(server, server.flavor), resized_from=None)


async def stay_resized(ctx: Context, lost: Lost, failure: Failure) -> None:
    """The server still waits for the decision; the operation's record says why."""


CONFIRM_RESIZE = Saga(
    "compute.confirm_resize",
    input=Lost,
    steps=[Step(machines.drop_disk_aside), Step(keep_new_size, joins=True)],
    on_failure=stay_resized,
)


async def read_former_state(ctx: Context, lost: Lost) -> Before:
    """The state to which the server goes back: the one in which it was resized."""
    was = (await find_server(ctx.tx, lost.server_id)).resized_from
    return Before(was.vm_state if was is not None else VmState.STOPPED)


async def bring_back(ctx: Context, lost: Lost) -> None:
    """The disk as it was before the resize is the server's again; what was written since is lost."""
    await machines.bring_disk_back(ctx, lost)


async def find_old_disk(ctx: Context, lost: Lost, devices: Devices) -> RootDisk:
    """The disks that the old flavor gave are on the host."""
    async with ctx.in_reading() as reading:
        server = await find_server(reading.tx, lost.server_id)
    had = server.resized_from.local_disks if server.resized_from else server.local_disks
    return await own_disks(ctx, lost, devices, 0, had)


async def describe_former(
    ctx: Context, lost: Lost, devices: Devices, connections: Connections, wires: Wires, root: RootDisk
) -> MachineSpec:
    """The machine in the old size, once more if the row has gone back already."""
    was = (await find_server(ctx.tx, lost.server_id)).resized_from
    size = Size(was.flavor, was.local_disks) if was else None
    return await describe_sized(ctx, lost, devices, connections, wires, root, size)


async def return_to_old_size(ctx: Context, lost: Lost, before: Before) -> None:
    """The row has the old flavor, the room of the old size is the server's, the other's is free."""
    server = await find_server(ctx.tx, lost.server_id)
    was = server.resized_from
    if was is None:
        return
    await placement.take_over(ctx, server.former_claim_id, consumer_of(server))
    await SERVERS.change(
        ctx,
        sized(server, was.flavor),
        resized_from=None,
        local_disks=was.local_disks,
        vm_state=VmState.ACTIVE if before.shall_run else VmState.STOPPED,
        power_state=PowerState.RUNNING if before.shall_run else PowerState.SHUTDOWN,
        launched_at=ctx.now(),
    )


REVERT_RESIZE = Saga(
    "compute.revert_resize",
    input=Lost,
    steps=[
        Step(read_former_state),
        Step(machines.remember),
        Step(find_devices),
        Step(reconnect),
        Step(rewire),
        Step(machines.stop, undo=machines.start_former, deadline_s=180),
        Step(bring_back),
        Step(find_old_disk),
        Step(describe_former),
        Step(machines.start_again, undo=machines.remove),
        Step(return_to_old_size, joins=True),
    ],
    on_failure=stay_resized,
)
