"""Suspend a server to its host's disk, and let it run on from there.

The host keeps the guest's memory; what the server claims there stays its own. A host may have been
restarted in between, so what the machine stands on is ensured anew before it resumes.
"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.saga import Saga, Step
from haneul.services.compute.drivers.interface import Hypervisor, MachineSpec, Suspends
from haneul.services.compute.model.servers import PowerState, VmState
from haneul.services.compute.sagas import restore_server as restore
from haneul.services.compute.sagas.change_power import Change, become, keep_state
from haneul.services.compute.sagas.restore_server import Lost

MEMORY_S = 900
"""How long the memory of the largest guests may take to be written or read."""


async def suspend(ctx: Context, change: Change) -> None:
    """The guest's memory is on the host's disk, and the machine off."""
    await ctx.agent(change.host, Suspends).suspend(change.server_id)


async def run_on(ctx: Context, change: Change) -> None:
    """A machine that was suspended runs; one that is in another state stays in it."""
    hypervisor = ctx.agent(change.host, Hypervisor)
    if (await hypervisor.machines()).get(change.server_id) in ("shutdown", "paused"):
        await ctx.agent(change.host, Suspends).resume(change.server_id)


async def become_suspended(ctx: Context, change: Change) -> None:
    """The row says that the server is suspended."""
    await become(ctx, change.server_id, VmState.SUSPENDED, PowerState.SHUTDOWN)


SUSPEND_SERVER = Saga(
    "compute.suspend_server",
    input=Change,
    steps=[Step(suspend, undo=run_on, deadline_s=MEMORY_S), Step(become_suspended, joins=True)],
    on_failure=keep_state,
)


async def resume(ctx: Context, lost: Lost, machine: MachineSpec) -> None:
    """The machine runs on where it was suspended, with the volumes and ports that were ensured anew."""
    await ctx.agent(lost.host, Suspends).resume(lost.server_id, machine)


async def suspend_again(ctx: Context, lost: Lost) -> None:
    """A machine that runs is suspended; one that could not be resumed still is."""
    hypervisor = ctx.agent(lost.host, Hypervisor)
    if lost.server_id in await hypervisor.running():
        await ctx.agent(lost.host, Suspends).suspend(lost.server_id)


RESUME_SERVER = Saga(
    "compute.resume_server",
    input=Lost,
    steps=[
        *restore.WHAT_IT_STANDS_ON,
        Step(resume, undo=suspend_again, deadline_s=MEMORY_S),
        Step(restore.settle, joins=True),
    ],
    on_failure=restore.keep_trying,
)
