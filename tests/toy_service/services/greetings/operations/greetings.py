"""Greetings: create, show, list, delete."""

from __future__ import annotations

import builtins

from haneul.services.greetings import errors, policy
from haneul.services.greetings.config import GreetingOptions
from haneul.services.greetings.model.greetings import Greeting
from haneul.services.greetings.sagas.place_greeting import PLACE_GREETING, NewGreeting
from haneul.services.greetings.store.greetings import GREETINGS, QUOTAS

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort


async def create(ctx: Context, text: str, tags: builtins.list[str]) -> Greeting:
    """Accept a greeting; the saga gives it to a host."""
    ctx.authorize(policy.CREATE, {"project_id": ctx.project_id})
    longest = ctx.options(GreetingOptions).longest
    if len(text) > longest:
        raise errors.GreetingTooLong(longest=longest)
    await QUOTAS.require(ctx, ctx.project_id, errors.TooManyGreetings, greetings=1)
    new = Greeting(ctx.new_id(), ctx.project_id, text, sorted(set(tags)), None, ctx.now())
    greeting = await GREETINGS.add(ctx.tx, new)
    await ctx.start(PLACE_GREETING, NewGreeting(greeting.id, text), resource=greeting.id)
    return greeting


async def show(ctx: Context, id: str) -> Greeting:
    """The greeting, if the asker may know of it; GreetingNotFound otherwise."""
    return await ctx.find(GREETINGS, id, policy.SHOW, missing=errors.GreetingNotFound)


async def list(ctx: Context, tag: str | None) -> builtins.list[Greeting]:
    """The project's greetings, oldest first; those with the tag, if one is named."""
    mine = [Filter("project_id", "eq", ctx.project_id)]
    greetings = await GREETINGS.page(ctx.tx, mine, sort=[Sort("created_at"), Sort("id")])
    return [each for each in greetings if tag is None or tag in each.tags]


async def delete(ctx: Context, id: str) -> None:
    """The greeting is gone; the reconciler takes it from its host."""
    await ctx.find(GREETINGS, id, policy.DELETE, sees=policy.SHOW, missing=errors.GreetingNotFound)
    await GREETINGS.remove(ctx.tx, id=id)
