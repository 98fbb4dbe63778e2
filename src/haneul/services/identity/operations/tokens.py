"""Tokens: minted for an authorisation, taken apart again, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context, Platform
from haneul.kernel.errors import Unauthorized
from haneul.services.identity.model import revocations as reasons
from haneul.services.identity.model import tokens
from haneul.services.identity.operations import revocations
from haneul.services.identity.operations.keys import SIGNING

CACHE = 20_000
KEPT_EXPIRED = timedelta(days=2)
"""An expired token may be shown for that long to whoever asks for it (`allow_expired`)."""


class Verified(dict[str, tuple[Auth, datetime]]):
    """What tokens stand for, and when they expire."""


class Bodies(dict[tuple[str, bool], bytes]):
    """What was answered about tokens, by token and whether the catalogue is in it."""


def mint(platform: Platform, auth: Auth) -> str:
    """A token that stands for this authorisation."""
    return SIGNING.newest(platform.folder)[1].sign(auth)


async def authenticate(platform: Platform, token: str, *, allow_expired: bool = False) -> Auth:
    """The authorisation that a token stands for; Unauthorized if it is none, or no longer.

    `allow_expired` lets through what has expired of itself within `KEPT_EXPIRED`.
    """
    verified = platform.keep(Verified)
    known = verified.get(token)
    if known is None:
        auth = tokens.verify(token, lambda name: SIGNING.find(platform.folder, name), Auth)
        known = auth, reasons.moment(auth.expires_at)
        if len(verified) >= CACHE:
            verified.clear()
        verified[token] = known
    auth, expires = known
    now = platform.clock.now()
    if expires <= (now - KEPT_EXPIRED if allow_expired else now):
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
    known = platform.keep(Bodies)
    if platform.db.is_shared or len(known) >= CACHE:  # others may have changed the catalogue
        known.clear()
    return known


def catalogue_changed(ctx: Context) -> None:
    """Once this transaction is committed, tokens are shown with what is in the catalogue then."""

    def forget() -> None:
        ctx.platform.drop(Bodies)

    ctx.tx.after_commit(forget)
