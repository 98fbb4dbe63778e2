"""Who has which role on what: as it was given, or as it takes effect."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Tx
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.assignments import Effective, Search
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.model.roles import SYSTEM_ID, Assignment
from haneul.services.identity.operations import effective_assignments
from haneul.services.identity.store import projects, roles
from haneul.services.identity.store.roles import ASSIGNMENTS


async def listed(
    ctx: Context, search: Search, *, after: Assignment | None = None, limit: int | None = None
) -> list[Effective]:
    """All that is asked for; a page of it, if that is asked for as well."""
    tx, now = ctx.tx, time_text(ctx.now())
    if search.effective:
        if search.group_id:
            raise Invalid(why="Combining effective and group filter will always result in an empty list.")
        if search.domain_id and search.inherited:
            raise Invalid(
                why="Combining effective, domain and inherited filters will always result in an empty list."
            )
        if limit is not None:
            return await effective_assignments.page(tx, search, now, after, limit)
        return await effective_assignments.listed(tx, search, now)
    filters = [*_on(search, await _targets(tx, search))]
    actor = search.user_id or search.group_id
    if actor:
        filters.append(Filter("actor_id", "eq", actor))
    if search.role_id:
        filters.append(Filter("role_id", "eq", search.role_id))
    if search.inherited is not None:
        filters.append(Filter("inherited", "eq", search.inherited))
    extra = roles.in_domain(search.in_domain)
    return [
        Effective(each) for each in await ASSIGNMENTS.page(tx, filters, after=after, limit=limit, extra=extra)
    ]


async def in_pieces(ctx: Context, search: Search) -> AsyncIterator[list[Effective]]:
    """All that is in effect, some people at a time: each piece is read by itself, and no transaction may be open."""

    @asynccontextmanager
    async def reading() -> AsyncIterator[Tx]:
        async with ctx.in_reading() as c:
            yield c.tx

    async for piece in effective_assignments.pieces(reading, search, time_text(ctx.now())):
        yield piece


async def _targets(tx: Tx, search: Search) -> list[str]:
    if search.project_id is None:
        return []
    if not search.subtree:
        return [search.project_id]
    return [search.project_id, *(p.id for p in await projects.places_below(tx, [search.project_id]))]


def _on(search: Search, project_ids: list[str]) -> Iterable[Filter]:
    if project_ids:
        yield Filter("target_kind", "eq", "project")
        yield Filter("target_id", "in", project_ids)
    if search.domain_id:
        yield Filter("target_kind", "eq", "domain")
        yield Filter("target_id", "eq", search.domain_id)
    if search.system:
        yield Filter("target_kind", "eq", "system")
        yield Filter("target_id", "eq", SYSTEM_ID)  # there is an index of these
