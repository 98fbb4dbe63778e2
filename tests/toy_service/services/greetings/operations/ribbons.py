"""Ribbons: create, show, list, delete."""

from __future__ import annotations

import builtins

from haneul.services.greetings import errors, policy
from haneul.services.greetings.model.ribbons import Ribbon
from haneul.services.greetings.store.ribbons import RIBBONS

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort


async def create(ctx: Context, name: str) -> Ribbon:
    """The project has a ribbon of that name."""
    ctx.authorize(policy.CREATE_RIBBON, {"project_id": ctx.project_id})
    new = Ribbon(ctx.new_id(), ctx.project_id, name, is_ready=False, created_at=ctx.now())
    return await RIBBONS.add(ctx.tx, new)


async def show(ctx: Context, id: str) -> Ribbon:
    """The ribbon, if the asker may know of it; RibbonNotFound otherwise."""
    return await ctx.find(RIBBONS, id, policy.SHOW_RIBBON, missing=errors.RibbonNotFound)


async def list(ctx: Context) -> builtins.list[Ribbon]:
    """The project's ribbons, oldest first."""
    mine = [Filter("project_id", "eq", ctx.project_id)]
    return await RIBBONS.page(ctx.tx, mine, sort=[Sort("created_at"), Sort("id")])


async def delete(ctx: Context, id: str) -> None:
    """The ribbon is gone."""
    sees = policy.SHOW_RIBBON
    await ctx.find(RIBBONS, id, policy.DELETE_RIBBON, sees=sees, missing=errors.RibbonNotFound)
    await RIBBONS.remove(ctx.tx, id=id)
