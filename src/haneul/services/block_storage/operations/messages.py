"""What owners are told of failed work: shown, listed, taken away."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.model.messages import Message
from haneul.services.block_storage.store.messages import MESSAGES


async def show(ctx: Context, id: str) -> Message:
    """The message; MessageNotFound if it is not the asker's."""
    return await ctx.find(MESSAGES, id, policy.ADMIN_OR_OWNER, missing=errors.MessageNotFound)


async def list_all(
    ctx: Context,
    filters: list[Filter],
    *,
    all_projects: bool,
    sort: list[Sort],
    marker: str | None,
    limit: int | None,
) -> list[Message]:
    """A page of what the project was told, or everybody for an administrator who asks for that."""
    after = await show(ctx, marker) if marker else None
    if not (all_projects and ctx.may(policy.CONTEXT_IS_ADMIN, {})):
        filters = [Filter("project_id", "eq", ctx.project_id), *filters]
    return await MESSAGES.page(ctx.tx, filters, sort=sort, after=after, limit=limit)


async def delete(ctx: Context, id: str) -> None:
    """The message is gone."""
    ctx.authorize(policy.DELETE_MESSAGE, await show(ctx, id))
    await MESSAGES.remove(ctx.tx, id=id)
