"""Times as this API writes them."""

from __future__ import annotations

from datetime import datetime


def stamp(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")
