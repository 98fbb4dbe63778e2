"""Roles, what they imply, and who has them on what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

SYSTEM_ID = "system"
STANDARD = ("reader", "member", "manager", "admin", "service")
IMPLIES = {"admin": "manager", "manager": "member", "member": "reader"}


class Role(msgspec.Struct, frozen=True):
    """`domain_id` is empty for a role of the whole cloud; others never appear in tokens themselves."""

    id: str
    name: str
    domain_id: str = ""
    description: str = ""
    options: dict[str, Any] = {}
    extra: dict[str, Any] = {}


class Holder(NamedTuple):
    """Whose roles are meant: a user's, and of groups they are in for as long as their token lasts.

    Memberships that expire count where they last beyond `now`; without it they do not.
    """

    user_id: str
    group_ids: Iterable[str] = ()
    now: str | None = None


class ImpliedRole(msgspec.Struct, frozen=True):
    prior_role_id: str
    implied_role_id: str


class Assignment(msgspec.Struct, frozen=True):
    """The actor (user or group) has the role on the target (project, domain or system).

    `inherited` means on every project below the target instead of on the target itself.
    """

    actor_id: str
    target_kind: str
    target_id: str
    role_id: str
    inherited: bool = False
    actor_kind: str = "user"


def with_implied(role_ids: Iterable[str], implied: Mapping[str, Iterable[str]]) -> set[str]:
    """The role ids given, and all that they imply, directly or not."""
    closure: set[str] = set()
    waiting = list(role_ids)
    while waiting:
        role_id = waiting.pop()
        if role_id not in closure:
            closure.add(role_id)
            waiting.extend(implied.get(role_id, ()))
    return closure


def in_tokens(
    role_ids: Iterable[str], roles: Mapping[str, Role], implied: Mapping[str, Iterable[str]]
) -> list[Role]:
    """The roles that a token carries for these role ids, sorted by name."""
    known = (roles[each] for each in with_implied(role_ids, implied) if each in roles)
    return sorted((role for role in known if not role.domain_id), key=lambda role: role.name)
