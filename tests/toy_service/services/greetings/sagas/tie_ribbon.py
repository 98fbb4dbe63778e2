"""Tie a ribbon."""

from __future__ import annotations

import msgspec
from haneul.services.greetings import errors
from haneul.services.greetings.model.ribbons import Ribbon
from haneul.services.greetings.store.ribbons import RIBBONS

from haneul.kernel.context import Context
from haneul.kernel.saga import Saga, Step


class RibbonToTie(msgspec.Struct, frozen=True):
    ribbon_id: str


class Before(msgspec.Struct, frozen=True):
    was_ready: bool


async def remember(ctx: Context, wish: RibbonToTie) -> Before:
    return Before((await _ribbon(ctx, wish)).is_ready)


async def mark_ready(ctx: Context, wish: RibbonToTie, before: Before) -> None:
    await _mark(ctx, wish, is_ready=True)


async def mark_as_before(ctx: Context, wish: RibbonToTie, before: Before) -> None:
    await _mark(ctx, wish, is_ready=before.was_ready)


async def _ribbon(ctx: Context, wish: RibbonToTie) -> Ribbon:
    ribbon = await RIBBONS.get(ctx.tx, wish.ribbon_id)
    if ribbon is None:
        raise errors.RibbonNotFound(id=wish.ribbon_id)
    return ribbon


async def _mark(ctx: Context, wish: RibbonToTie, *, is_ready: bool) -> None:
    ribbon = await _ribbon(ctx, wish)
    if ribbon.is_ready != is_ready:
        await RIBBONS.update(ctx.tx, msgspec.structs.replace(ribbon, is_ready=is_ready))


TIE_RIBBON = Saga(
    "greetings.tie_ribbon",
    input=RibbonToTie,
    steps=[Step(remember), Step(mark_ready, undo=mark_as_before)],
)
