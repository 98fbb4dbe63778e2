"""Secrets other than passwords: application credentials, and credentials such as EC2 keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class AccessRule(msgspec.Struct, frozen=True):
    """A request that an application credential may be restricted to. It never changes."""

    id: str
    user_id: str
    service: str
    path: str
    method: str


class ApplicationCredential(msgspec.Struct, frozen=True):
    """Lets a program act in one project with some of its owner's roles.

    `access_rules` are as they are shown; where there are any, it lets ask for nothing else.
    """

    id: str
    user_id: str
    project_id: str
    name: str
    description: str | None
    secret_hash: str
    role_ids: list[str]
    expires_at: datetime | None = None
    unrestricted: bool = False
    system: str | None = None
    access_rules: list[dict[str, Any]] | None = None


class Credential(msgspec.Struct, frozen=True):
    """`blob` is kept encrypted; for type ec2 it holds the access key and the secret."""

    id: str
    user_id: str
    type: str
    blob: str
    project_id: str | None = None
    extra: dict[str, Any] = {}
