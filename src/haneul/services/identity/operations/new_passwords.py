"""Setting passwords: what they must be like, and what is remembered of those that they replace."""

from __future__ import annotations

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.services.identity import config
from haneul.services.identity.errors import PasswordUsedBefore
from haneul.services.identity.model.passwords import (
    PastPassword,
    expires_at,
    require_changeable,
    require_strong,
)
from haneul.services.identity.model.users import User
from haneul.services.identity.operations import login_safety, passwords
from haneul.services.identity.store.passwords import PAST_PASSWORDS


async def require_acceptable(ctx: Context, password: str, *, changed_by: User | None = None) -> None:
    """Raise unless the installation's rules allow the password; more is asked of one's own choice.

    No transaction may be open: earlier passwords are compared with the new one.
    """
    rules = ctx.options(config.IdentityOptions).security_compliance
    if changed_by is not None:
        require_changeable(changed_by, rules, ctx.now())
    require_strong(password, rules)
    unique = rules.unique_last_password_count
    if changed_by is None or unique < 2:
        return
    async with ctx.in_reading() as c:
        past = await _past(c, changed_by.id)
    hashes = [changed_by.password_hash, *(each.hash for each in past)]
    for hashed in hashes[: unique - 1]:
        if hashed is not None and await passwords.fits(ctx.platform, password, hashed):
            raise PasswordUsedBefore(count=unique)


async def with_password(ctx: Context, user: User, hashed: str, *, by_self: bool) -> User:
    """The user with that password, not yet written; what was there before is remembered as asked."""
    rules = ctx.options(config.IdentityOptions).security_compliance
    now = ctx.now()
    if user.password_hash is not None and rules.unique_last_password_count > 1:
        await PAST_PASSWORDS.add(ctx.tx, PastPassword(user.id, now, user.password_hash))
    for old in (await _past(ctx, user.id))[max(0, rules.unique_last_password_count - 2) :]:
        await PAST_PASSWORDS.remove(ctx.tx, user_id=user.id, hash=old.hash)
    if not by_self:
        await login_safety.forget_failures(ctx, user.id)
    return replace(
        user,
        password_hash=hashed,
        password_changed_at=now if by_self else None,
        password_expires_at=expires_at(user.options, rules, now, by_self=by_self),
    )


async def _past(ctx: Context, user_id: str) -> list[PastPassword]:
    """The newest first."""
    past = await PAST_PASSWORDS.find(ctx.tx, user_id=user_id)
    return sorted(past, key=lambda each: each.replaced_at, reverse=True)
