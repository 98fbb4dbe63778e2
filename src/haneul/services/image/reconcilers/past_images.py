"""Forget images that are gone for long."""

from __future__ import annotations

from datetime import timedelta

from haneul.kernel import forgetting
from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.image.config import ImageOptions
from haneul.services.image.store.past_images import PAST_IMAGES


@reconciler(every_s=3600)
async def forget_past_images(ctx: Context) -> None:
    days = ctx.options(ImageOptions).deleted_images_days
    if days > 0:
        await forgetting.forget(ctx, PAST_IMAGES, "deleted_at", ctx.now() - timedelta(days=days))
