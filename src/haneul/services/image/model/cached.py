"""Copies of images that lie ready on the machine of an API process."""

from __future__ import annotations

from datetime import datetime

import msgspec


class CachedImage(msgspec.Struct, frozen=True, gc=False):
    """One copy on one machine, or the wish for one."""

    node: str
    image_id: str
    is_ready: bool
    """False: it is queued."""
    size: int
    checksum: str
    hits: int
    queued_at: datetime
    last_accessed: datetime
    last_modified: datetime


def surplus(copies: list[CachedImage], size_max: int) -> list[CachedImage]:
    """The copies to be removed, the longest unread first, until the others fit."""
    ready = sorted((c for c in copies if c.is_ready), key=lambda c: c.last_accessed)
    size = sum(c.size for c in ready)
    gone = []
    for each in ready:
        if size <= size_max:
            break
        size -= each.size
        gone.append(each)
    return gone
