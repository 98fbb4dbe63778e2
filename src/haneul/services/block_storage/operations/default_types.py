"""Projects' own default types: of those volumes that name none."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.block_storage import errors
from haneul.services.block_storage.model.qos import DefaultType
from haneul.services.block_storage.operations import types
from haneul.services.block_storage.store.types import DEFAULT_TYPES


async def show(ctx: Context, project_id: str) -> DefaultType:
    """The project's own default; DefaultTypeNotFound if it has none."""
    default = await DEFAULT_TYPES.get(ctx.tx, project_id)
    if default is None:
        raise errors.DefaultTypeNotFound(project_id=project_id)
    return default


async def list_all(ctx: Context) -> list[DefaultType]:
    """Those of all projects that have one."""
    return await DEFAULT_TYPES.find(ctx.tx)


async def assign(ctx: Context, project_id: str, name_or_id: str) -> DefaultType:
    """The project's volumes that name no type have this one from now on; 400 if it is not there."""
    try:
        kind = await types.named(ctx, name_or_id)
    except (errors.TypeNotFound, errors.TypeNameNotFound) as missing:
        raise errors.InvalidInput(missing.text) from None
    return await DEFAULT_TYPES.put(ctx.tx, DefaultType(project_id, kind.id))


async def unset(ctx: Context, project_id: str) -> None:
    """The project has the cloud's default; fine if it had before."""
    await DEFAULT_TYPES.remove(ctx.tx, project_id=project_id)
