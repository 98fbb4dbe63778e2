"""Domains and projects, stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx, among
from haneul.services.identity.model.projects import Domain, Project

DOMAINS = Rows(Domain, "identity_domains", unique=(("name",),))
PROJECTS = Rows(
    Project,
    "identity_projects",
    unique=(("domain_id", "name"),),
    indexes=(("parent_id",), ("name",), ("domain_id", "id"), ("enabled", "id")),
)
_WIDTH = len(PROJECTS.selected)
_BOTH = sa.select(*PROJECTS.selected, *DOMAINS.selected).join(
    DOMAINS.table, DOMAINS.c.id == PROJECTS.c.domain_id
)
_BY_ID = Query(_BOTH.where(PROJECTS.c.id == sa.bindparam("id")))
_BY_NAME = Query(
    _BOTH.where(
        PROJECTS.c.name == sa.bindparam("name"),
        sa.or_(DOMAINS.c.id == sa.bindparam("domain_id"), DOMAINS.c.name == sa.bindparam("domain_name")),
    )
)


async def with_domain(tx: Tx, project_id: str) -> tuple[Project, Domain] | None:
    return _pair(await tx.one(_BY_ID, id=project_id))


async def named(
    tx: Tx, name: str, *, domain_id: str | None, domain_name: str | None
) -> tuple[Project, Domain] | None:
    """The project of that name in the domain, given by id or by name."""
    return _pair(await tx.one(_BY_NAME, name=name, domain_id=domain_id, domain_name=domain_name))


async def domain(tx: Tx, *, id: str | None, name: str | None) -> Domain | None:
    if id is not None:
        return await DOMAINS.get(tx, id)
    return await DOMAINS.first(tx, name=name)


async def ancestors(tx: Tx, project: Project) -> list[Project]:
    """The projects above, the nearest first; the domain is not one of them."""
    ancestors_: list[Project] = []
    while not project.is_at_top:
        above = await PROJECTS.get(tx, project.parent_id)
        if above is None:
            break
        ancestors_.append(above)
        project = above
    return ancestors_


async def descendants(tx: Tx, project_id: str) -> list[Project]:
    """All projects below, level by level."""
    lower: list[Project] = []
    level = [project_id]
    while level:
        below = await PROJECTS.among(tx, "parent_id", level)
        lower.extend(below)
        level = [project.id for project in below]
    return lower


class Place(NamedTuple):
    """Where a project is."""

    id: str
    domain_id: str
    parent_id: str


_PLACES = sa.select(PROJECTS.c.id, PROJECTS.c.domain_id, PROJECTS.c.parent_id).order_by(PROJECTS.c.id)
_IN_DOMAINS = Query(_PLACES.where(among(PROJECTS.c.domain_id, "wanted")))
_BELOW = Query(_PLACES.where(among(PROJECTS.c.parent_id, "wanted")))


async def places_in(tx: Tx, domain_ids: Iterable[str]) -> list[Place]:
    """The projects in these domains."""
    return await _places(tx, _IN_DOMAINS, domain_ids)


async def places_below(tx: Tx, project_ids: Iterable[str]) -> list[Place]:
    """The projects below these, each once, level by level; a query for each level."""
    places: dict[str, Place] = {}
    level = set(project_ids)
    while level:
        below = [each for each in await _places(tx, _BELOW, level) if each.id not in places]
        places.update((each.id, each) for each in below)
        level = {each.id for each in below}
    return list(places.values())


async def _places(tx: Tx, query: Query, wanted: Iterable[str]) -> list[Place]:
    text = msgspec.json.encode(list(wanted)).decode()
    return [Place(*row) for row in await tx.all(query, wanted=text)] if text != "[]" else []


def _pair(row: Any) -> tuple[Project, Domain] | None:
    return None if row is None else (PROJECTS.load(row[:_WIDTH]), DOMAINS.load(row[_WIDTH:]))
