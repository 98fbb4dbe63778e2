"""A context's own transactions."""

from __future__ import annotations

import pytest

from haneul.kernel import events
from haneul.kernel.auth import SYSTEM
from haneul.kernel.context import NO_TRANSACTION, Context
from haneul.kernel.errors import BadRequest, StaleRow
from tests.conftest import Cloud


class Tried(events.Event, frozen=True):
    """Somebody tried."""

    attempt: int


class Work:
    """Emits an event in each attempt, and fails with the problems that it was given, one after the other."""

    def __init__(self, *problems: Exception) -> None:
        self._problems = list(problems)
        self.attempts = 0

    async def __call__(self, ctx: Context) -> int:
        self.attempts += 1
        await ctx.emit(Tried(attempt=self.attempts))
        if self._problems:
            raise self._problems.pop(0)
        return self.attempts


async def _kept(cloud: Cloud) -> list[int]:
    async with cloud.platform.db.reading() as tx:
        return [each.payload["attempt"] for each in await events.EVENTS.find(tx) if each.kind == "Tried"]


async def test_work_that_lost_a_race_is_done_again_and_leaves_what_its_last_attempt_wrote(
    cloud: Cloud,
) -> None:
    ctx = Context(cloud.platform, SYSTEM, NO_TRANSACTION)
    assert await ctx.transact(Work(StaleRow(what="thing"), StaleRow(what="thing"))) == 3
    assert await _kept(cloud) == [3]


async def test_work_that_is_refused_is_not_tried_again_and_leaves_nothing(cloud: Cloud) -> None:
    ctx = Context(cloud.platform, SYSTEM, NO_TRANSACTION)
    refused = Work(BadRequest("no"))
    with pytest.raises(BadRequest):
        await ctx.transact(refused)
    assert refused.attempts == 1
    assert await _kept(cloud) == []
