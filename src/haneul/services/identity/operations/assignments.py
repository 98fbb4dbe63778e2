"""Who has which role on what: as it was given, or as it takes effect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from haneul.kernel.db import Filter, Tx
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.roles import Assignment
from haneul.services.identity.store import projects, roles
from haneul.services.identity.store.projects import PROJECTS
from haneul.services.identity.store.roles import ASSIGNMENTS
from haneul.services.identity.store.users import MEMBERSHIPS


class Asked(NamedTuple):
    """What the list is to be about; None means any."""

    user_id: str | None = None
    group_id: str | None = None
    role_id: str | None = None
    project_id: str | None = None
    domain_id: str | None = None
    system: bool = False
    inherited: bool | None = None
    effective: bool = False
    subtree: bool = False


class Found(NamedTuple):
    """An assignment, and where it comes from if it takes effect by a detour."""

    given: Assignment
    group_id: str | None = None
    inherited_from: Assignment | None = None
    prior_role_id: str | None = None


async def listed(tx: Tx, asked: Asked) -> list[Found]:
    if asked.effective:
        if asked.group_id:
            raise Invalid(why="Combining effective and group filter will always result in an empty list.")
        return await _effective(tx, asked)
    filters = [*_on(asked, await _targets(tx, asked))]
    actor = asked.user_id or asked.group_id
    if actor:
        filters.append(Filter("actor_id", "eq", actor))
    if asked.role_id:
        filters.append(Filter("role_id", "eq", asked.role_id))
    if asked.inherited is not None:
        filters.append(Filter("inherited", "eq", asked.inherited))
    return [Found(each) for each in await ASSIGNMENTS.page(tx, filters)]


async def _targets(tx: Tx, asked: Asked) -> list[str]:
    if asked.project_id is None:
        return []
    if not asked.subtree:
        return [asked.project_id]
    return [asked.project_id, *(p.id for p in await projects.descendants(tx, asked.project_id))]


def _on(asked: Asked, project_ids: list[str]) -> Iterable[Filter]:
    if project_ids:
        yield Filter("target_kind", "eq", "project")
        yield Filter("target_id", "in", project_ids)
    if asked.domain_id:
        yield Filter("target_kind", "eq", "domain")
        yield Filter("target_id", "eq", asked.domain_id)
    if asked.system:
        yield Filter("target_kind", "eq", "system")


async def _effective(tx: Tx, asked: Asked) -> list[Found]:
    """Groups replaced by their members, inheritance by the projects below, priors by what they imply.

    A domain's own roles are in effect only through what they imply.
    """
    filters = []
    if asked.user_id:
        groups = [m.group_id for m in await MEMBERSHIPS.find(tx, user_id=asked.user_id)]
        filters.append(Filter("actor_id", "in", [asked.user_id, *groups]))
    found = [Found(each) for each in await ASSIGNMENTS.page(tx, filters)]
    found = await _where_they_hold(tx, asked, found)
    found = await _by_people(tx, found)
    found = await _with_implied(tx, found)
    return [
        each
        for each in found
        if (asked.user_id is None or each.given.actor_id == asked.user_id)
        and (asked.role_id is None or each.given.role_id == asked.role_id)
        and (asked.inherited is None or (each.inherited_from is not None) == asked.inherited)
    ]


async def _where_they_hold(tx: Tx, asked: Asked, found: list[Found]) -> list[Found]:
    wanted = set(await _targets(tx, asked))
    held: list[Found] = []
    for each in found:
        given = each.given
        if not given.inherited:
            if _is_wanted(asked, given, wanted):
                held.append(each)
            continue
        if asked.domain_id or asked.system:
            continue
        if given.target_kind == "domain":
            below = await PROJECTS.find(tx, domain_id=given.target_id)
        else:
            below = await projects.descendants(tx, given.target_id)
        for project in below:
            if not wanted or project.id in wanted:
                there = replace(given, target_kind="project", target_id=project.id, inherited=False)
                held.append(Found(there, inherited_from=given))
    return held


def _is_wanted(asked: Asked, given: Assignment, project_ids: set[str]) -> bool:
    if project_ids:
        return given.target_kind == "project" and given.target_id in project_ids
    if asked.domain_id:
        return given.target_kind == "domain" and given.target_id == asked.domain_id
    return given.target_kind == "system" if asked.system else True


async def _by_people(tx: Tx, found: list[Found]) -> list[Found]:
    group_ids = {each.given.actor_id for each in found if each.given.actor_kind == "group"}
    members: dict[str, list[str]] = {}
    for member in await MEMBERSHIPS.among(tx, "group_id", group_ids):
        members.setdefault(member.group_id, []).append(member.user_id)
    people: list[Found] = []
    for each in found:
        if each.given.actor_kind == "user":
            people.append(each)
            continue
        for user_id in members.get(each.given.actor_id, ()):
            theirs = replace(each.given, actor_kind="user", actor_id=user_id)
            people.append(each._replace(given=theirs, group_id=each.given.actor_id))
    return people


async def _with_implied(tx: Tx, found: list[Found]) -> list[Found]:
    known, implied = await roles.graph(tx)
    everything: dict[Assignment, Found] = {each.given: each for each in found}
    waiting = list(found)
    while waiting:
        each = waiting.pop()
        for role_id in implied.get(each.given.role_id, ()):
            more = each._replace(given=replace(each.given, role_id=role_id), prior_role_id=each.given.role_id)
            if more.given not in everything:
                everything[more.given] = more
                waiting.append(more)
    return [each for each in everything.values() if not known[each.given.role_id].domain_id]
