"""How much projects may have, and have."""

from __future__ import annotations

from collections.abc import Mapping

from haneul.kernel.context import Context
from haneul.services.block_storage.store.quotas import QUOTAS

NAMES = frozenset(QUOTAS.defaults)
"""Of what is limited."""


async def limits(ctx: Context, project_id: str) -> dict[str, int]:
    """Every limit that holds for the project; -1 is none."""
    return await QUOTAS.limits(ctx.tx, project_id)


async def usual(ctx: Context, project_id: str) -> dict[str, int]:
    """What holds for the project where it has no limits of its own."""
    return await QUOTAS.usual(ctx.tx, project_id)


async def used(ctx: Context, project_id: str) -> Mapping[str, int]:
    """What the project has of everything that is limited."""
    return await QUOTAS.count(ctx.tx, project_id)


async def assign(ctx: Context, project_id: str, limits: Mapping[str, int]) -> None:
    """The project has these limits; those that are not named stay."""
    await QUOTAS.set(ctx.tx, project_id, limits)


async def reset(ctx: Context, project_id: str) -> None:
    """The project has its usual limits."""
    await QUOTAS.reset(ctx.tx, project_id)
