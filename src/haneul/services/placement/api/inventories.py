"""/resource_providers/{id}/inventories and /usages"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.http import Reply, Routes, Strict
from haneul.kernel.http.bounds import MANY, Number, Text
from haneul.services.placement import errors, policy
from haneul.services.placement.api import answers
from haneul.services.placement.model.providers import MAX_INT, Inventory
from haneul.services.placement.operations import inventories

routes = Routes("/resource_providers/{id}")
Amount = Annotated[int, msgspec.Meta(ge=0, le=MAX_INT)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=MAX_INT)]


class InventoryFields(Strict, kw_only=True):
    total: Positive
    reserved: Amount = 0
    min_unit: Positive = 1
    max_unit: Positive = MAX_INT
    step_size: Positive = 1
    allocation_ratio: Annotated[float, msgspec.Meta(gt=0, le=3.40282e38)] = 1.0


class OneInventory(InventoryFields, kw_only=True):
    resource_provider_generation: Number


class NewInventory(InventoryFields, kw_only=True):
    resource_class: Text


class Inventories(Strict):
    resource_provider_generation: Number
    inventories: Annotated[dict[Text, InventoryFields], MANY]


def view(inventory: Inventory) -> dict[str, Any]:
    return {
        "total": inventory.total,
        "reserved": inventory.reserved,
        "min_unit": inventory.min_unit,
        "max_unit": inventory.max_unit,
        "step_size": inventory.step_size,
        "allocation_ratio": inventory.allocation_ratio,
    }


def _row(id: str, name: str, fields: InventoryFields) -> Inventory:
    return Inventory(
        id,
        name,
        fields.total,
        fields.reserved,
        fields.min_unit,
        fields.max_unit,
        fields.step_size,
        fields.allocation_ratio,
    )


@routes.get(
    "/inventories",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.Inventories,
    errors=(errors.ProviderNotFound,),
)
async def list_inventories(ctx: Context, id: str) -> dict[str, Any]:
    """What the provider has."""
    provider, listed = await inventories.list(ctx, id)
    return {
        "resource_provider_generation": provider.generation,
        "inventories": {i.resource_class: view(i) for i in listed},
    }


@routes.put(
    "/inventories",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.Inventories,
    errors=(
        errors.ProviderNotFound,
        errors.ConcurrentUpdate,
        errors.InventoryInUse,
        errors.UnknownResourceClass,
    ),
)
async def set_inventories(ctx: Context, id: str, body: Inventories) -> dict[str, Any]:
    """The provider has exactly this."""
    rows = [_row(id, name, fields) for name, fields in body.inventories.items()]
    await inventories.set_all(ctx, id, rows, body.resource_provider_generation)
    return await list_inventories(ctx, id)


@routes.post(
    "/inventories",
    status=201,
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.OneInventory,
    errors=(errors.ProviderNotFound, errors.ConcurrentUpdate, errors.UnknownResourceClass),
)
async def create_inventory(ctx: Context, id: str, body: NewInventory) -> Reply:
    """The provider has this too."""
    provider = await inventories.add(ctx, id, _row(id, body.resource_class, body))
    made = {"resource_provider_generation": provider.generation}
    return Reply(made | view(_row(id, body.resource_class, body)), status=201)


@routes.delete(
    "/inventories",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.5",
    errors=(
        errors.ProviderNotFound,
        errors.InventoryInUse,
        errors.ConcurrentUpdate,
        errors.UnknownResourceClass,
    ),
)
async def delete_inventories(ctx: Context, id: str) -> None:
    """The provider has nothing."""
    await inventories.set_all(ctx, id, [], None)


@routes.get(
    "/inventories/{resource_class}",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.OneInventory,
    errors=(errors.ProviderNotFound, errors.InventoryNotFound),
)
async def show_inventory(ctx: Context, id: str, resource_class: str) -> dict[str, Any]:
    """How much the provider has of one class."""
    provider, inventory = await inventories.show(ctx, id, resource_class)
    return {"resource_provider_generation": provider.generation} | view(inventory)


@routes.put(
    "/inventories/{resource_class}",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.OneInventory,
    errors=(errors.ProviderNotFound, errors.ConcurrentUpdate),
)
async def set_inventory(ctx: Context, id: str, resource_class: str, body: OneInventory) -> dict[str, Any]:
    """Change how much the provider has of one class."""
    row = _row(id, resource_class, body)
    provider = await inventories.set_one(ctx, id, row, body.resource_provider_generation)
    return {"resource_provider_generation": provider.generation} | view(row)


@routes.delete(
    "/inventories/{resource_class}",
    policy=policy.ADMIN_OR_SERVICE,
    errors=(
        errors.ProviderNotFound,
        errors.InventoryNotFound,
        errors.InventoryInUse,
        errors.ConcurrentUpdate,
    ),
)
async def delete_inventory(ctx: Context, id: str, resource_class: str) -> None:
    """The provider has nothing of this class."""
    await inventories.remove(ctx, id, resource_class)


@routes.get(
    "/usages",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.ProviderUsages,
    errors=(errors.ProviderNotFound,),
)
async def show_usages(ctx: Context, id: str) -> dict[str, Any]:
    """How much of what the provider has is held."""
    provider, listed = await inventories.list(ctx, id)
    return {
        "resource_provider_generation": provider.generation,
        "usages": {i.resource_class: i.used for i in listed},
    }
