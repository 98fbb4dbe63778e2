"""Aggregates: hosts that operators put together; one with a zone gives it to its hosts."""

from __future__ import annotations

from datetime import datetime

import msgspec

ZONE = "availability_zone"


class Aggregate(msgspec.Struct, frozen=True):
    number: int
    """What the API shows as `id`."""
    id: str
    name: str
    metadata: dict[str, str]
    hosts: list[str]
    created_at: datetime
    updated_at: datetime | None
    generation: int = 0

    @property
    def zone(self) -> str | None:
        return self.metadata.get(ZONE)
