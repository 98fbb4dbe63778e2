"""Users, groups, and who is in which."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec


class User(msgspec.Struct, frozen=True):
    """`origin` is empty for users whose name is theirs alone in their domain.

    A user that an identity provider brought is called what it calls them, whoever else has that name here:
    their `origin` is their own id, and nobody is found by that name.
    """

    id: str
    name: str
    domain_id: str
    enabled: bool = True
    default_project_id: str | None = None
    password_hash: str | None = None
    options: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    origin: str = ""
    created_at: datetime | None = None
    password_changed_at: datetime | None = None
    """When the user chose the password; None if somebody else did."""
    password_expires_at: datetime | None = None


class Group(msgspec.Struct, frozen=True):
    id: str
    name: str
    domain_id: str
    description: str = ""
    extra: dict[str, Any] = {}


class Member(NamedTuple):
    """A user whose groups are meant: those that they are in for ever, or beyond that time."""

    user_id: str
    now: str


class Membership(msgspec.Struct, frozen=True):
    user_id: str
    group_id: str
