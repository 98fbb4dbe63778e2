"""Stop, start, reboot, pause, unpause: one call to the host, then the state that follows from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.compute.drivers.interface import Hypervisor, Pauses
from haneul.services.compute.model.servers import PowerState, VmState
from haneul.services.compute.store.servers import SERVERS, find_server

STOP_TIMEOUT_S = 60.0


class Change(msgspec.Struct, frozen=True):
    server_id: str
    host: str


async def become(ctx: Context, server_id: str, state: VmState, power: int, **more: Any) -> None:
    """The server is in that state, and nothing is wrong with it."""
    changes = {"vm_state": state, "power_state": power, "fault": None, "updated_at": ctx.now(), **more}
    server = await find_server(ctx.tx, server_id)
    await SERVERS.update(ctx.tx, msgspec.structs.replace(server, **changes))


async def become_active(ctx: Context, change: Change) -> None:
    """The row says that the server runs."""
    await become(ctx, change.server_id, VmState.ACTIVE, PowerState.RUNNING)


async def become_stopped(ctx: Context, change: Change) -> None:
    """The row says that the server is off."""
    await become(ctx, change.server_id, VmState.STOPPED, PowerState.SHUTDOWN)


async def become_paused(ctx: Context, change: Change) -> None:
    """The row says that the server stands still."""
    await become(ctx, change.server_id, VmState.PAUSED, PowerState.PAUSED)


async def shut_down(ctx: Context, change: Change) -> None:
    """The machine is off: by its guest within the time it has, by force after that."""
    await ctx.agent(change.host, Hypervisor).shut_down(change.server_id, STOP_TIMEOUT_S)


async def power_on(ctx: Context, change: Change) -> None:
    """The machine runs as it was last described."""
    await ctx.agent(change.host, Hypervisor).ensure_started(change.server_id)


async def reboot(ctx: Context, change: Change) -> None:
    """The machine has started anew; its guest was asked to shut down first."""
    await ctx.agent(change.host, Hypervisor).reboot(change.server_id, soft=True)


async def reboot_hard(ctx: Context, change: Change) -> None:
    """The machine has started anew, its power cut."""
    await ctx.agent(change.host, Hypervisor).reboot(change.server_id, soft=False)


async def pause(ctx: Context, change: Change) -> None:
    """The machine stands still, with its memory kept."""
    await ctx.agent(change.host, Pauses).pause(change.server_id)


async def unpause(ctx: Context, change: Change) -> None:
    """The machine goes on where it stood still."""
    await ctx.agent(change.host, Pauses).unpause(change.server_id)


async def keep_state(ctx: Context, change: Change, failure: Failure) -> None:
    """The server stays as it was; the operation's record says why."""


Action = Callable[[Context, Change], Awaitable[None]]


def _saga(kind: str, call: Action, become: Action) -> Saga:
    return Saga(
        kind,
        input=Change,
        steps=[Step(call, deadline_s=180), Step(become, joins=True)],
        on_failure=keep_state,
    )


STOP_SERVER = _saga("compute.stop_server", shut_down, become_stopped)
START_SERVER = _saga("compute.start_server", power_on, become_active)
REBOOT_SERVER = _saga("compute.reboot_server", reboot, become_active)
HARD_REBOOT_SERVER = _saga("compute.hard_reboot_server", reboot_hard, become_active)
PAUSE_SERVER = _saga("compute.pause_server", pause, become_paused)
UNPAUSE_SERVER = _saga("compute.unpause_server", unpause, become_active)
