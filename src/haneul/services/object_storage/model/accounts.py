"""An account: all that a project keeps."""

from __future__ import annotations

from datetime import datetime

import msgspec

PREFIX = "AUTH_"


class Account(msgspec.Struct, frozen=True, gc=False):
    """`headers` are those that it was given, by their names in lower case."""

    name: str
    created_at: datetime
    headers: dict[str, str] = {}
    generation: int = 0


class Usage(msgspec.Struct, frozen=True, gc=False):
    """How much is in an account."""

    containers: int = 0
    objects: int = 0
    bytes_used: int = 0


def project_of(account: str) -> str:
    """The project whose account has that name; empty: no project's account is called so."""
    return account.removeprefix(PREFIX) if account.startswith(PREFIX) else ""
