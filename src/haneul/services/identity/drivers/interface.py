"""What a directory must be able to do; we only ever read it."""

from __future__ import annotations

from typing import Protocol

import msgspec


class DirectoryUser(msgspec.Struct, frozen=True):
    """`key` is how the directory itself names the user: a distinguished name."""

    id: str
    name: str
    key: str
    is_enabled: bool = True
    email: str | None = None
    description: str | None = None
    default_project_id: str | None = None
    more: dict[str, str] = {}
    """What else the installation wants to be known of users, by our names."""


class DirectoryGroup(msgspec.Struct, frozen=True):
    """`members` are ids of users, or their keys, as the directory has it."""

    id: str
    name: str
    members: frozenset[str] = frozenset()
    description: str | None = None
    key: str = ""
    more: dict[str, str] = {}

    def has(self, user: DirectoryUser) -> bool:
        return user.id in self.members or user.key in self.members


class Directory(Protocol):
    """Raises `DirectoryUnreachable` where the directory does not answer, or not as configured."""

    async def users(self, *, id: str | None = None, name: str | None = None) -> list[DirectoryUser]: ...

    async def groups(self, *, of: DirectoryUser | None = None) -> list[DirectoryGroup]: ...

    async def is_password(self, user: DirectoryUser, password: str) -> bool: ...

    async def close(self) -> None: ...
