"""What providers have, and how much of it is held."""

from __future__ import annotations

import builtins

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.services.placement import errors
from haneul.services.placement.model.providers import Inventory, Provider, Usage
from haneul.services.placement.operations import providers
from haneul.services.placement.store.providers import INVENTORIES, PROJECT_USAGE


async def list(ctx: Context, id: str) -> tuple[Provider, builtins.list[Inventory]]:
    """The provider and all it has; ProviderNotFound if it is not there."""
    provider = await providers.show(ctx, id)
    return provider, await INVENTORIES.find(ctx.tx, provider_id=id)


async def show(ctx: Context, id: str, resource_class: str) -> tuple[Provider, Inventory]:
    """The provider and what it has of that class; InventoryNotFound if that is nothing."""
    provider = await providers.show(ctx, id)
    inventory = await INVENTORIES.get(ctx.tx, id, resource_class)
    if inventory is None:
        raise errors.InventoryNotFound(resource=resource_class, id=id)
    return provider, inventory


def _check(inventory: Inventory) -> None:
    if inventory.capacity < 0 or inventory.reserved > inventory.total:
        raise BadRequest(
            f"Unable to update inventory for '{inventory.resource_class}' on resource provider "
            f"'{inventory.provider_id}': the reserved value is greater than total."
        )


async def set_all(ctx: Context, id: str, rows: builtins.list[Inventory], generation: int | None) -> Provider:
    """The provider has exactly these; what is held cannot be taken away."""
    provider, have = await list(ctx, id)
    await providers.check_classes(ctx, [r.resource_class for r in rows])
    wanted = {r.resource_class: r for r in rows}
    gone = [i for i in have if i.resource_class not in wanted]
    if held := [i.resource_class for i in gone if i.used]:
        raise errors.InventoryInUse(classes=", ".join(held), id=id)
    provider = await providers.touch(ctx, provider, generation)
    for each in gone:
        await INVENTORIES.remove(ctx.tx, provider_id=id, resource_class=each.resource_class)
    known = {i.resource_class: i for i in have}
    for name, row in wanted.items():
        _check(row)
        if name in known:
            await INVENTORIES.update(ctx.tx, msgspec.structs.replace(row, used=known[name].used))
        else:
            await INVENTORIES.add(ctx.tx, row)
    return provider


async def add(ctx: Context, id: str, row: Inventory) -> Provider:
    """The provider has this too; ConcurrentUpdate if it has something of the class already."""
    provider = await providers.show(ctx, id)
    await providers.check_classes(ctx, [row.resource_class])
    if await INVENTORIES.get(ctx.tx, id, row.resource_class):
        raise errors.ConcurrentUpdate(what="Update conflict: inventory exists; resource provider")
    _check(row)
    await INVENTORIES.add(ctx.tx, row)
    return await providers.touch(ctx, provider, None)


async def set_one(ctx: Context, id: str, row: Inventory, generation: int) -> Provider:
    """The provider has so much of the class, of which as much is used as before; only over that generation."""
    provider = await providers.show(ctx, id)
    have = await INVENTORIES.get(ctx.tx, id, row.resource_class)
    if have is None:
        raise BadRequest(f"No inventory record with resource class for resource provider {id} exists")
    _check(row)
    provider = await providers.touch(ctx, provider, generation)
    await INVENTORIES.update(ctx.tx, msgspec.structs.replace(row, used=have.used))
    return provider


async def remove(ctx: Context, id: str, resource_class: str) -> None:
    """The provider has nothing of that class; InventoryInUse while somebody holds some."""
    provider, have = await show(ctx, id, resource_class)
    if have.used:
        raise errors.InventoryInUse(classes=resource_class, id=id)
    await INVENTORIES.remove(ctx.tx, provider_id=id, resource_class=resource_class)
    await providers.touch(ctx, provider, None)


UNKNOWN = "unknown"
"""The type of consumers that are older than types."""


async def project_usage(
    ctx: Context, project_id: str, user_id: str | None = None, *, is_by_type: bool = False
) -> dict[str, Usage]:
    """What the project's consumers (a user's, if one is named) hold, by their type; or of all of them, as `all`."""
    usages: dict[str, Usage] = {}
    for kind, consumer, user, resource_class, used in await ctx.tx.all(PROJECT_USAGE, project=project_id):
        if user_id is None or user == user_id:
            usage = usages.setdefault((kind or UNKNOWN) if is_by_type else "all", Usage())
            usage.consumers.add(consumer)
            usage.used[resource_class] = usage.used.get(resource_class, 0) + used
    return usages
