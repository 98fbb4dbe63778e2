"""Who holds how much of which provider."""

from __future__ import annotations

from msgspec import UnsetType

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound
from haneul.services.placement import errors
from haneul.services.placement.model.providers import Allocation, Consumer, Inventory, Provider
from haneul.services.placement.operations import providers
from haneul.services.placement.store import providers as store
from haneul.services.placement.store.providers import ALLOCATIONS, CONSUMERS, INVENTORIES, PROVIDERS


async def of_provider(ctx: Context, id: str) -> list[Allocation]:
    """What is held of the provider, by whom; nothing if it is not there."""
    return await ALLOCATIONS.find(ctx.tx, provider_id=id)


async def of_consumer(ctx: Context, id: str) -> list[Allocation]:
    """What the consumer holds, of every provider."""
    return await ALLOCATIONS.find(ctx.tx, consumer_id=id)


async def consumers(ctx: Context, ids: list[str]) -> list[Consumer]:
    """Those of the ids that hold something."""
    return await CONSUMERS.among(ctx.tx, "id", ids)


async def set(
    ctx: Context,
    consumer: Consumer,
    wanted: dict[str, dict[str, int]],
    generation: int | UnsetType | None,
) -> None:
    """The consumer holds exactly `wanted`; `generation` is what the client believes it to be (None: new)."""
    have = await CONSUMERS.get(ctx.tx, consumer.id)
    if not isinstance(generation, UnsetType) and generation != (have.generation if have else None):
        raise errors.ConcurrentUpdate(what="consumer")
    for provider_id, resources in wanted.items():
        if await PROVIDERS.get(ctx.tx, provider_id) is None:
            raise BadRequest(f"Allocation for resource provider '{provider_id}' that does not exist.")
        await providers.check_classes(ctx, list(resources))
        if not resources:
            raise BadRequest("Invalid input for field resources: {} should be non-empty")
        for name, amount in resources.items():
            inventory = await INVENTORIES.get(ctx.tx, provider_id, name)
            if inventory is None:
                raise errors.NoCapacity(resource=name, id=provider_id)
            if not inventory.min_unit <= amount <= inventory.max_unit or amount % inventory.step_size:
                raise errors.NoCapacity(resource=name, id=provider_id)
    following = Consumer(
        consumer.id,
        consumer.project_id,
        consumer.user_id,
        consumer.kind,
        have.generation + 1 if have else 1,
    )
    await store.claim(ctx.tx, following, wanted)


async def delete(ctx: Context, consumer_id: str) -> None:
    """The consumer holds nothing, and all of it can be had again; NotFound if it held nothing."""
    if not await of_consumer(ctx, consumer_id):
        raise NotFound(f"No allocations for consumer '{consumer_id}'")
    await store.release(ctx.tx, consumer_id)


async def candidates(
    ctx: Context,
    resources: dict[str, int],
    *,
    required: list[str],
    member_of: list[str],
    limit: int | None,
) -> list[tuple[Provider, list[Inventory]]]:
    """Providers that have all of the resources free, with what each of them has."""
    matches = await providers.list(
        ctx, name=None, id=None, member_of=member_of, resources=resources, in_tree=None, required=required
    )
    matches = matches[:limit] if limit is not None else matches
    have: dict[str, list[Inventory]] = {p.id: [] for p in matches}
    for each in await INVENTORIES.among(ctx.tx, "provider_id", list(have)):
        have[each.provider_id].append(each)
    return [(p, have[p.id]) for p in matches]
