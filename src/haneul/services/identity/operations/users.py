"""Users: what follows when one is disabled, changes a password, or goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.guesses import guarded
from haneul.kernel.policy import Rule
from haneul.services.identity.errors import ImmutableId, Invalid
from haneul.services.identity.model.revocations import of_user
from haneul.services.identity.model.users import User
from haneul.services.identity.operations import (
    access,
    collections,
    directories,
    federated_users,
    login_safety,
    new_passwords,
    oauth1,
    passwords,
    trusts,
)
from haneul.services.identity.operations.federated_users import Link
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store.credentials import ACCESS_RULES, APPLICATION_CREDENTIALS, CREDENTIALS
from haneul.services.identity.store.federation import EXPIRING_MEMBERSHIPS, FEDERATED_USERS
from haneul.services.identity.store.passwords import ATTEMPTS, PAST_PASSWORDS
from haneul.services.identity.store.projects import DOMAINS
from haneul.services.identity.store.roles import ASSIGNMENTS
from haneul.services.identity.store.users import MEMBERSHIPS, USERS


async def create(ctx: Context, user: User, password: str | None, links: Sequence[Link] = ()) -> User:
    """The new user; no transaction may be open, because the password takes its time."""
    await directories.require_writable(ctx, user.domain_id)
    hashed = None
    if password is not None:
        await new_passwords.require_acceptable(ctx, password)
        hashed = await passwords.hashed(ctx.platform, password)
    return await ctx.transact(_add, replace(user, created_at=ctx.now()), hashed, links)


async def _add(ctx: Context, user: User, hashed: str | None, links: Sequence[Link]) -> User:
    await access.exists(ctx, collections.DOMAINS, user.domain_id)
    await federated_users.write(ctx, user.id, links)
    await _require_project(ctx, user.default_project_id)
    if hashed is not None:
        user = await new_passwords.with_password(ctx, user, hashed, by_self=False)
    return await access.add(ctx, collections.USERS, user)


async def update(
    ctx: Context,
    rule: Rule,
    id: str,
    changes: dict[str, Any],
    extra: dict[str, Any],
    password: str | None,
    links: Sequence[Link] | None = None,
) -> User:
    """The user as changed; a new password, or being disabled, ends their tokens."""
    async with ctx.in_reading() as c:
        user = await access.find(c, rule, collections.USERS, id)
    if changes.get("domain_id", user.domain_id) != user.domain_id:
        raise ImmutableId(kind="Domain")
    await directories.require_writable(ctx, user.domain_id)
    hashed = None
    if password is not None:
        await new_passwords.require_acceptable(ctx, password)
        hashed = await passwords.hashed(ctx.platform, password)
    return await ctx.transact(_change, id, changes, extra, hashed, links)


async def _change(
    ctx: Context,
    id: str,
    changes: dict[str, Any],
    extra: dict[str, Any],
    hashed: str | None,
    links: Sequence[Link] | None,
) -> User:
    now = await access.exists(ctx, collections.USERS, id)
    if "options" in changes:
        options = {**now.options, **changes["options"]}
        changes = {
            **changes,
            "options": {name: value for name, value in options.items() if value is not None},
        }
    await _require_project(ctx, changes.get("default_project_id"))
    user = access.changed(now, changes, extra)
    if hashed is not None:
        user = await new_passwords.with_password(ctx, user, hashed, by_self=False)
    if user.enabled and not now.enabled:  # who is enabled again has time to log in
        await login_safety.forget_failures(ctx, id, active=True)
    if hashed is not None or not user.enabled:
        await revoke(ctx, of_user(id))
    if now.enabled and not user.enabled:  # what was lent does not come back when they do
        await APPLICATION_CREDENTIALS.remove(ctx.tx, user_id=id)
        await ACCESS_RULES.remove(ctx.tx, user_id=id)
    if links is not None:
        await federated_users.write(ctx, id, links)
    return await access.write(ctx, collections.USERS, user)


async def _require_project(ctx: Context, id: str | None) -> None:
    """The id is none of a domain; that the project exists is not asked."""
    if id is not None and await DOMAINS.get(ctx.tx, id) is not None:
        raise Invalid(why=f"User's default project ID cannot be a domain ID: {id}")


async def _proved(ctx: Context, id: str, password: str, address: str) -> User:
    async with ctx.in_reading() as c:
        user = await USERS.get(c.tx, id)
    is_right = await passwords.fits(
        ctx.platform, password, user.password_hash if user else None, address=address
    )
    if not user:
        await login_safety.refuse_nobody(ctx)
    await login_safety.decide(ctx, user, is_right=is_right, may_be_expired=True)
    if not user.enabled:
        raise Unauthorized
    return user


async def change_password(ctx: Context, id: str, original: str, new: str, *, address: str) -> None:
    """The user's own doing: the original password proves who they are. All their tokens end."""
    login_safety.try_for(ctx, id)
    with guarded(ctx.platform, f"password {id}", address):
        user = await _proved(ctx, id, original, address)
    await new_passwords.require_acceptable(ctx, new, changed_by=user)
    hashed = await passwords.hashed(ctx.platform, new)
    await ctx.transact(_replace_password, user, hashed)


async def _replace_password(ctx: Context, proved: User, hashed: str) -> None:
    now = await USERS.get(ctx.tx, proved.id)
    if now is None or now.password_hash != proved.password_hash:
        raise Unauthorized
    await revoke(ctx, of_user(proved.id))
    await USERS.update(ctx.tx, await new_passwords.with_password(ctx, now, hashed, by_self=True))


async def revoke_tokens(ctx: Context, id: str) -> None:
    """No token that was issued to the user until now holds; they can log in again."""
    await access.exists(ctx, collections.USERS, id)
    await revoke(ctx, of_user(id))


async def delete(ctx: Context, user: User) -> None:
    """The user is gone, with their memberships, roles, credentials and tokens."""
    await revoke(ctx, of_user(user.id))
    await trusts.end_of_user(ctx, user.id)
    await oauth1.end(ctx, user_id=user.id)
    await MEMBERSHIPS.remove(ctx.tx, user_id=user.id)
    await FEDERATED_USERS.remove(ctx.tx, user_id=user.id)
    await EXPIRING_MEMBERSHIPS.remove(ctx.tx, user_id=user.id)
    await ASSIGNMENTS.remove(ctx.tx, actor_id=user.id)
    await APPLICATION_CREDENTIALS.remove(ctx.tx, user_id=user.id)
    await ACCESS_RULES.remove(ctx.tx, user_id=user.id)
    await CREDENTIALS.remove(ctx.tx, user_id=user.id)
    await PAST_PASSWORDS.remove(ctx.tx, user_id=user.id)
    await ATTEMPTS.remove(ctx.tx, user_id=user.id)
    await USERS.remove(ctx.tx, id=user.id)
