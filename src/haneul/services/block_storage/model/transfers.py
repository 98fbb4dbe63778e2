"""Offers of volumes to other projects."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec


class Transfer(msgspec.Struct, frozen=True, gc=False):
    """Whoever knows the key may take the volume; only the key's digest is stored."""

    id: str
    volume_id: str
    project_id: str
    name: str | None
    key_digest: str
    no_snapshots: bool
    created_at: datetime


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
