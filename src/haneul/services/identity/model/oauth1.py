"""OAuth 1.0a: programs of others (consumers) that act for somebody who said yes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

REQUEST_LIFETIME = timedelta(hours=8)
ACCESS_LIFETIME = timedelta(days=1)


class Consumer(msgspec.Struct, frozen=True):
    """A program of somebody else's. Its secret, like those of tokens, is kept sealed."""

    id: str
    secret: str
    description: str | None = None
    extra: dict[str, Any] = {}


class RequestToken(msgspec.Struct, frozen=True):
    """A consumer's wish to act in a project. Once somebody has agreed, there is a `verifier`."""

    id: str
    secret: str
    consumer_id: str
    project_id: str
    expires_at: datetime
    verifier: str | None = None
    user_id: str | None = None
    role_ids: list[str] = []


class AccessToken(msgspec.Struct, frozen=True):
    """The consumer acts in the project as the user, with these of their roles."""

    id: str
    secret: str
    consumer_id: str
    project_id: str
    user_id: str
    role_ids: list[str]
    expires_at: datetime
