"""Server groups: create, show, list, delete."""

from __future__ import annotations

import builtins

from haneul.kernel.context import Context
from haneul.kernel.policy import Rule
from haneul.services.compute import errors
from haneul.services.compute.model.server_groups import ServerGroup
from haneul.services.compute.policy import server_groups as policy
from haneul.services.compute.store.quotas import QUOTAS
from haneul.services.compute.store.server_groups import SERVER_GROUPS


async def create(ctx: Context, *, name: str, rule: str, rules: dict[str, int]) -> ServerGroup:
    """A new group without members; servers join as they are created."""
    ctx.authorize(policy.CREATE, {"project_id": ctx.project_id})
    await QUOTAS.require(ctx, error=errors.TooManyServerGroups, server_groups=1)
    group = ServerGroup(ctx.new_id(), name, ctx.project_id, ctx.user_id, rule, rules, [])
    return await SERVER_GROUPS.add(ctx.tx, group)


async def show(ctx: Context, id: str, rule: Rule = policy.SHOW) -> ServerGroup:
    """The group, if the rule lets the asker do this with it; ServerGroupNotFound otherwise."""
    return await ctx.find(SERVER_GROUPS, id, rule, missing=errors.ServerGroupNotFound, named="group_id")


async def list(ctx: Context, *, of_all: bool, offset: int, limit: int) -> builtins.list[ServerGroup]:
    """The project's groups, or everybody's."""
    if of_all:
        ctx.authorize(policy.LIST_ALL, {})
        groups = await SERVER_GROUPS.find(ctx.tx)
    else:
        ctx.authorize(policy.LIST, {"project_id": ctx.project_id})
        groups = await SERVER_GROUPS.find(ctx.tx, project_id=ctx.project_id)
    return groups[offset : offset + limit]


async def delete(ctx: Context, id: str) -> None:
    """The group is gone; its servers stay where they are."""
    await show(ctx, id, policy.DELETE)
    await SERVER_GROUPS.remove(ctx.tx, id=id)
