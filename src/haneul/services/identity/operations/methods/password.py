"""By a password. It is checked with no transaction open."""

from __future__ import annotations

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.guesses import guarded
from haneul.kernel.http.bounds import LongText
from haneul.kernel.http.routes import Request
from haneul.kernel.http.schema import Schema
from haneul.services.identity.model.proofs import Method, Named, Proof
from haneul.services.identity.model.users import User
from haneul.services.identity.operations import directories, login_safety, passwords
from haneul.services.identity.operations.references import Reference, named
from haneul.services.identity.store import users
from haneul.services.identity.store.users import USERS


class UserWithPassword(Reference, kw_only=True):
    password: LongText


class Password(Schema):
    user: UserWithPassword


async def prove(ctx: Context, proof: Password, request: Request) -> Proof:
    """The user whose password it is; Unauthorized for any other, slower with each guess."""
    who = named(proof.user, "user")
    name = who.id or f"{who.domain_id or who.domain_name}/{who.name}"
    login_safety.try_for(ctx, name)
    with guarded(ctx.platform, f"password {name}", request.address):
        return await _prove(ctx, who, proof.user.password, request.address)


async def _prove(ctx: Context, who: Named, password: str, address: str) -> Proof:
    await directories.refresh_named(ctx, who)
    async with ctx.in_reading() as c:
        user = await users.known(c.tx, who)
    stored = user[0].password_hash if user else None
    is_right = await directories.fits(ctx, user[0], password) if user else None
    is_elsewhere = is_right is not None
    if is_right is None:
        is_right = await passwords.fits(ctx.platform, password, stored, address=address)
    if not user or (stored is None and not is_elsewhere):
        await login_safety.refuse_nobody(ctx)
    await login_safety.decide(ctx, user[0], is_right=is_right)
    if stored is not None and passwords.is_outdated(stored):
        await _rehash(ctx, user[0], password)
    return Proof(*user, methods=("password",))


async def _rehash(ctx: Context, user: User, password: str) -> None:
    """Keep the password by today's means, unless it was changed meanwhile."""
    new = await passwords.hashed(ctx.platform, password)

    async def kept(c: Context) -> None:
        now = await USERS.get(c.tx, user.id)
        if now is not None and now.password_hash == user.password_hash:
            await USERS.update(c.tx, replace(now, password_hash=new))

    await ctx.transact(kept)


METHOD = Method("password", Password, prove)
