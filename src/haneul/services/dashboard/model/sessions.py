"""A session: what a browser holds is a random secret, and only with it can be read what is stored.

The store keeps a digest of the secret, to find the row by, and the person's token sealed under a key that is
derived from the secret. So a copy of the store opens no session and holds no token; and each control plane
can serve each browser, also after a restart.
"""

from __future__ import annotations

import base64
import hmac
import os
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from haneul.services.dashboard import errors

SECRET_BYTES = 32
NONCE_BYTES = 12
MOST_SESSIONS = 20
"""Of one person; the oldest ends when another begins."""


class Person(msgspec.Struct, frozen=True):
    """Who uses the dashboard, as their token says."""

    token: str
    user_id: str
    user_name: str
    domain_name: str
    roles: tuple[str, ...]
    endpoints: dict[str, str]
    """Service type -> path under the one address, as the catalogue says."""
    ends_at: datetime
    """When the token ends."""
    project_id: str = ""
    project_name: str = ""
    scope_name: str = ""
    """What else the token is for: a domain's name, or `system`."""


class Session(msgspec.Struct, frozen=True):
    """A visit, or the right to begin one."""

    digest: str
    user_id: str
    sealed: str
    is_link: bool
    """It is a link, to be used once, for what is then a session."""
    began_at: datetime
    expires_at: datetime
    """When it ends if nobody uses it."""
    ends_at: datetime
    """When it ends in any case."""


def new_secret() -> str:
    return base64.urlsafe_b64encode(os.urandom(SECRET_BYTES)).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """By what the row is found."""
    return sha256(b"haneul session " + secret.encode(errors="replace")).hexdigest()


def _key(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(errors="replace"), purpose.encode(), "sha256")


def seal(secret: str, person: Person) -> str:
    """What only the holder of the secret can read."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_key(secret, "seal")).encrypt(nonce, msgspec.json.encode(person), digest(secret).encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(secret: str, session: Session) -> Person:
    """Who it is; NoSession if the secret is not the session's."""
    raw = base64.b64decode(session.sealed)
    try:
        content = AESGCM(_key(secret, "seal")).decrypt(
            raw[:NONCE_BYTES], raw[NONCE_BYTES:], session.digest.encode()
        )
    except InvalidTag:
        raise errors.NoSession from None
    return msgspec.json.decode(content, type=Person)


def form_token(secret: str) -> str:
    """What a form of this session carries; never twice the same text, so that compression tells nothing of it."""
    mask = os.urandom(16)
    key = _key(secret, "form")[:16]
    return (mask + bytes(a ^ b for a, b in zip(mask, key, strict=True))).hex()


def is_form_token(secret: str, text: str) -> bool:
    """Whether the form is one that this session was shown."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return False
    if len(raw) != 32:
        return False
    key = bytes(a ^ b for a, b in zip(raw[:16], raw[16:], strict=True))
    return hmac.compare_digest(key, _key(secret, "form")[:16])


def lifetime(now: datetime, person: Person, *, idle: timedelta, most: timedelta) -> tuple[datetime, datetime]:
    """(when a session that begins now ends unused, when it ends in any case)"""
    ends_at = min(person.ends_at, now + most)
    return min(ends_at, now + idle), ends_at
