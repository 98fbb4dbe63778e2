"""Whether what is stored of providers fits together: use is the sum of allocations, and nothing is of what is gone.

That less is had than is held is no contradiction: a host may lose memory, and an operator may say that it has less.
"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.placement.store.providers import CONTRADICTIONS


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction among providers, inventories, allocations and consumers."""
    for words, rows in CONTRADICTIONS:
        for row in await ctx.tx.all(rows):
            return words.format(*row)
    return None
