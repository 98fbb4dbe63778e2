"""Forget what happened long ago."""

from __future__ import annotations

from datetime import timedelta

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.oversight.config import OversightOptions
from haneul.services.oversight.store.history import Place, forget_events, forget_operations


@reconciler(every_s=3600)
async def forget_history(ctx: Context) -> None:
    days = ctx.options(OversightOptions).history_days
    if days <= 0:
        return
    before = ctx.now() - timedelta(days=days)
    are_more = True
    while are_more:
        async with ctx.in_transaction() as writing:
            are_more = await forget_events(writing.tx, before)
    place: Place | None = Place()
    while place is not None:
        async with ctx.in_transaction() as writing:
            place = await forget_operations(writing.tx, before, place, ctx.platform.remembered)
