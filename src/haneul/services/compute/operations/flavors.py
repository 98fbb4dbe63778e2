"""Flavors: create, show, list, update, delete; their extra specs, and who may use them."""

from __future__ import annotations

import builtins
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Condition, Duplicate, Filter, Sort
from haneul.kernel.errors import BadRequest
from haneul.services.compute import errors, versions
from haneul.services.compute.model.flavors import Flavor
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.store.flavors import FLAVORS, usable_by


async def create(ctx: Context, flavor: Flavor) -> Flavor:
    """The flavor can be used; FlavorExists if its id or name is in use."""
    if await FLAVORS.get(ctx.tx, flavor.id):
        raise errors.FlavorExists(what="ID", value=flavor.id)
    try:
        return await FLAVORS.add(ctx.tx, flavor)
    except Duplicate:
        raise errors.FlavorExists(what="name", value=flavor.name) from None


async def show(ctx: Context, id: str) -> Flavor:
    """The flavor, if the asker's project may use it."""
    flavor = await FLAVORS.get(ctx.tx, id)
    if flavor is None:
        raise errors.FlavorNotFound(flavor_id=id)
    if not flavor.is_public and ctx.auth.project_id not in flavor.projects:
        ctx.authorize(CONTEXT_IS_ADMIN, flavor, hidden=errors.FlavorNotFound(flavor_id=id))
    return flavor


async def list(
    ctx: Context,
    *,
    is_public: bool | None,
    least_disk_gb: int | None,
    least_memory_mib: int | None,
    sort: Sort,
    marker: str | None,
    limit: int,
) -> builtins.list[Flavor]:
    """One page of flavors. `is_public` true includes those that only the asker's project may use."""
    filters = [] if ctx.may(CONTEXT_IS_ADMIN, {}) else [Filter("is_disabled", "eq", False)]
    if least_disk_gb is not None:
        filters.append(Filter("disk_gb", "ge", least_disk_gb))
    if least_memory_mib is not None:
        filters.append(Filter("memory_mib", "ge", least_memory_mib))
    extra: builtins.list[Condition] = []
    if is_public:
        extra.append(usable_by(ctx.auth.project_id))
    elif is_public is False:
        filters.append(Filter("is_public", "eq", False))
    after = None
    if marker is not None:
        usable = extra if is_public else ()
        after = next(
            iter(await FLAVORS.page(ctx.tx, [Filter("id", "eq", marker)], limit=1, extra=usable)), None
        )
        if after is None:
            raise BadRequest(f"marker [{marker}] not found")
    return await FLAVORS.page(ctx.tx, filters, sort=[sort], after=after, limit=limit, extra=extra)


async def _change(ctx: Context, flavor: Flavor, **changes: Any) -> Flavor:
    return await FLAVORS.update(ctx.tx, msgspec.structs.replace(flavor, **changes))


async def update(ctx: Context, id: str, description: str | None) -> Flavor:
    """The flavor has this description, and all else as before: servers keep what they were made with."""
    return await _change(ctx, await show(ctx, id), description=description)


async def delete(ctx: Context, id: str) -> None:
    """Servers keep what the flavor was, so it may go at any time."""
    if not await FLAVORS.remove(ctx.tx, id=id):
        raise errors.FlavorNotFound(flavor_id=id)


async def set_specs(ctx: Context, flavor: Flavor, specs: dict[str, str]) -> Flavor:
    """The flavor has exactly these extra specs."""
    return await _change(ctx, flavor, extra_specs=specs)


async def access(ctx: Context, id: str) -> Flavor:
    """The flavor, which is not public."""
    flavor = await show(ctx, id)
    if flavor.is_public:
        raise errors.FlavorIsPublic("Access list not available for public flavors.")
    return flavor


async def add_access(ctx: Context, id: str, project_id: str) -> Flavor:
    """The project may use the private flavor; AccessExists if it could before, CannotAddAccess for a public one."""
    flavor = await show(ctx, id)
    if flavor.is_public and ctx.wants(versions.ACCESS_TO_PRIVATE_FLAVORS):
        raise errors.CannotAddAccess
    if project_id in flavor.projects:
        raise errors.AccessExists(flavor_id=id, project_id=project_id)
    return await _change(ctx, flavor, projects=[*flavor.projects, project_id])


async def remove_access(ctx: Context, id: str, project_id: str) -> Flavor:
    """The project may make no more servers of the flavor; AccessNotFound if it could not before."""
    flavor = await show(ctx, id)
    if project_id not in flavor.projects:
        raise errors.AccessNotFound(flavor_id=id, project_id=project_id)
    return await _change(ctx, flavor, projects=[p for p in flavor.projects if p != project_id])
