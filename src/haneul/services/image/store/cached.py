"""Rows of cached images, and the files that they stand for."""

from __future__ import annotations

import platform as machine
from pathlib import Path

from haneul.kernel.context import Platform
from haneul.kernel.db import Rows
from haneul.services.image.model.cached import CachedImage

CACHED = Rows(CachedImage, "image_cached", key=("node", "image_id"), indexes=(("image_id",),))


def node() -> str:
    """The name of this machine."""
    return machine.node() or "localhost"


def folder(platform: Platform) -> Path:
    return platform.folder / "image-cache"


def path(platform: Platform, image_id: str) -> Path:
    return folder(platform) / image_id
