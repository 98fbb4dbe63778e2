"""Keep the cache of images within its size, and free of what nobody reads or nobody may read any more."""

from __future__ import annotations

from datetime import timedelta

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.image.config import ImageOptions
from haneul.services.image.events import ImageDeleted
from haneul.services.image.operations import cache


@reconciler(every_s=600, nudged_by=(ImageDeleted,))
async def tidy_cache(ctx: Context) -> None:
    idle = timedelta(hours=ctx.options(ImageOptions).cache_idle_hours)
    async with ctx.in_transaction() as c:
        await cache.tidy(c)
        await cache.forget_unread(c, c.now() - idle)
        await cache.shrink(c)
