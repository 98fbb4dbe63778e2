"""Reconcilers: when they look, one look at a time, and what a look that fails leads to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from haneul.kernel.clock import SystemClock
from haneul.kernel.context import Context, Platform
from haneul.kernel.db import open_database
from haneul.kernel.errors import StaleRow
from haneul.kernel.events import Event
from haneul.kernel.policy import Policy
from haneul.kernel.reconciler import Reconciler, Runner
from tests.waiting import until

NEVER_S = 3600


class Something(Event, frozen=True):
    """Happened."""


Run = Callable[[Reconciler], Runner]


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    db = open_database(f"sqlite:///{tmp_path}/test.db")
    await db.start()
    yield Platform(db, SystemClock(), Policy.build([]))
    await db.close()


@pytest.fixture
async def run(platform: Platform) -> AsyncIterator[Run]:
    runners = []

    def start(reconciler: Reconciler) -> Runner:
        runner = Runner(platform, [reconciler])
        runner.run()
        runners.append(runner)
        return runner

    yield start
    for each in runners:
        await each.stop()


async def test_one_looks_by_the_clock_and_when_nudged(platform: Platform, run: Run):
    often, nudged = list[int](), list[int]()

    async def by_the_clock(_: Context) -> None:
        often.append(1)

    async def by_an_event(_: Context) -> None:
        nudged.append(1)

    run(Reconciler(by_the_clock, 0.01))
    run(Reconciler(by_an_event, NEVER_S, (Something,)))
    await until(lambda: len(often) > 2)
    assert not nudged
    platform.bus.publish(Something())
    await until(lambda: len(nudged) == 1)


async def test_there_is_one_look_at_a_time(run: Run):
    looking, most, ended = 0, 0, 0

    async def look(_: Context) -> None:
        nonlocal looking, most, ended
        looking += 1
        most = max(most, looking)
        await asyncio.sleep(0.01)
        looking -= 1
        ended += 1

    each = Reconciler(look, NEVER_S)
    runner = run(each)
    await asyncio.gather(*(runner.look(each) for _ in range(5)))
    assert (most, ended) == (1, 5)


@pytest.mark.parametrize(("error", "looks"), [(StaleRow(what="a row"), 2), (RuntimeError("broken"), 1)])
async def test_a_look_that_was_overtaken_is_begun_again_soon(
    platform: Platform, run: Run, error: Exception, looks: int
):
    seen = list[int]()

    async def look(_: Context) -> None:
        seen.append(1)
        if len(seen) == 1:
            raise error

    run(Reconciler(look, NEVER_S, (Something,)))
    await asyncio.sleep(0)
    platform.bus.publish(Something())
    await until(lambda: len(seen) == looks)
    await asyncio.sleep(0.3)
    assert len(seen) == looks


async def test_a_look_that_fails_keeps_none_from_the_next(run: Run):
    seen = list[int]()

    async def look(_: Context) -> None:
        seen.append(1)
        raise RuntimeError("broken")

    run(Reconciler(look, 0.01))
    await until(lambda: len(seen) > 3)
