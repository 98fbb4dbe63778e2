"""Which endpoints a project's catalogue shows: those given to it, alone or by groups; all if none are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from haneul.services.identity.model.catalog import Endpoint

FIELDS = ("interface", "service_id", "region_id")


class EndpointGroup(msgspec.Struct, frozen=True):
    """All endpoints that have the values of `filters`."""

    id: str
    name: str
    filters: dict[str, Any]
    description: str | None = None

    def has(self, endpoint: Endpoint) -> bool:
        return all(getattr(endpoint, name) == value for name, value in self.filters.items() if name in FIELDS)


class ProjectEndpoint(msgspec.Struct, frozen=True):
    project_id: str
    endpoint_id: str


class ProjectEndpointGroup(msgspec.Struct, frozen=True):
    project_id: str
    endpoint_group_id: str


def shown(
    endpoints: Iterable[Endpoint], associations: Iterable[ProjectEndpoint], groups: Iterable[EndpointGroup]
) -> list[Endpoint]:
    """The endpoints that are given to a project."""
    ids = {each.endpoint_id for each in associations}
    known = list(groups)
    return [each for each in endpoints if each.id in ids or any(group.has(each) for group in known)]
