"""Forget images that are gone for long."""

from __future__ import annotations

from datetime import timedelta

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.image.config import ImageOptions
from haneul.services.image.store.past_images import AT_ONCE, forget


@reconciler(every_s=3600)
async def forget_past_images(ctx: Context) -> None:
    """In several small transactions, so that nobody waits long for the store."""
    days = ctx.options(ImageOptions).deleted_images_days
    forgotten = AT_ONCE if days > 0 else 0
    while forgotten == AT_ONCE:
        async with ctx.in_transaction() as writing:
            forgotten = await forget(writing.tx, writing.now() - timedelta(days=days))
