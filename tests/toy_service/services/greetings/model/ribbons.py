"""A ribbon."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Ribbon(msgspec.Struct, frozen=True):
    id: str
    project_id: str
    name: str
    is_ready: bool
    """Whether the work on it is done."""
    created_at: datetime
    generation: int = 0
