"""Quotas of the network: the limits of each project, and what it has of them."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.network.store.quotas import QUOTAS

__all__ = ["QUOTAS", "of_projects"]


async def of_projects(ctx: Context) -> dict[str, dict[str, int]]:
    """The limits of every project that has some of its own, by its id."""
    return {id: await QUOTAS.limits(ctx.tx, id) for id in sorted(await QUOTAS.own(ctx.tx))}
