"""By a code that changes every half minute (RFC 6238), from a secret kept as a credential of type totp."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.bounds import Text
from haneul.kernel.http.routes import Request
from haneul.kernel.http.schema import Schema
from haneul.services.identity.model.proofs import Method, Proof
from haneul.services.identity.operations import credentials
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


async def prove(ctx: Context, given: Passcode, request: Request) -> Proof:
    async with ctx.in_reading() as c:
        found = await users.known(c.tx, named(given.user, "user"))
        if found is None:
            raise Unauthorized
        stored = await CREDENTIALS.find(c.tx, user_id=found[0].id, type="totp")
    secrets = [credentials.opened(ctx, each) for each in stored]
    if not any(_fits(given.user.passcode, secret, ctx.now()) for secret in secrets):
        raise Unauthorized
    return Proof(*found, methods=("totp",))


def _fits(passcode: str, secret: str, now: datetime) -> bool:
    try:
        key = base64.b32decode(secret.strip().upper())
        codes = TOTP(key, DIGITS, SHA1(), STEP_S, enforce_key_length=False)  # noqa: S303  # as RFC 6238 says
    except (binascii.Error, ValueError):
        return False
    times = (int(now.timestamp()) - STEP_S * i for i in range(EARLIER + 1))
    return any(hmac.compare_digest(codes.generate(at), passcode.encode()) for at in times)


METHOD = Method("totp", Passcode, prove)
