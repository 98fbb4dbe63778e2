"""Roles, implied roles and assignments, stored; which roles somebody has on something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Condition, Query, Rows, Tx, among
from haneul.services.identity.model.roles import Assignment, Holder, ImpliedRole, Role
from haneul.services.identity.store.federation import EXPIRING_MEMBERSHIPS, NEVER
from haneul.services.identity.store.projects import DOMAINS, PROJECTS
from haneul.services.identity.store.users import GROUPS, MEMBERSHIPS

ROLES = Rows(Role, "identity_roles", unique=(("domain_id", "name"),))
IMPLIED = Rows(
    ImpliedRole,
    "identity_implied_roles",
    key=("prior_role_id", "implied_role_id"),
    indexes=(("implied_role_id",),),
)
ASSIGNMENTS = Rows(
    Assignment,
    "identity_assignments",
    key=("actor_id", "target_kind", "target_id", "role_id", "inherited"),
    indexes=(("target_id",), ("role_id",)),
)
_a = ASSIGNMENTS.c
_user = sa.bindparam("user_id", type_=sa.Text)
_ACTORS = sa.union(
    sa.select(_user),
    sa.select(MEMBERSHIPS.c.group_id).where(MEMBERSHIPS.c.user_id == _user),
    sa.select(EXPIRING_MEMBERSHIPS.c.group_id).where(
        EXPIRING_MEMBERSHIPS.c.user_id == _user,
        EXPIRING_MEMBERSHIPS.c.expires_at > sa.bindparam("now", value=NEVER, type_=sa.Text),
    ),
    sa.select(GROUPS.c.id).where(among(GROUPS.c.id, "group_ids", value="[]")),
)
_MINE = _a.actor_id.in_(_ACTORS)  # one list: by several, joined with OR, SQLite reads every assignment
"""What is given to the user `user_id`, to their groups, and to groups in which they are for a time only.

Of the latter, those in `group_ids` (a JSON array; none if it is not given), and those that last beyond
`now` (none if it is not given).
"""
_IN_DOMAIN = sa.bindparam("in_domain", type_=sa.Text)
_IS_IN_DOMAIN = sa.or_(
    sa.and_(_a.target_kind == "domain", _a.target_id == _IN_DOMAIN),
    sa.and_(
        _a.target_kind == "project",
        sa.exists().where(PROJECTS.c.id == _a.target_id, PROJECTS.c.domain_id == _IN_DOMAIN),
    ),
)


def in_domain(domain_id: str | None) -> list[Condition]:
    """A condition on assignments: on the domain, or on a project in it; none if none is given."""
    return [("in_domain", _IS_IN_DOMAIN, {"in_domain": domain_id})] if domain_id else []


_HELD = Query(
    sa.select(_a.role_id)
    .where(
        _MINE,
        sa.or_(
            sa.and_(
                _a.target_kind == sa.bindparam("kind", type_=sa.Text),
                _a.target_id == sa.bindparam("target_id", type_=sa.Text),
                _a.inherited.is_(False),
            ),
            sa.and_(among(_a.target_id, "above"), _a.inherited.is_(True)),
        ),
    )
    .distinct()
)


def _parameters(who: Holder) -> dict[str, str]:
    """Those that say whose roles are meant."""
    group_ids = msgspec.json.encode(list(who.group_ids)).decode()
    return {"user_id": who.user_id, "group_ids": group_ids, "now": who.now or NEVER}


async def held(
    tx: Tx,
    user_id: str,
    kind: str,
    target_id: str,
    above: Iterable[str] = (),
    group_ids: Iterable[str] = (),
    now: str = NEVER,
) -> list[str]:
    """The role ids that the user has on the target: directly, by a group, or inherited from `above`.

    `group_ids` are groups that they are in for as long as their token lasts; without `now`, memberships
    that expire do not count.
    """
    rows = await tx.all(
        _HELD,
        kind=kind,
        target_id=target_id,
        above=msgspec.json.encode(list(above)).decode(),
        **_parameters(Holder(user_id, group_ids, now)),
    )
    return [row[0] for row in rows]


_LATER = sa.bindparam("after", type_=sa.Text)
_WITH_ROLES = (
    sa.select(_a.actor_id.label("id"))
    .where(_a.actor_id > _LATER, _a.actor_kind == "user")
    .distinct()
    .order_by(_a.actor_id)
    .limit(sa.bindparam("many", type_=sa.Integer))
    .subquery()
)
_WITH_ROLES_BY_GROUPS = (
    sa.select(MEMBERSHIPS.c.user_id.label("id"))
    .where(MEMBERSHIPS.c.user_id > _LATER, sa.exists().where(_a.actor_id == MEMBERSHIPS.c.group_id))
    .distinct()
    .order_by(MEMBERSHIPS.c.user_id)
    .limit(sa.bindparam("many", type_=sa.Integer))
    .subquery()
)
_BOTH = sa.union(sa.select(_WITH_ROLES.c.id), sa.select(_WITH_ROLES_BY_GROUPS.c.id)).subquery()
_PEOPLE = Query(sa.select(_BOTH.c.id).order_by(_BOTH.c.id).limit(sa.bindparam("many", type_=sa.Integer)))


async def people(tx: Tx, after: str, many: int) -> list[str]:
    """The next users, in the order of their ids, who have any role anywhere: themselves or by a group."""
    return [row[0] for row in await tx.all(_PEOPLE, after=after, many=many)]


_WITH_IMPLIED = Query(
    sa.select(*ROLES.selected, IMPLIED.c.implied_role_id).outerjoin(
        IMPLIED.table, IMPLIED.c.prior_role_id == ROLES.c.id
    )
)


async def graph(tx: Tx) -> tuple[dict[str, Role], dict[str, list[str]]]:
    """All roles by id, and what each implies directly."""
    roles: dict[str, Role] = {}
    implied: dict[str, list[str]] = defaultdict(list)
    for row in await tx.all(_WITH_IMPLIED):
        if row[0] not in roles:
            roles[row[0]] = ROLES.load(row[:-1])
        if row[-1] is not None:
            implied[row[0]].append(row[-1])
    return roles, implied


def projects_held_by(who: Holder) -> Condition:
    """A condition on projects: whoever that is has some role on it."""
    direct = sa.select(_a.target_id).where(_MINE, _a.target_kind == "project", _a.inherited.is_(False))
    from_domain = sa.select(_a.target_id).where(_MINE, _a.target_kind == "domain", _a.inherited.is_(True))
    above = (
        sa.select(_a.target_id.label("id"))
        .where(_MINE, _a.target_kind == "project", _a.inherited.is_(True))
        .cte("above", recursive=True)
    )
    below = PROJECTS.table.alias("below")
    tree = above.union(sa.select(below.c.id).join(above, below.c.parent_id == above.c.id))
    inherited = sa.select(below.c.id).join(tree, below.c.parent_id == tree.c.id)
    is_held = sa.or_(
        PROJECTS.c.id.in_(direct), PROJECTS.c.domain_id.in_(from_domain), PROJECTS.c.id.in_(inherited)
    )
    return "projects_held_by", is_held, _parameters(who)


def domains_held_by(who: Holder) -> Condition:
    """A condition on domains: whoever that is has some role on it."""
    direct = sa.select(_a.target_id).where(_MINE, _a.target_kind == "domain", _a.inherited.is_(False))
    return "domains_held_by", DOMAINS.c.id.in_(direct), _parameters(who)
