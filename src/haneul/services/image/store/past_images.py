"""Deleted images in the store: only what a list needs to go on from one."""

from __future__ import annotations

from haneul.kernel.db import Rows
from haneul.services.image.model.images import PastImage

PAST_IMAGES = Rows(PastImage, "image_past_images", indexes=(("deleted_at",),))
