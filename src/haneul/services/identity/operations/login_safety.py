"""What a login must pass besides the right password: lockout, expiry, and not too many tries.

Tries are counted in each process by itself, and forgotten with it; wrong passwords in a row are stored.
Nothing here tells an unknown user from a known one, in words or in time.
"""

from __future__ import annotations

from typing import NoReturn

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.guesses import Counts
from haneul.services.identity import config
from haneul.services.identity.errors import PasswordExpired
from haneul.services.identity.model.passwords import Attempts, is_expired, is_inactive, is_locked_out
from haneul.services.identity.model.users import User
from haneul.services.identity.store.passwords import ATTEMPTS
from haneul.services.identity.store.users import USERS

NOBODY = "nobody"
"""Stands in the store for users that are not there."""


class Tries(Counts):
    """How often was tried, by who or from where."""


def try_from(ctx: Context, address: str) -> None:
    """Count one try from that address; 429 if there were too many."""
    _count(ctx, f"address:{address}", ctx.options(config.IdentityOptions).rate_limit.per_address)


def try_for(ctx: Context, who: str) -> None:
    """Count one try for that user, whether there is one or not; 429 if there were too many."""
    _count(ctx, f"user:{who}", ctx.options(config.IdentityOptions).rate_limit.per_user)


def _count(ctx: Context, key: str, most: int) -> None:
    if not most:
        return
    tries = ctx.platform.keep(Tries)
    tries.require_fewer(key, most, ctx.now())
    tries.add(key, ctx.options(config.IdentityOptions).rate_limit.period_s, ctx.now())


async def decide(ctx: Context, user: User, *, is_right: bool, may_be_expired: bool = False) -> None:
    """Raise unless the password was right, and its owner may log in with it.

    To be called once the password was checked, so that a locked account takes as long as any other. No
    transaction may be open.
    """
    rules = ctx.options(config.IdentityOptions).security_compliance
    async with ctx.in_reading() as c:
        attempts = await ATTEMPTS.get(c.tx, user.id)
    now = ctx.now()
    if is_locked_out(user, attempts or Attempts(user.id), rules, now):
        await refuse_nobody(ctx)
    if not is_right:
        await _failed(ctx, user.id)
        raise Unauthorized
    if is_inactive(user, attempts, rules, now):
        raise Unauthorized
    if is_expired(user, now) and not may_be_expired:
        raise PasswordExpired(user_id=user.id)
    await _succeeded(ctx, user, attempts)


async def refuse_nobody(ctx: Context) -> NoReturn:
    """Raise as for a wrong password, after the same work: whether somebody exists is not to be timed."""
    async with ctx.in_reading() as c:
        await ATTEMPTS.get(c.tx, NOBODY)
    await _failed(ctx, NOBODY)
    raise Unauthorized


async def _failed(ctx: Context, user_id: str) -> None:
    """One more wrong password, if these are counted."""
    if ctx.options(config.IdentityOptions).security_compliance.lockout_failure_attempts is None:
        return
    await ctx.transact(_note_failure, user_id)


async def _note_failure(ctx: Context, user_id: str) -> None:
    await ctx.tx.lock("identity.attempts", user_id)
    known = await ATTEMPTS.get(ctx.tx, user_id)
    if known is None:
        await ATTEMPTS.add(ctx.tx, Attempts(user_id, 1, ctx.now()))
    else:
        await ATTEMPTS.update(ctx.tx, replace(known, failures=known.failures + 1, failed_at=ctx.now()))


async def _succeeded(ctx: Context, user: User, attempts: Attempts | None) -> None:
    """Failures are forgotten, and today is noted; most logins change neither, and write nothing."""
    now = ctx.now()
    if attempts and not attempts.failures and attempts.active_at and attempts.active_at.date() == now.date():
        return
    await ctx.transact(forget_failures, user.id, active=True)


async def forget_failures(ctx: Context, user_id: str, *, active: bool = False) -> None:
    """Nothing stands against the user's next login; `active` notes that there was one, or may be."""
    await ctx.tx.lock("identity.attempts", user_id)
    known = await ATTEMPTS.get(ctx.tx, user_id)
    new = Attempts(user_id, active_at=ctx.now() if active else known and known.active_at)
    await (ATTEMPTS.add if known is None else ATTEMPTS.update)(ctx.tx, new)


async def disable_inactive(ctx: Context) -> int:
    """Users who have not logged in for too long are disabled; how many."""
    rules = ctx.options(config.IdentityOptions).security_compliance
    if rules.disable_user_account_days_inactive is None:
        return 0

    async def disabled(c: Context) -> int:
        known = {each.user_id: each for each in await ATTEMPTS.page(c.tx)}
        users = await USERS.find(c.tx, enabled=True)
        idle = [each for each in users if is_inactive(each, known.get(each.id), rules, ctx.now())]
        for user in idle:
            await USERS.update(c.tx, replace(user, enabled=False))
        return len(idle)

    return await ctx.transact(disabled)
