"""Types of groups: what there may be, and that of consistency groups."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate, Filter, Sort
from haneul.kernel.ids import is_uuid
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.model.groups import (
    CONSISTENCY_ID,
    CONSISTENCY_NAME,
    CONSISTENT,
    TRUE,
    GroupType,
)
from haneul.services.block_storage.store.groups import GROUP_TYPES, GROUPS


async def ensure_consistency(ctx: Context) -> GroupType:
    """The type of consistency groups, which the old API makes, is there."""
    kind = await GROUP_TYPES.get(ctx.tx, CONSISTENCY_ID)
    if kind is not None:
        return kind
    made = GroupType(
        id=CONSISTENCY_ID,
        name=CONSISTENCY_NAME,
        description="Default group type for migrating cgsnapshot",
        is_public=True,
        specs={CONSISTENT: TRUE},
        created_at=ctx.now(),
        updated_at=None,
    )
    return await GROUP_TYPES.add(ctx.tx, made)


async def show(ctx: Context, id: str) -> GroupType:
    """The type; GroupTypeNotFound if it is not there, or not for the asker."""
    kind = await GROUP_TYPES.get(ctx.tx, id)
    if kind is None or not (kind.is_public or ctx.may(policy.CONTEXT_IS_ADMIN, {})):
        raise errors.GroupTypeNotFound(id=id)
    return kind


async def named(ctx: Context, name_or_id: str) -> GroupType:
    """The type of that id or name, if the asker may use it."""
    kind = await GROUP_TYPES.get(ctx.tx, name_or_id) if is_uuid(name_or_id) else None
    kind = kind or await GROUP_TYPES.first(ctx.tx, name=name_or_id)
    if kind is None or not (kind.is_public or ctx.may(policy.CONTEXT_IS_ADMIN, {})):
        error = errors.GroupTypeNotFound if is_uuid(name_or_id) else errors.GroupTypeNameNotFound
        raise error(id=name_or_id)
    return kind


async def list_all(
    ctx: Context, *, is_public: bool | None, sort: list[Sort], marker: str | None, limit: int
) -> list[GroupType]:
    """A page of the types; `is_public` None is all that an administrator knows."""
    wanted = True if not ctx.may(policy.CONTEXT_IS_ADMIN, {}) else is_public
    filters = [] if wanted is None else [Filter("is_public", "eq", wanted)]
    after = await show(ctx, marker) if marker else None
    return await GROUP_TYPES.page(ctx.tx, filters, sort=sort, after=after, limit=limit)


async def create(
    ctx: Context, *, name: str, description: str | None, is_public: bool, specs: dict[str, str]
) -> GroupType:
    """There is a type of that name; GroupTypeExists if there was one."""
    made = GroupType(ctx.new_id(), name, description, is_public, specs, ctx.now(), None)
    try:
        return await GROUP_TYPES.add(ctx.tx, made)
    except Duplicate:
        raise errors.GroupTypeExists(name=name) from None


async def update(ctx: Context, id: str, **changes: Any) -> GroupType:
    """The type is so; GroupTypeExists if another has the name."""
    kind = await show(ctx, id)
    name = changes.get("name")
    if name is not None and name != kind.name and await GROUP_TYPES.first(ctx.tx, name=name):
        raise errors.GroupTypeExists(name=name)
    return await GROUP_TYPES.change(ctx, kind, **changes)


async def set_specs(ctx: Context, kind: GroupType, specs: dict[str, str]) -> GroupType:
    """The type says this of its groups."""
    return await GROUP_TYPES.change(ctx, kind, specs=specs)


async def delete(ctx: Context, id: str) -> None:
    """The type is gone; refused while a group has it, and for that of consistency groups."""
    kind = await show(ctx, id)
    if kind.id == CONSISTENCY_ID or await GROUPS.count(ctx.tx, type_id=id):
        raise errors.GroupTypeInUse
    await GROUP_TYPES.remove(ctx.tx, id=id)
