"""A greeting."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Greeting(msgspec.Struct, frozen=True):
    id: str
    project_id: str
    text: str
    tags: list[str]
    host: str | None
    """Where it is; None until that is decided, or after it failed."""
    created_at: datetime
    generation: int = 0
