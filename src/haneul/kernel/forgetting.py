"""Old rows are forgotten in several small transactions, so that nobody waits long for the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Rows

AT_ONCE = 1000
"""So many rows are forgotten in one transaction."""


async def forget(ctx: Context, rows: Rows[Any], field: str, before: datetime | str) -> int:
    """Objects whose field is less than that are gone, each few of them in a transaction; how many."""
    forgotten = 0

    async def some(writing: Context) -> bool:
        nonlocal forgotten
        now = await rows.remove_before(writing.tx, field, before, most=AT_ONCE)
        forgotten += now
        return now == AT_ONCE

    await in_batches(ctx, some)
    return forgotten


async def in_batches(ctx: Context, some: Callable[[Context], Awaitable[bool]]) -> None:
    """`some` was called in a transaction of its own for as long as it said that there may be more."""
    are_more = True
    while are_more:
        async with ctx.in_transaction() as writing:
            are_more = await some(writing)
