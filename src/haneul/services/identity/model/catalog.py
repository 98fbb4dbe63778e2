"""Regions, services and their endpoints; the catalogue that tokens carry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

INTERFACES = ("public", "internal", "admin")
_PLACE = re.compile(r"[$%]\((\w+)\)s")

_FILLABLE = re.compile(r"[$%]\((?:tenant_id|project_id|user_id|compute_host|public_endpoint)\)s|%%")


class Region(msgspec.Struct, frozen=True):
    id: str
    description: str = ""
    parent_region_id: str | None = None
    extra: dict[str, Any] = {}


class Service(msgspec.Struct, frozen=True):
    id: str
    type: str
    name: str | None = None
    description: str | None = None
    enabled: bool = True
    extra: dict[str, Any] = {}


class Endpoint(msgspec.Struct, frozen=True):
    id: str
    service_id: str
    interface: str
    url: str
    region_id: str | None = None
    enabled: bool = True
    extra: dict[str, Any] = {}


def catalogue(
    services: Iterable[Service], endpoints: Iterable[Endpoint], values: Mapping[str, str | None]
) -> list[dict[str, Any]]:
    """The enabled services with their enabled endpoints; URLs filled in with the values.

    An endpoint whose URL asks for a value that is not there (no project in the token) is left out.
    """
    services_shown = {
        s.id: {"endpoints": [], "id": s.id, "type": s.type, "name": s.name or ""}
        for s in services
        if s.enabled
    }
    for each in endpoints:
        if (
            each.enabled
            and each.service_id in services_shown
            and (url := filled(each.url, values)) is not None
        ):
            services_shown[each.service_id]["endpoints"].append(
                {
                    "id": each.id,
                    "interface": each.interface,
                    "region_id": each.region_id,
                    "url": url,
                    # The same under its name of version 2: clients choose endpoints by it.
                    "region": each.region_id,
                }
            )
    return list(services_shown.values())


def is_fillable(url: str) -> bool:
    """Whether nothing in the URL would be filled in but what some token may have."""
    rest = _FILLABLE.sub("", url)
    return "%" not in rest and "$(" not in rest


def filled(url: str, values: Mapping[str, str | None]) -> str | None:
    """The URL with `$(name)s` and `%(name)s` replaced; None if a value is missing."""
    names = _PLACE.findall(url)
    if any(values.get(name) is None for name in names):
        return None
    return _PLACE.sub(lambda place: str(values[place[1]]), url)
