"""The watchdog names who holds the loop."""

from __future__ import annotations

import asyncio
import time

from haneul.kernel.tasks import name_task
from haneul.kernel.watchdog import HELD, Watchdog
from tests.waiting import until


def hold(seconds: float) -> None:
    """Compute, and let nobody else run in this thread."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sum(range(100))


async def test_who_holds_the_loop_is_named() -> None:
    watchdog = Watchdog()
    watchdog.start()

    async def work() -> None:
        name_task("compute GET /servers")
        hold(1.0)

    try:
        await asyncio.create_task(work())
        await until(lambda: watchdog.longest_s >= 0.5)
    finally:
        watchdog.stop()
    assert watchdog.holder == "compute GET /servers"
    counts = [s for m in HELD.collect() for s in m.samples if s.name == "haneul_loop_held_seconds_count"]
    assert any(s.labels == {"by": "compute GET /servers"} and s.value >= 1 for s in counts)


async def test_tasks_that_nobody_named_share_one_name() -> None:
    watchdog = Watchdog()
    watchdog.start()
    try:
        await asyncio.create_task(asyncio.to_thread(lambda: None))
        asyncio.get_running_loop().call_soon(hold, 1.0)
        await until(lambda: watchdog.longest_s >= 0.5)
    finally:
        watchdog.stop()
    assert watchdog.holder == "unknown"
