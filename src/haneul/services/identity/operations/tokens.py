"""Tokens: minted for an authorisation, taken apart again, ended."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from weakref import WeakKeyDictionary

from haneul.kernel.context import Auth, Context, Platform
from haneul.kernel.errors import Unauthorized
from haneul.services.identity.model import revocations as reasons
from haneul.services.identity.model import tokens
from haneul.services.identity.operations import revocations

CACHE = 20_000
_verified: WeakKeyDictionary[Platform, dict[str, Auth]] = WeakKeyDictionary()
_bodies: WeakKeyDictionary[Platform, dict[tuple[str, bool], bytes]] = WeakKeyDictionary()


@lru_cache(maxsize=8)
def signing_key(folder: Path) -> tokens.SigningKey:
    """The key that signs tokens of this cloud; made at its first use, readable by its owner only."""
    path = folder / "keys" / "identity"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = sorted(path.glob("*.ed25519"))
    if not found:
        new = path / f"{datetime.now(UTC):%Y%m%d%H%M%S}.ed25519"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as f:
            f.write(os.urandom(32))
        found = [new]
    return tokens.SigningKey(found[-1].stem, found[-1].read_bytes())


def mint(platform: Platform, auth: Auth) -> str:
    """A token that stands for this authorisation."""
    return signing_key(platform.folder).sign(auth)


async def authenticate(platform: Platform, token: str) -> Auth:
    """The authorisation that a token stands for; Unauthorized if it is none, or no longer."""
    verified = _verified.setdefault(platform, {})
    auth = verified.get(token)
    if auth is None:
        key = signing_key(platform.folder)
        auth = tokens.verify(token, {key.id: key.public})
        if len(verified) >= CACHE:
            verified.clear()
        verified[token] = auth
    if auth.expires_at <= reasons.time_text(platform.clock.now()):
        raise Unauthorized
    if await revocations.is_revoked(platform, auth):
        raise Unauthorized
    return auth


async def end(ctx: Context, auth: Auth) -> None:
    """This token no longer holds."""
    if auth.audit_ids:
        await revocations.revoke(ctx, reasons.of_token(auth.audit_ids[0]))


def bodies(platform: Platform) -> dict[tuple[str, bool], bytes]:
    """What was answered about tokens, by token and whether the catalogue is in it."""
    known = _bodies.setdefault(platform, {})
    if platform.db.is_shared or len(known) >= CACHE:  # others may have changed the catalogue
        known.clear()
    return known


def catalogue_changed(ctx: Context) -> None:
    """Once this transaction is committed, tokens are shown with what is in the catalogue then."""

    def forget() -> None:
        _bodies.pop(ctx.platform, None)

    ctx.tx.after_commit(forget)
