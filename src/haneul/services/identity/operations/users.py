"""Users: what follows when one is disabled, changes a password, or goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.services.identity.errors import ImmutableId
from haneul.services.identity.model.revocations import of_user
from haneul.services.identity.model.users import User
from haneul.services.identity.operations import access, federated_users, oauth1, passwords, trusts
from haneul.services.identity.operations.federated_users import Link
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store.credentials import ACCESS_RULES, APPLICATION_CREDENTIALS, CREDENTIALS
from haneul.services.identity.store.federation import EXPIRING_MEMBERSHIPS, FEDERATED_USERS
from haneul.services.identity.store.projects import DOMAINS
from haneul.services.identity.store.roles import ASSIGNMENTS
from haneul.services.identity.store.users import MEMBERSHIPS, USERS


async def create(ctx: Context, user: User, password: str | None, links: Sequence[Link] = ()) -> User:
    """The new user; no transaction may be open, because the password takes its time."""
    ctx.authorize(access.target(user=user))
    hashed = await passwords.hashed(password) if password is not None else None
    async with ctx.in_transaction() as c:
        await access.exists(c, DOMAINS, user.domain_id, "domain")
        await federated_users.write(c, user.id, links)
        return await access.add(c, USERS, replace(user, password_hash=hashed), "user")


async def update(
    ctx: Context,
    id: str,
    changes: dict[str, Any],
    extra: dict[str, Any],
    password: str | None,
    links: Sequence[Link] | None = None,
) -> User:
    """The user as changed; a new password, or being disabled, ends their tokens."""
    async with ctx.in_reading() as c:
        user = await access.find(c, USERS, id, "user")
    access.require_mutable(user, "user", "update", changes.get("options"))
    if changes.get("domain_id", user.domain_id) != user.domain_id:
        raise ImmutableId(kind="Domain")
    if password is not None:
        changes["password_hash"] = await passwords.hashed(password)
    async with ctx.in_transaction() as c:
        user = access.changed(await access.exists(c, USERS, id, "user"), changes, extra)
        if password is not None or not user.enabled:
            await revoke(c, of_user(id))
        if links is not None:
            await federated_users.write(c, id, links)
        return await access.write(c, USERS, user, "user")


async def change_password(ctx: Context, id: str, original: str, new: str) -> None:
    """The user's own doing: the original password proves who they are. All their tokens end."""
    async with ctx.in_reading() as c:
        user = await USERS.get(c.tx, id)
    if (
        not await passwords.fits(original, user.password_hash if user else None)
        or not user
        or not user.enabled
    ):
        raise Unauthorized
    hashed = await passwords.hashed(new)
    async with ctx.in_transaction() as c:
        now = await USERS.get(c.tx, id)
        if now is None or now.password_hash != user.password_hash:
            raise Unauthorized
        await revoke(c, of_user(id))
        await USERS.update(c.tx, replace(now, password_hash=hashed))


async def delete(ctx: Context, user: User) -> None:
    """The user is gone, with their memberships, roles, credentials and tokens."""
    access.require_mutable(user, "user", "delete")
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
    await USERS.remove(ctx.tx, id=user.id)
