"""Boot a server from a rescue disk, to mend its own; and from its own again.

The rescue disk is made of an image and kept on the host like a root disk, under a name of its own. What the
server is rescued with stands in its row, so a rescued machine that its host lost is rescued once more.
"""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.compute.drivers.interface import Hypervisor, ImageSource, KeepsRootDisks, MachineSpec
from haneul.services.compute.model.machines import rescue_disks, rescued
from haneul.services.compute.model.servers import PowerState, VmState
from haneul.services.compute.sagas import restore_server as restore
from haneul.services.compute.sagas.change_power import STOP_TIMEOUT_S, become
from haneul.services.compute.sagas.restore_server import Lost
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.image import public as image


class RescueDisk(msgspec.Struct, frozen=True):
    connection: dict[str, Any]


class RescueMachine(msgspec.Struct, frozen=True):
    spec: MachineSpec


async def make_rescue_disk(ctx: Context, lost: Lost) -> RescueDisk:
    """The host has the rescue disk; its image may be gone if the host still has that."""
    async with ctx.in_reading() as reading:
        server = await find_server(reading.tx, lost.server_id)
        if server.rescue is None:
            raise DriverError(f"Server {server.id} has nothing to be rescued with.")
        try:
            source = image.source(reading, await image.get(reading, server.rescue.image_id))
        except image.ImageNotFound:
            source = ImageSource()  # the host may have it still
    hypervisor = ctx.agent(lost.host, KeepsRootDisks)
    name = rescue_disks(server.id)
    return RescueDisk(await hypervisor.ensure_root_disk(name, server.rescue.image_id, 0, source))


async def remove_rescue_disk(ctx: Context, lost: Lost) -> None:
    """There is no rescue disk, unless the server is to run from it again."""
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, lost.server_id)
    if server is None or server.vm_state is not VmState.RESCUED:
        await ctx.agent(lost.host, KeepsRootDisks).ensure_root_disk_gone(rescue_disks(lost.server_id))


async def describe_rescue(ctx: Context, lost: Lost, own: MachineSpec, disk: RescueDisk) -> RescueMachine:
    """The machine with the rescue disk in front."""
    server = await find_server(ctx.tx, lost.server_id)
    if server.rescue is None:
        raise DriverError(f"Server {server.id} has nothing to be rescued with.")
    return RescueMachine(rescued(own, server.rescue, disk.connection))


async def shut_down(ctx: Context, lost: Lost) -> None:
    """Its machine does not run; a host that lost it has nothing to do."""
    hypervisor = ctx.agent(lost.host, Hypervisor)
    if lost.server_id in await hypervisor.machines():
        await hypervisor.shut_down(lost.server_id, STOP_TIMEOUT_S)


async def run_as_before(ctx: Context, lost: Lost, own: MachineSpec) -> None:
    """The machine is its own again, and runs if it did."""
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, lost.server_id)
    if server is None or server.vm_state is VmState.RESCUED:
        return
    hypervisor = ctx.agent(lost.host, Hypervisor)
    if server.vm_state is VmState.ACTIVE:
        await hypervisor.ensure_running(own)
    else:
        await hypervisor.ensure_stopped(own)


async def boot(ctx: Context, lost: Lost, machine: RescueMachine) -> None:
    """The machine runs from the rescue disk."""
    await ctx.agent(lost.host, Hypervisor).ensure_running(machine.spec)


async def cut_power(ctx: Context, lost: Lost) -> None:
    """The machine is off, its guest unasked; fine if the host knows none."""
    hypervisor = ctx.agent(lost.host, Hypervisor)
    if lost.server_id in await hypervisor.machines():
        await hypervisor.shut_down(lost.server_id)


async def become_rescued(ctx: Context, lost: Lost) -> None:
    """The row says that the server is being rescued."""
    server = await find_server(ctx.tx, lost.server_id)
    await SERVERS.change(
        ctx, server, vm_state=VmState.RESCUED, power_state=PowerState.RUNNING, launched_at=ctx.now()
    )


async def stay(ctx: Context, lost: Lost, failure: Failure) -> None:
    """The server is what it was; the operation's record says why."""
    server = await SERVERS.get(ctx.tx, lost.server_id)
    if server is not None and server.vm_state is not VmState.RESCUED:
        await SERVERS.update(ctx.tx, msgspec.structs.replace(server, rescue=None))


RESCUE_SERVER = Saga(
    "compute.rescue_server",
    input=Lost,
    steps=[
        *restore.WHAT_IT_STANDS_ON,
        Step(make_rescue_disk, undo=remove_rescue_disk, deadline_s=600),
        Step(describe_rescue, joins=True),
        Step(shut_down, undo=run_as_before, deadline_s=180),
        Step(boot, undo=cut_power),
        Step(become_rescued, joins=True),
    ],
    on_failure=stay,
)


async def forget_rescue(ctx: Context, lost: Lost) -> None:
    """The row says that the server runs by itself, and has nothing to be rescued with."""
    await become(ctx, lost.server_id, VmState.ACTIVE, PowerState.RUNNING, rescue=None)


async def stay_rescued(ctx: Context, lost: Lost, failure: Failure) -> None:
    """The server can be unrescued again; the operation's record says why it could not be."""


UNRESCUE_SERVER = Saga(
    "compute.unrescue_server",
    input=Lost,
    steps=[
        *restore.WHAT_IT_STANDS_ON,
        Step(shut_down, deadline_s=180),
        Step(restore.run_again),
        Step(forget_rescue, joins=True),
        Step(remove_rescue_disk),
    ],
    on_failure=stay_rescued,
)
