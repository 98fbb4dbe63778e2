"""Deleted images in the store: only what a list needs to go on from one."""

from __future__ import annotations

from datetime import datetime

from haneul.kernel.db import Rows, Tx
from haneul.services.image.model.images import PastImage

PAST_IMAGES = Rows(PastImage, "image_past_images", indexes=(("deleted_at",),))
AT_ONCE = 1000


async def forget(tx: Tx, before: datetime) -> int:
    """Up to `AT_ONCE` of those that went before then are forgotten; how many."""
    return await PAST_IMAGES.remove_before(tx, "deleted_at", before, most=AT_ONCE)
