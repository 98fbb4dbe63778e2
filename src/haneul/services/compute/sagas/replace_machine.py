"""What rebuilding, resizing and going back have in common: a server's machine makes room for another.

The machine as it was is remembered before it stops; the undos put exactly that back. The root disk is set
aside before another takes its place, and brought back with it.
"""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.services.compute.drivers.interface import Hypervisor, MachineSpec, SetsDisksAside
from haneul.services.compute.model.servers import VmState
from haneul.services.compute.sagas.change_power import STOP_TIMEOUT_S
from haneul.services.compute.sagas.restore_server import Lost


class Former(msgspec.Struct, frozen=True):
    """The machine as its host had it, if it had one."""

    machine: MachineSpec | None
    is_running: bool


class Before(msgspec.Struct, frozen=True):
    """What the server was in before: one that was stopped stays so, any other runs, also one that was in ERROR."""

    vm_state: VmState

    @property
    def shall_run(self) -> bool:
        return self.vm_state is not VmState.STOPPED


async def remember(ctx: Context, lost: Lost) -> Former:
    """The machine as it was, and whether it ran: what the undos put back."""
    hypervisor = ctx.agent(lost.host, Hypervisor)
    machine = await hypervisor.description(lost.server_id)
    return Former(machine, lost.server_id in await hypervisor.running())


async def drop_disk_aside(ctx: Context, lost: Lost) -> None:
    """No disk is aside, also none that an earlier change could not drop or bring back."""
    await ctx.agent(lost.host, SetsDisksAside).drop_root_disk_aside(lost.server_id)


async def stop(ctx: Context, lost: Lost, former: Former) -> None:
    """The machine is off; fine if the host knows none."""
    if former.machine is not None:
        await ctx.agent(lost.host, Hypervisor).shut_down(lost.server_id, STOP_TIMEOUT_S)


async def start_former(ctx: Context, lost: Lost, former: Former) -> None:
    """The machine is again as it was remembered, running or not."""
    if former.machine is None:
        return
    hypervisor = ctx.agent(lost.host, Hypervisor)
    if former.is_running:
        await hypervisor.ensure_running(former.machine)
    else:
        await hypervisor.ensure_stopped(former.machine)


async def bring_disk_back(ctx: Context, lost: Lost) -> None:
    """The disk that was kept aside is the server's again, instead of any other."""
    await ctx.agent(lost.host, SetsDisksAside).bring_root_disk_back(lost.server_id)


async def start_again(ctx: Context, lost: Lost, before: Before, machine: MachineSpec) -> None:
    """The host has this machine instead of the other, and it runs if it shall."""
    hypervisor = ctx.agent(lost.host, Hypervisor)
    await hypervisor.ensure_stopped(machine)
    if before.shall_run:
        await hypervisor.ensure_running(machine)


async def remove(ctx: Context, lost: Lost) -> None:
    """The host neither runs nor knows the machine; its disks stay."""
    await ctx.agent(lost.host, Hypervisor).ensure_gone(lost.server_id)
