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
from haneul.services.identity.model.assignments import Asked, Found
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


def is_about_all(asked: Asked) -> bool:
    """Whether the list grows with the cloud, so that it must be made of pieces."""
    return not (asked.user_id or asked.group_id or asked.project_id or asked.domain_id or asked.system)


async def page(tx: Tx, asked: Asked, now: str, after: Assignment | None, limit: int) -> list[Found]:
    """So many of the list at most, in the order of what they say, behind that one."""
    if not is_about_all(asked):
        return _behind(after, await listed(tx, asked, now))[:limit]
    found: list[Found] = []
    async for piece in pieces(lambda: nullcontext(tx), asked, now, after):
        found += piece
        if len(found) >= limit:
            break
    return found[:limit]


async def pieces(
    reading: Callable[[], AbstractAsyncContextManager[Tx]],
    asked: Asked,
    now: str,
    after: Assignment | None = None,
) -> AsyncIterator[list[Found]]:
    """The list about all, in the order of what its entries say, some people at a time.

    Each piece is read by itself and is as long as can be made without anybody else having to wait.
    """
    many, last = FEWEST, after.actor_id if after else ""
    if after is not None:
        async with reading() as tx:
            yield _behind(after, await listed(tx, asked, now, [last]))
    while True:
        async with reading() as tx:
            people = await roles.people(tx, last, many)
            if not people:
                return
            found = await listed(tx, asked, now, people)
        yield _behind(None, found)
        await asyncio.sleep(0)  # neither database nor socket need have let others run
        last = people[-1]
        many = min(MOST, max(1, many * 2 if len(found) < AT_ONCE else many * AT_ONCE // len(found)))


def _behind(after: Assignment | None, found: list[Found]) -> list[Found]:
    """Those that come after that one, in order."""
    place = _place(after) if after else ()
    return sorted((each for each in found if _place(each.given) > place), key=lambda each: _place(each.given))


def _place(given: Assignment) -> tuple[str, ...]:
    return given.actor_id, given.target_kind, given.target_id, given.role_id


async def listed(tx: Tx, asked: Asked, now: str, people: Sequence[str] | None = None) -> list[Found]:
    """All of it; of the list about all, what is about these `people`."""
    scope = await _scope(tx, asked)
    known, implied = await roles.graph(tx)
    theirs = None if people is None else await MEMBERSHIPS.among(tx, "user_id", people)
    actors = None if theirs is None else [*(people or ()), *{each.group_id for each in theirs}]
    found = [Found(each) for each in await _given(tx, asked, scope, implied, now, actors)]
    found = await _where_they_hold(tx, asked, scope, found)
    found = await _by_people(tx, asked, found, theirs)
    found = _with_implied(found, implied)
    return [
        each
        for each in found
        if not known[each.given.role_id].domain_id
        and (asked.role_id is None or each.given.role_id == asked.role_id)
        and (asked.inherited is None or (each.inherited_from is not None) == asked.inherited)
    ]


async def _scope(tx: Tx, asked: Asked) -> _Scope:
    if asked.project_id is None:
        return _Scope((), {})
    project = await PROJECTS.get(tx, asked.project_id)
    if project is None:
        return _Scope((asked.project_id,), {asked.project_id: set()})
    ancestors = await projects.ancestors(tx, project)
    above = {project.id: {project.domain_id, *(each.id for each in ancestors)}}
    if asked.subtree:
        for place in await projects.places_below(tx, [project.id]):  # level by level: parents come first
            above[place.id] = {place.parent_id, *above[place.parent_id]}
    return _Scope(tuple(above), above)


async def _given(
    tx: Tx, asked: Asked, scope: _Scope, implied: Implied, now: str, actors: Sequence[str] | None
) -> Sequence[Assignment]:
    """The assignments that may have a part in the answer."""
    filters = [Filter("actor_id", "in", actors)] if actors is not None else []
    if asked.user_id:
        groups = await users.group_ids(tx, asked.user_id, now)
        filters.append(Filter("actor_id", "in", [asked.user_id, *groups]))
    if scope.project_ids:
        filters.append(Filter("target_id", "in", sorted(set(scope.project_ids).union(*scope.above.values()))))
    elif asked.domain_id:
        filters += [Filter("target_kind", "eq", "domain"), Filter("target_id", "eq", asked.domain_id)]
    elif asked.system:
        filters += [Filter("target_kind", "eq", "system"), Filter("target_id", "eq", SYSTEM_ID)]
    if asked.role_id:
        leading = [id for id in {asked.role_id, *implied} if asked.role_id in with_implied([id], implied)]
        filters.append(Filter("role_id", "in", leading))
    return await ASSIGNMENTS.page(tx, filters, extra=roles.in_domain(asked.in_domain))


async def _where_they_hold(tx: Tx, asked: Asked, scope: _Scope, found: list[Found]) -> list[Found]:
    held = [each for each in found if not each.given.inherited and _is_wanted(scope, each.given)]
    inherited = [each.given for each in found if each.given.inherited]
    if asked.domain_id or asked.system or not inherited:
        return held
    below = _wanted_below(scope) if scope.project_ids else await _below(tx, inherited)
    for given in inherited:
        for project_id in below.get(given.target_id, ()):
            there = replace(given, target_kind="project", target_id=project_id, inherited=False)
            held.append(Found(there, inherited_from=given))
    return held


def _is_wanted(scope: _Scope, given: Assignment) -> bool:
    """A domain that is above a project is read for what it hands down, not for what was given on it."""
    return not scope.project_ids or (given.target_kind == "project" and given.target_id in scope.above)


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
    tx: Tx, asked: Asked, found: list[Found], theirs: Sequence[Membership] | None
) -> list[Found]:
    """Groups replaced by who is in them: the user asked about, or else all (of `theirs`) who are for ever."""
    members = await _members(tx, asked, found, theirs)
    people: list[Found] = []
    for each in found:
        if each.given.actor_kind == "user":
            people.append(each)
            continue
        for user_id in members.get(each.given.actor_id, ()):
            held = replace(each.given, actor_kind="user", actor_id=user_id)
            people.append(each._replace(given=held, group_id=each.given.actor_id))
    return people


async def _members(
    tx: Tx, asked: Asked, found: list[Found], theirs: Sequence[Membership] | None
) -> dict[str, list[str]]:
    group_ids = {each.given.actor_id for each in found if each.given.actor_kind == "group"}
    if asked.user_id:
        return {id: [asked.user_id] for id in group_ids}
    members: dict[str, list[str]] = defaultdict(list)
    for member in await MEMBERSHIPS.among(tx, "group_id", group_ids) if theirs is None else theirs:
        members[member.group_id].append(member.user_id)
    return members


def _with_implied(found: list[Found], implied: Implied) -> list[Found]:
    everything: dict[Assignment, Found] = {each.given: each for each in found}
    waiting = list(found)
    while waiting:
        each = waiting.pop()
        for role_id in implied.get(each.given.role_id, ()):
            more = each._replace(given=replace(each.given, role_id=role_id), prior_role_id=each.given.role_id)
            if more.given not in everything:
                everything[more.given] = more
                waiting.append(more)
    return list(everything.values())
