"""What Structs say: of a wish, only the fields that somebody set."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct


def set_fields(wish: Struct, **instead: Any) -> dict[str, Any]:
    """The fields that are set, by name: what a change changes; and those whose value is decided here, `instead`."""
    values = {name: v for name in wish.__struct_fields__ if (v := getattr(wish, name)) is not UNSET}
    return values | instead
