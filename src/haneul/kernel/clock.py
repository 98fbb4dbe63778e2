"""Time, as something that can be replaced: the system's clock, or one that tests push forward."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

import structlog

logger = structlog.get_logger(__name__)


@lru_cache(1 << 14)
def seconds_text(at: datetime) -> str:
    """`2030-01-01T00:00:00Z`: remembered, because lists are asked again and are full of times."""
    return at.isoformat()[:19] + "Z"


@lru_cache(1 << 14)
def microseconds_text(at: datetime) -> str:
    """`2030-01-01T00:00:00.000000`, without a zone."""
    return at.isoformat(timespec="microseconds")[:26]


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, in UTC, with its zone."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


FOLLOW_EVERY_S = 30.0


class StoreClock:
    """The store's time, whatever this machine's clock says: what several control planes agree on.

    The store is asked now and then; between, the time that passed is measured here, by a clock that
    nobody sets. So it is wrong by half a round trip to the store at most, and by what this machine's
    oscillator drifts in half a minute.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[datetime]],
        *,
        here: Callable[[], datetime] = lambda: datetime.now(UTC),
        passed: Callable[[], float] = time.monotonic,
    ) -> None:
        """`here` is this machine's clock, `passed` its measure of time, in seconds."""
        self._ask = ask
        self._passed = passed
        self._start = here() - timedelta(seconds=passed())
        """When our measure of time was zero, by the store's time; until it was asked, by this machine's."""

    async def follow(self) -> None:
        """The time is the store's."""
        before = self._passed()
        theirs = await self._ask()
        self._start = theirs - timedelta(seconds=(before + self._passed()) / 2)

    async def follow_forever(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_EVERY_S)
            try:
                await self.follow()
            except Exception:
                logger.exception("the store could not be asked for the time")

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class VirtualClock:
    """Stands still until `advance` moves it; sleepers wake in the order of their times."""

    def __init__(self, start: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self._count += 1
        waiting = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), self._count, waiting))
        await waiting

    async def advance(self, seconds: float) -> None:
        """Let that much time pass, waking whoever slept until then, one after the other."""
        end = self._now + timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= end:
            self._now, _, waiting = heapq.heappop(self._sleepers)
            if not waiting.done():
                waiting.set_result(None)
            for _ in range(20):  # let the one who woke act before the next one wakes
                await asyncio.sleep(0)
        self._now = end
