"""Volume types: what exists, who may use it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate, Filter, Sort, among
from haneul.kernel.ids import is_uuid
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.model.types import (
    DEFAULT_ID,
    DEFAULT_NAME,
    VISIBLE_SPECS,
    TypeAccess,
    VolumeType,
)
from haneul.services.block_storage.store.types import ACCESS, DEFAULT_TYPES, ENCRYPTIONS, TYPES
from haneul.services.block_storage.store.volumes import VOLUMES


async def ensure_default(ctx: Context) -> VolumeType:
    """The type of volumes that name none exists."""
    kind = await TYPES.get(ctx.tx, DEFAULT_ID)
    if kind is not None:
        return kind
    made = VolumeType(DEFAULT_ID, DEFAULT_NAME, "Default Volume Type", True, {}, ctx.now(), None)
    return await TYPES.add(ctx.tx, made)


async def default(ctx: Context) -> VolumeType:
    """The type of those volumes of the asker's project that name none: its own default, or the cloud's."""
    own = await DEFAULT_TYPES.get(ctx.tx, ctx.project_id) if ctx.auth.project_id else None
    kind = await TYPES.get(ctx.tx, own.type_id) if own is not None else None
    return kind or await ensure_default(ctx)


async def show(ctx: Context, id: str) -> VolumeType:
    """The type; TypeNotFound if the asker's project may not use it."""
    kind = await TYPES.get(ctx.tx, id)
    if kind is None or not await _may_use(ctx, kind):
        raise errors.TypeNotFound(id=id)
    return kind


async def show_any(ctx: Context, id: str) -> VolumeType:
    """The type of a volume, whether or not the asker might use it for another."""
    kind = await TYPES.get(ctx.tx, id)
    if kind is None:
        raise errors.TypeNotFound(id=id)
    return kind


async def named(ctx: Context, name_or_id: str) -> VolumeType:
    """The type of that id or name, if the asker may use it."""
    kind = await TYPES.get(ctx.tx, name_or_id) if is_uuid(name_or_id) else None
    kind = kind or await TYPES.first(ctx.tx, name=name_or_id)
    if kind is None or not await _may_use(ctx, kind):
        error = errors.TypeNotFound if is_uuid(name_or_id) else errors.TypeNameNotFound
        raise error(id=name_or_id)
    return kind


async def _may_use(ctx: Context, type: VolumeType) -> bool:
    if type.is_public or ctx.may(policy.CONTEXT_IS_ADMIN, {}):
        return True
    return await ACCESS.get(ctx.tx, type.id, ctx.project_id) is not None


async def list_all(
    ctx: Context,
    *,
    is_public: bool | None,
    filters: Sequence[Filter] = (),
    sort: list[Sort] | None = None,
    marker: str | None = None,
    limit: int | None = None,
) -> list[VolumeType]:
    """The types that the asker may use; `is_public` None is all that an administrator knows."""
    filters = [*filters]
    extra = []
    if ctx.may(policy.CONTEXT_IS_ADMIN, {}):
        if is_public is not None:
            filters.append(Filter("is_public", "eq", is_public))
    else:
        mine = [a.type_id for a in await ACCESS.find(ctx.tx, project_id=ctx.project_id)]
        allowed = msgspec.json.encode(mine).decode()
        extra = [("mine", TYPES.c.is_public.is_(True) | among(TYPES.c.id, "mine"), {"mine": allowed})]
    after = await show(ctx, marker) if marker else None
    order = sort or [Sort("created_at", True), Sort("id", True)]
    return await TYPES.page(ctx.tx, filters, sort=order, after=after, limit=limit, extra=extra)


async def create(
    ctx: Context, *, name: str, description: str | None, is_public: bool, extra_specs: dict[str, str]
) -> VolumeType:
    """There is a type of that name; TypeExists if there was one."""
    made = VolumeType(ctx.new_id(), name, description, is_public, extra_specs, ctx.now(), None)
    try:
        return await TYPES.add(ctx.tx, made)
    except Duplicate:
        raise errors.TypeExists(name=name) from None


async def update(ctx: Context, id: str, **changes: object) -> VolumeType:
    """The type is so; TypeExists if another has the name."""
    kind = await show(ctx, id)
    name = changes.get("name")
    if name is not None and name != kind.name and await TYPES.first(ctx.tx, name=name):
        raise errors.TypeExists(name=name)
    return await TYPES.change(ctx, kind, **changes)


def visible_specs(ctx: Context, kind: VolumeType) -> dict[str, str]:
    """The extra specs that the asker may see."""
    if ctx.may(policy.SENSITIVE_SPECS, kind):
        return kind.extra_specs
    return {key: value for key, value in kind.extra_specs.items() if key in VISIBLE_SPECS}


async def set_specs(ctx: Context, kind: VolumeType, specs: dict[str, str]) -> VolumeType:
    """The type says this of where its volumes are to be; there are none yet."""
    if await VOLUMES.count(ctx.tx, type_id=kind.id):
        raise errors.TypeSpecsInUse
    return await TYPES.change(ctx, kind, extra_specs=specs)


async def delete(ctx: Context, id: str) -> None:
    """The type is gone, with who may use it; refused for the default one, and while a volume has it."""
    await show(ctx, id)
    if id == DEFAULT_ID:
        raise errors.InvalidType(reason=f"Default volume type {DEFAULT_NAME} cannot be deleted.")
    if await VOLUMES.count(ctx.tx, type_id=id) or await DEFAULT_TYPES.count(ctx.tx, type_id=id):
        raise errors.TypeInUse(id=id)
    await ENCRYPTIONS.remove(ctx.tx, type_id=id)
    await ACCESS.remove(ctx.tx, type_id=id)
    await TYPES.remove(ctx.tx, id=id)


async def names(ctx: Context, ids: set[str]) -> dict[str, str]:
    """The names of these types, in one query."""
    return {t.id: t.name for t in await TYPES.among(ctx.tx, "id", sorted(ids))} if ids else {}


async def projects(ctx: Context, id: str) -> list[str]:
    """The projects that may use the private type; TypeNotFound for a public one, as upstream answers."""
    kind = await show(ctx, id)
    if kind.is_public:
        raise errors.TypeNotFound("Access list not available for public volume types.")
    return [a.project_id for a in await ACCESS.find(ctx.tx, type_id=id)]


async def allow(ctx: Context, id: str, project_id: str) -> None:
    """The project may use the private type; AccessExists if it could before."""
    kind = await show(ctx, id)
    if kind.is_public:
        raise errors.InvalidType(reason="Type access modification is not applicable to public volume type.")
    try:
        await ACCESS.add(ctx.tx, TypeAccess(id, project_id))
    except Duplicate:
        raise errors.AccessExists(type_id=id, project_id=project_id) from None


async def disallow(ctx: Context, id: str, project_id: str) -> None:
    """The project may not use the type any more; its volumes keep it. AccessNotFound if it might not before."""
    await show(ctx, id)
    if not await ACCESS.remove(ctx.tx, type_id=id, project_id=project_id):
        raise errors.AccessNotFound(type_id=id, project_id=project_id)
