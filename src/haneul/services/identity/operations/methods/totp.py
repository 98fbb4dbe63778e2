"""By a code that changes every half minute (RFC 6238), from a secret kept as a credential of type totp."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.guesses import guarded
from haneul.kernel.http.bounds import Text
from haneul.kernel.http.routes import Request
from haneul.kernel.http.schema import Schema
from haneul.services.identity.model.proofs import Method, Proof
from haneul.services.identity.operations import credentials, used_once
from haneul.services.identity.operations.references import Reference, named
from haneul.services.identity.store import users
from haneul.services.identity.store.credentials import CREDENTIALS

STEP_S = 30
DIGITS = 6
EARLIER = 1
"""So many codes before the present one are taken too: people type slowly."""


class UserWithPasscode(Reference, kw_only=True):
    passcode: Text


class Passcode(Schema):
    user: UserWithPasscode


async def prove(ctx: Context, proof: Passcode, request: Request) -> Proof:
    """The user whose code it is, which is used up by that; Unauthorized for any other, slower with each guess."""
    who = named(proof.user, "user")
    async with ctx.in_reading() as c:
        user = await users.known(c.tx, who)
    name = user[0].id if user else who.id or f"{who.domain_id or who.domain_name}/{who.name}"
    with guarded(ctx.platform, f"passcode {name}", request.address):
        if user is None:
            raise Unauthorized
        await _use(ctx, user[0].id, proof.user.passcode)
    return Proof(*user, methods=("totp",))


async def _use(ctx: Context, user_id: str, passcode: str) -> None:
    """The code is of one of the user's secrets, and was not used before; it is now."""
    async with ctx.in_reading() as c:
        stored = await CREDENTIALS.find(c.tx, user_id=user_id, type="totp")
    now = ctx.now()
    ends = now + timedelta(seconds=STEP_S * (EARLIER + 1))
    for each in stored:
        step = _step(passcode, credentials.opened(ctx, each), now)
        if step is not None and await used_once.use(ctx, f"passcode {each.id} {step}", ends):
            return
    raise Unauthorized


def _step(passcode: str, secret: str, now: datetime) -> int | None:
    """The half minute that the code is of, if it is one of now or just before."""
    try:
        key = base64.b32decode(secret.strip().upper())
        codes = TOTP(key, DIGITS, SHA1(), STEP_S, enforce_key_length=False)  # noqa: S303  # as RFC 6238 says
    except (binascii.Error, ValueError):
        return None
    this = int(now.timestamp()) // STEP_S
    for step in range(this, this - EARLIER - 1, -1):
        if hmac.compare_digest(codes.generate(step * STEP_S), passcode.encode()):
            return step
    return None


METHOD = Method("totp", Passcode, prove)
