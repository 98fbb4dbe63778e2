"""Forget what happened long ago."""

from __future__ import annotations

from datetime import timedelta

from haneul.kernel import forgetting
from haneul.kernel.context import Context
from haneul.kernel.events import EVENTS
from haneul.kernel.reconciler import reconciler
from haneul.services.oversight.config import OversightOptions
from haneul.services.oversight.store.history import Place, forget_operations


@reconciler(every_s=3600)
async def forget_history(ctx: Context) -> None:
    days = ctx.options(OversightOptions).history_days
    if days <= 0:
        return
    before = ctx.now() - timedelta(days=days)
    await forgetting.forget(ctx, EVENTS, "at", before)
    place: Place | None = Place()

    async def some(writing: Context) -> bool:
        nonlocal place
        if place is not None:
            place = await forget_operations(writing.tx, before, place, ctx.platform.remembered)
        return place is not None

    await forgetting.in_batches(ctx, some)
