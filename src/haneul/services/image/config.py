"""The options of the image service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class ImageOptions(msgspec.Struct, frozen=True):
    """Read from the section `image` of the cloud's configuration."""

    image_size_cap: int = 1 << 40
    """The largest image, in bytes."""
    page_limit: int = 25
    """Images in a page, where the asker does not say."""
    page_limit_max: int = 1000
    tags_max: int = 128
    properties_max: int = 128
    members_max: int = 128
    idle_timeout_s: float = 300.0
    """An upload from which nothing comes for so long is given up."""


def options(config: Mapping[str, Any]) -> ImageOptions:
    return msgspec.convert(config.get("image", {}), ImageOptions)
