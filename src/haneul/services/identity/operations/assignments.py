"""Who has which role on what: as it was given, or as it takes effect."""

from __future__ import annotations

from collections.abc import Iterable

from haneul.kernel.db import Filter, Tx
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.assignments import Asked, Found
from haneul.services.identity.model.roles import SYSTEM_ID, Assignment
from haneul.services.identity.operations import effective_assignments
from haneul.services.identity.store import projects, roles
from haneul.services.identity.store.roles import ASSIGNMENTS


async def listed(
    tx: Tx, asked: Asked, now: str, *, after: Assignment | None = None, limit: int | None = None
) -> list[Found]:
    """All that is asked for; a page of it, if that is asked for as well."""
    if asked.effective:
        if asked.group_id:
            raise Invalid(why="Combining effective and group filter will always result in an empty list.")
        if asked.domain_id and asked.inherited:
            raise Invalid(
                why="Combining effective, domain and inherited filters will always result in an empty list."
            )
        if limit is not None:
            return await effective_assignments.page(tx, asked, now, after, limit)
        return await effective_assignments.listed(tx, asked, now)
    filters = [*_on(asked, await _targets(tx, asked))]
    actor = asked.user_id or asked.group_id
    if actor:
        filters.append(Filter("actor_id", "eq", actor))
    if asked.role_id:
        filters.append(Filter("role_id", "eq", asked.role_id))
    if asked.inherited is not None:
        filters.append(Filter("inherited", "eq", asked.inherited))
    extra = roles.in_domain(asked.in_domain)
    return [
        Found(each) for each in await ASSIGNMENTS.page(tx, filters, after=after, limit=limit, extra=extra)
    ]


async def _targets(tx: Tx, asked: Asked) -> list[str]:
    if asked.project_id is None:
        return []
    if not asked.subtree:
        return [asked.project_id]
    return [asked.project_id, *(p.id for p in await projects.places_below(tx, [asked.project_id]))]


def _on(asked: Asked, project_ids: list[str]) -> Iterable[Filter]:
    if project_ids:
        yield Filter("target_kind", "eq", "project")
        yield Filter("target_id", "in", project_ids)
    if asked.domain_id:
        yield Filter("target_kind", "eq", "domain")
        yield Filter("target_id", "eq", asked.domain_id)
    if asked.system:
        yield Filter("target_kind", "eq", "system")
        yield Filter("target_id", "eq", SYSTEM_ID)  # there is an index of these
