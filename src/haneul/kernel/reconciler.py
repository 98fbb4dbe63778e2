"""What must stay true for ever: functions that look for one gap and close it, by the clock or nudged.

A reconciler takes nothing for granted and remembers nothing; it may run at any time, twice, or late.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from haneul.kernel.auth import SYSTEM
from haneul.kernel.context import NO_TRANSACTION, Context, Platform
from haneul.kernel.db import IN_BACKGROUND
from haneul.kernel.errors import StaleRow
from haneul.kernel.events import Event
from haneul.kernel.tasks import end_all

logger = structlog.get_logger(__name__)

Look = Callable[[Context], Awaitable[None]]
SOON_S = 0.1


@dataclass(frozen=True)
class Reconciler:
    """`look` gets a context without a transaction: it opens its own, and none while it calls hosts."""

    look: Look
    every_s: float
    nudged_by: tuple[type[Event], ...] = ()

    @property
    def name(self) -> str:
        return self.look.__name__


def reconciler(*, every_s: float, nudged_by: tuple[type[Event], ...] = ()) -> Callable[[Look], Reconciler]:
    def declare(look: Look) -> Reconciler:
        return Reconciler(look, every_s, nudged_by)

    return declare


class Runner:
    """Runs the reconcilers of this process, each with one look at a time."""

    def __init__(self, platform: Platform, reconcilers: list[Reconciler]) -> None:
        self.platform = platform
        self.reconcilers = reconcilers
        self._nudges = defaultdict[str, asyncio.Event](asyncio.Event)
        self._looking = defaultdict[str, asyncio.Lock](asyncio.Lock)
        self._tasks: list[asyncio.Task[None]] = []

    def run(self) -> None:
        for each in self.reconcilers:
            for kind in each.nudged_by:
                self.platform.bus.listen(kind, lambda _, name=each.name: self._nudges[name].set())
            self._tasks.append(asyncio.create_task(self._forever(each), name=f"reconciler {each.name}"))

    async def stop(self) -> None:
        await end_all(self._tasks)

    async def look(self, each: Reconciler) -> None:
        """One look, from now; problems are logged and met again at the next look.

        A look that another control plane overtook is begun again soon: what it read is old.
        """
        try:
            async with self._looking[each.name]:
                await each.look(Context(self.platform, SYSTEM, NO_TRANSACTION))
        except StaleRow as stale:
            logger.info("reconciler overtaken", reconciler=each.name, what=str(stale))
            asyncio.get_running_loop().call_later(SOON_S, self._nudges[each.name].set)
        except Exception:
            logger.exception("reconciler failed", reconciler=each.name)

    async def _forever(self, each: Reconciler) -> None:
        IN_BACKGROUND.set(True)
        nudge = self._nudges[each.name]
        while True:
            with contextlib.suppress(TimeoutError):
                # not wait_for: in Python 3.11 it loses a cancellation that comes together with the nudge
                async with asyncio.timeout(each.every_s):
                    await nudge.wait()
            nudge.clear()
            await self.look(each)
