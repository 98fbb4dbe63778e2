"""`/os-availability-zone`, as the older APIs have it: the zones, and whether anything in them can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType, field

from haneul.kernel.http.answers import Answer


class ZoneState(Answer):
    available: bool


class Zone(Answer):
    name: str = field(name="zoneName")
    state: ZoneState = field(name="zoneState")
    hosts: UnsetType | None = UNSET
    """Only where who may see them finds them in another list."""


class Zones(Answer):
    zones: list[Zone] = field(name="availabilityZoneInfo")


def zone(name: str, *, is_available: bool, **more: Any) -> dict[str, Any]:
    """One zone, and what an API shows of it beside that."""
    return {"zoneName": name, "zoneState": {"available": is_available}, **more}


def listed(zones: Mapping[str, bool], **more: Any) -> dict[str, Any]:
    """All of them by their names, and whether each can be used."""
    return {"availabilityZoneInfo": [zone(n, is_available=is_up, **more) for n, is_up in zones.items()]}
