"""Limits: how much of a resource everybody may have, and what some projects and domains may have instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

MODELS = {
    "flat": "Limit enforcement and validation does not take project hierarchy into consideration.",
    "strict_two_level": "This model requires project hierarchy never exceeds a depth of two",
}


class RegisteredLimit(msgspec.Struct, frozen=True):
    """What holds for every project that has no limit of its own."""

    id: str
    service_id: str
    resource_name: str
    default_limit: int
    region_id: str | None = None
    description: str | None = None

    @property
    def about(self) -> tuple[str, str | None, str]:
        return self.service_id, self.region_id, self.resource_name


class Limit(msgspec.Struct, frozen=True):
    """What one project, or one domain, may have."""

    id: str
    service_id: str
    resource_name: str
    resource_limit: int
    region_id: str | None = None
    project_id: str | None = None
    domain_id: str | None = None
    description: str | None = None

    @property
    def about(self) -> tuple[str, str | None, str]:
        return self.service_id, self.region_id, self.resource_name

    @property
    def holder_id(self) -> str:
        return self.project_id or self.domain_id or ""


def misfit(
    limits: Iterable[Limit],
    registered: Iterable[RegisteredLimit],
    parents: Mapping[str, str],
    changed: Iterable[Limit],
) -> Limit | None:
    """The first changed limit that is above its domain's, or below one of the domain's projects.

    `parents` gives the id above each project that has a limit; -1 means that there is no bound.
    """
    values = {(each.holder_id, each.about): _bound(each.resource_limit) for each in limits}
    defaults = {each.about: _bound(each.default_limit) for each in registered}
    for each in changed:
        mine = _bound(each.resource_limit)
        if each.project_id:
            above = values.get((parents[each.project_id], each.about), defaults.get(each.about))
            if above is not None and mine > above:
                return each
        else:
            below = [
                value
                for (holder, about), value in values.items()
                if about == each.about and parents.get(holder) == each.domain_id
            ]
            if any(value > mine for value in below):
                return each
    return None


def _bound(value: int) -> float:
    return float("inf") if value == -1 else value
