"""Users and groups, stored."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from haneul.kernel.db import Condition, Narrow, Query, Rows, Tx
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.model.proofs import Named
from haneul.services.identity.model.users import Group, Member, Membership, User
from haneul.services.identity.store.federation import EXPIRING_MEMBERSHIPS
from haneul.services.identity.store.projects import DOMAINS

USERS = Rows(
    User,
    "identity_users",
    unique=(("domain_id", "name", "origin"),),
    indexes=(
        ("name",),
        ("domain_id", "id"),
        ("default_project_id", "id"),
        ("enabled", "id"),
        ("password_expires_at", "id"),
    ),
)
USERS_BY_EXPIRY = Narrow(
    USERS,
    "password_expires_at",
    USERS.c.password_expires_at,
    others=("id", "domain_id", "default_project_id", "enabled"),
)
GROUPS = Rows(
    Group, "identity_groups", unique=(("domain_id", "name"),), indexes=(("name",), ("domain_id", "id"))
)
MEMBERSHIPS = Rows(Membership, "identity_memberships", key=("user_id", "group_id"), indexes=(("group_id",),))
_WIDTH = len(USERS.selected)
_BOTH = sa.select(*USERS.selected, *DOMAINS.selected).join(DOMAINS.table, DOMAINS.c.id == USERS.c.domain_id)
_BY_ID = Query(_BOTH.where(USERS.c.id == sa.bindparam("id")))
_BY_NAME = Query(
    _BOTH.where(
        USERS.c.name == sa.bindparam("name"),
        USERS.c.origin == "",
        sa.or_(DOMAINS.c.id == sa.bindparam("domain_id"), DOMAINS.c.name == sa.bindparam("domain_name")),
    )
)


async def with_domain(tx: Tx, user_id: str) -> tuple[User, Domain] | None:
    return _pair(await tx.one(_BY_ID, id=user_id))


async def named(
    tx: Tx, name: str, *, domain_id: str | None, domain_name: str | None
) -> tuple[User, Domain] | None:
    """The user of that name in the domain, given by id or by name."""
    return _pair(await tx.one(_BY_NAME, name=name, domain_id=domain_id, domain_name=domain_name))


async def known(tx: Tx, who: Named) -> tuple[User, Domain] | None:
    if who.id:
        return await with_domain(tx, who.id)
    return await named(tx, who.name or "", domain_id=who.domain_id, domain_name=who.domain_name)


_FOR_EVER = sa.select(MEMBERSHIPS.c.group_id).where(
    MEMBERSHIPS.c.user_id == sa.bindparam("user_id", type_=sa.Text)
)
_FOR_A_TIME = sa.select(EXPIRING_MEMBERSHIPS.c.group_id).where(
    EXPIRING_MEMBERSHIPS.c.user_id == sa.bindparam("user_id", type_=sa.Text),
    EXPIRING_MEMBERSHIPS.c.expires_at > sa.bindparam("now", type_=sa.Text),
)
_GROUPS_OF = Query(_FOR_EVER.union(_FOR_A_TIME))


async def group_ids(tx: Tx, user_id: str, now: str) -> list[str]:
    """The groups that the user is in: for ever, or for longer than `now`."""
    return [row[0] for row in await tx.all(_GROUPS_OF, user_id=user_id, now=now)]


def in_group(group_id: str) -> Condition:
    """A condition on users: member of the group."""
    members = sa.select(MEMBERSHIPS.c.user_id).where(
        MEMBERSHIPS.c.group_id == sa.bindparam("in_group", type_=sa.Text)
    )
    return "in_group", USERS.c.id.in_(members), {"in_group": group_id}


def has_member(member: Member) -> Condition:
    """A condition on groups: the user is in it, for ever or beyond that time."""
    user = sa.bindparam("has_member", type_=sa.Text)
    now = sa.bindparam("now", type_=sa.Text)
    for_ever = sa.select(MEMBERSHIPS.c.group_id).where(MEMBERSHIPS.c.user_id == user)
    for_a_time = sa.select(EXPIRING_MEMBERSHIPS.c.group_id).where(
        EXPIRING_MEMBERSHIPS.c.user_id == user, EXPIRING_MEMBERSHIPS.c.expires_at > now
    )
    condition = sa.or_(GROUPS.c.id.in_(for_ever), GROUPS.c.id.in_(for_a_time))
    return "has_member", condition, {"has_member": member.user_id, "now": member.now}


def _pair(row: Any) -> tuple[User, Domain] | None:
    return None if row is None else (USERS.load(row[:_WIDTH]), DOMAINS.load(row[_WIDTH:]))


_FORGET_DEFAULT = Query(
    sa.update(USERS.table)
    .where(USERS.c.default_project_id == sa.bindparam("gone"))
    .values(default_project_id=None)
)


async def forget_default_project(tx: Tx, project_id: str) -> None:
    """Nobody's default project is this one any more."""
    await tx.run(_FORGET_DEFAULT, gone=project_id)
