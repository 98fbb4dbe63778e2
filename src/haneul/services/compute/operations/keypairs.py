"""Key pairs: import, generate, show, list, delete."""

from __future__ import annotations

import asyncio
import builtins

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate, Filter
from haneul.kernel.errors import BadRequest
from haneul.kernel.policy import Rule
from haneul.services.compute import errors
from haneul.services.compute.model import public_keys
from haneul.services.compute.model.keypairs import Keypair
from haneul.services.compute.policy import keypairs as policy
from haneul.services.compute.store.keypairs import KEYPAIRS, newest_number
from haneul.services.compute.store.quotas import QUOTAS


async def generate(kind: str, user_id: str) -> public_keys.Generated:
    """A new key, made beside the loop because it takes a tenth of a second."""
    return await asyncio.to_thread(public_keys.generate, kind, user_id)


async def create(ctx: Context, user_id: str, name: str, kind: str, public_key: str) -> Keypair:
    """Store the key under that name of that user."""
    ctx.authorize(policy.CREATE, {"user_id": user_id})
    fingerprint = public_keys.fingerprint(kind, public_key)
    await ctx.tx.lock("compute_keypairs")
    limit = (await QUOTAS.limits(ctx.tx, ctx.auth.project_id or "default"))["key_pairs"]
    have = await KEYPAIRS.count(ctx.tx, user_id=user_id)
    if 0 <= limit <= have:
        raise errors.TooManyKeypairs(resource="key_pairs", requested=1, used=have, limit=limit)
    keypair = Keypair(
        user_id, name, kind, public_key, fingerprint, ctx.now(), await newest_number(ctx.tx) + 1
    )
    try:
        return await KEYPAIRS.add(ctx.tx, keypair)
    except Duplicate:
        raise errors.KeypairExists(name=name) from None


async def show(ctx: Context, user_id: str, name: str, rule: Rule = policy.SHOW) -> Keypair:
    """The user's key pair of that name; KeypairNotFound if there is none."""
    ctx.authorize(rule, {"user_id": user_id})
    keypair = await KEYPAIRS.get(ctx.tx, user_id, name)
    if keypair is None:
        raise errors.KeypairNotFound(name=name, user_id=user_id)
    return keypair


async def list(
    ctx: Context, user_id: str, *, marker: str | None = None, limit: int | None = None
) -> builtins.list[Keypair]:
    """The user's key pairs by name."""
    ctx.authorize(policy.LIST, {"user_id": user_id})
    after = await KEYPAIRS.get(ctx.tx, user_id, marker) if marker is not None else None
    if marker is not None and after is None:
        raise BadRequest(f"marker [{marker}] not found")
    return await KEYPAIRS.page(ctx.tx, [Filter("user_id", "eq", user_id)], after=after, limit=limit)


async def delete(ctx: Context, user_id: str, name: str) -> None:
    """Servers that were made with it keep the key."""
    await show(ctx, user_id, name, policy.DELETE)
    await KEYPAIRS.remove(ctx.tx, user_id=user_id, name=name)
