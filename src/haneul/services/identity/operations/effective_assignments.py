"""Who has which role on what, as it takes effect.

Groups are replaced by their members, inheritance by the projects below, roles by what they imply too. Only
what can matter to the answer is read, in a number of queries that does not grow with it: a list about a user
starts from what that user and their groups were given, one about a project from what was given on it and
above it. A list about all, which may be longer than memory, is made some people at a time. A domain's own roles
are in effect only through what they imply.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import NamedTuple

from msgspec.structs import replace

from haneul.kernel.db import Filter, Tx
from haneul.services.identity.model.assignments import Effective, Search
from haneul.services.identity.model.roles import SYSTEM_ID, Assignment, with_implied
from haneul.services.identity.model.users import Membership
from haneul.services.identity.store import projects, roles, users
from haneul.services.identity.store.projects import PROJECTS, Place
from haneul.services.identity.store.roles import ASSIGNMENTS
from haneul.services.identity.store.users import MEMBERSHIPS

Implied = Mapping[str, Sequence[str]]
FEWEST, MOST = 10, 200
"""So many people are read at a time to begin with, and at most."""
AT_ONCE = 2_000
"""So many entries may be made before others get their turn."""


class _Scope(NamedTuple):
    """The projects that the list is about (none: any), and what is above each of them."""

    project_ids: tuple[str, ...]
    above: dict[str, set[str]]


def is_about_all(search: Search) -> bool:
    """Whether the list grows with the cloud, so that it must be made of pieces."""
    return not (search.user_id or search.group_id or search.project_id or search.domain_id or search.system)


async def page(tx: Tx, search: Search, now: str, after: Assignment | None, limit: int) -> list[Effective]:
    """So many of the list at most, in the order of what they say, behind that one."""
    if not is_about_all(search):
        return _behind(after, await listed(tx, search, now))[:limit]
    effective: list[Effective] = []
    async for piece in pieces(lambda: nullcontext(tx), search, now, after):
        effective += piece
        if len(effective) >= limit:
            break
    return effective[:limit]


async def pieces(
    reading: Callable[[], AbstractAsyncContextManager[Tx]],
    search: Search,
    now: str,
    after: Assignment | None = None,
) -> AsyncIterator[list[Effective]]:
    """The list about all, in the order of what its entries say, some people at a time.

    Each piece is read by itself and is as long as can be made without anybody else having to wait.
    """
    many, last = FEWEST, after.actor_id if after else ""
    if after is not None:
        async with reading() as tx:
            yield _behind(after, await listed(tx, search, now, [last]))
    while True:
        async with reading() as tx:
            people = await roles.people(tx, last, many)
            if not people:
                return
            effective = await listed(tx, search, now, people)
        yield _behind(None, effective)
        await asyncio.sleep(0)  # neither database nor socket need have let others run
        last = people[-1]
        many = min(MOST, max(1, many * 2 if len(effective) < AT_ONCE else many * AT_ONCE // len(effective)))


def _behind(after: Assignment | None, effective: list[Effective]) -> list[Effective]:
    """Those that come after that one, in order."""
    place = _place(after) if after else ()
    return sorted(
        (each for each in effective if _place(each.assignment) > place),
        key=lambda each: _place(each.assignment),
    )


def _place(assignment: Assignment) -> tuple[str, ...]:
    return assignment.actor_id, assignment.target_kind, assignment.target_id, assignment.role_id


async def listed(tx: Tx, search: Search, now: str, people: Sequence[str] | None = None) -> list[Effective]:
    """All of it; of the list about all, what is about these `people`."""
    scope = await _scope(tx, search)
    known, implied = await roles.graph(tx)
    theirs = None if people is None else await MEMBERSHIPS.among(tx, "user_id", people)
    actors = None if theirs is None else [*(people or ()), *{each.group_id for each in theirs}]
    effective = [Effective(each) for each in await _given(tx, search, scope, implied, now, actors)]
    effective = await _where_they_hold(tx, search, scope, effective)
    effective = await _by_people(tx, search, effective, theirs)
    effective = _with_implied(effective, implied)
    return [
        each
        for each in effective
        if not known[each.assignment.role_id].domain_id
        and (search.role_id is None or each.assignment.role_id == search.role_id)
        and (search.inherited is None or (each.inherited_from is not None) == search.inherited)
    ]


async def _scope(tx: Tx, search: Search) -> _Scope:
    if search.project_id is None:
        return _Scope((), {})
    project = await PROJECTS.get(tx, search.project_id)
    if project is None:
        return _Scope((search.project_id,), {search.project_id: set()})
    ancestors = await projects.ancestors(tx, project)
    above = {project.id: {project.domain_id, *(each.id for each in ancestors)}}
    if search.subtree:
        for place in await projects.places_below(tx, [project.id]):  # level by level: parents come first
            above[place.id] = {place.parent_id, *above[place.parent_id]}
    return _Scope(tuple(above), above)


async def _given(
    tx: Tx, search: Search, scope: _Scope, implied: Implied, now: str, actors: Sequence[str] | None
) -> Sequence[Assignment]:
    """The assignments that may have a part in the answer."""
    filters = [Filter("actor_id", "in", actors)] if actors is not None else []
    if search.user_id:
        groups = await users.group_ids(tx, search.user_id, now)
        filters.append(Filter("actor_id", "in", [search.user_id, *groups]))
    if scope.project_ids:
        filters.append(Filter("target_id", "in", sorted(set(scope.project_ids).union(*scope.above.values()))))
    elif search.domain_id:
        filters += [Filter("target_kind", "eq", "domain"), Filter("target_id", "eq", search.domain_id)]
    elif search.system:
        filters += [Filter("target_kind", "eq", "system"), Filter("target_id", "eq", SYSTEM_ID)]
    if search.role_id:
        leading = [id for id in {search.role_id, *implied} if search.role_id in with_implied([id], implied)]
        filters.append(Filter("role_id", "in", leading))
    return await ASSIGNMENTS.page(tx, filters, extra=roles.in_domain(search.in_domain))


async def _where_they_hold(
    tx: Tx, search: Search, scope: _Scope, effective: list[Effective]
) -> list[Effective]:
    held = [
        each for each in effective if not each.assignment.inherited and _is_wanted(scope, each.assignment)
    ]
    inherited = [each.assignment for each in effective if each.assignment.inherited]
    if search.domain_id or search.system or not inherited:
        return held
    below = _wanted_below(scope) if scope.project_ids else await _below(tx, inherited)
    for assignment in inherited:
        for project_id in below.get(assignment.target_id, ()):
            there = replace(assignment, target_kind="project", target_id=project_id, inherited=False)
            held.append(Effective(there, inherited_from=assignment))
    return held


def _is_wanted(scope: _Scope, assignment: Assignment) -> bool:
    """A domain that is above a project is read for what it hands down, not for what was given on it."""
    return not scope.project_ids or (
        assignment.target_kind == "project" and assignment.target_id in scope.above
    )


def _wanted_below(scope: _Scope) -> dict[str, list[str]]:
    """The wanted projects by what is above them."""
    below: dict[str, list[str]] = defaultdict(list)
    for project_id, above in scope.above.items():
        for each in above:
            below[each].append(project_id)
    return below


async def _below(tx: Tx, inherited: Iterable[Assignment]) -> dict[str, list[str]]:
    """All projects below the targets of these, by target."""
    domains = {each.target_id for each in inherited if each.target_kind == "domain"}
    tops = {each.target_id for each in inherited if each.target_kind == "project"}
    below: dict[str, list[str]] = defaultdict(list)
    for place in await projects.places_in(tx, domains):
        below[place.domain_id].append(place.id)
    places = {place.id: place for place in await projects.places_below(tx, tops)}
    for place in places.values():
        for top in _tops_above(place, places, tops):
            below[top].append(place.id)
    return below


def _tops_above(place: Place, places: dict[str, Place], tops: set[str]) -> Iterable[str]:
    at: Place | None = place
    while at is not None:
        if at.parent_id in tops:
            yield at.parent_id
        at = places.get(at.parent_id)


async def _by_people(
    tx: Tx, search: Search, effective: list[Effective], theirs: Sequence[Membership] | None
) -> list[Effective]:
    """Groups replaced by who is in them: the user asked about, or else all (of `theirs`) who are for ever."""
    members = await _members(tx, search, effective, theirs)
    people: list[Effective] = []
    for each in effective:
        if each.assignment.actor_kind == "user":
            people.append(each)
            continue
        for user_id in members.get(each.assignment.actor_id, ()):
            held = replace(each.assignment, actor_kind="user", actor_id=user_id)
            people.append(each._replace(assignment=held, group_id=each.assignment.actor_id))
    return people


async def _members(
    tx: Tx, search: Search, effective: list[Effective], theirs: Sequence[Membership] | None
) -> dict[str, list[str]]:
    group_ids = {each.assignment.actor_id for each in effective if each.assignment.actor_kind == "group"}
    if search.user_id:
        return {id: [search.user_id] for id in group_ids}
    members: dict[str, list[str]] = defaultdict(list)
    for member in await MEMBERSHIPS.among(tx, "group_id", group_ids) if theirs is None else theirs:
        members[member.group_id].append(member.user_id)
    return members


def _with_implied(effective: list[Effective], implied: Implied) -> list[Effective]:
    everything: dict[Assignment, Effective] = {each.assignment: each for each in effective}
    waiting = list(effective)
    while waiting:
        each = waiting.pop()
        for role_id in implied.get(each.assignment.role_id, ()):
            more = each._replace(
                assignment=replace(each.assignment, role_id=role_id), prior_role_id=each.assignment.role_id
            )
            if more.assignment not in everything:
                everything[more.assignment] = more
                waiting.append(more)
    return list(everything.values())
