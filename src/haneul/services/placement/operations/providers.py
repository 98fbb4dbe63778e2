"""Providers: create, show, list, update, delete, and what they are called."""

from __future__ import annotations

import builtins
import re

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate, Filter
from haneul.kernel.errors import BadRequest
from haneul.kernel.ids import is_uuid, new_id
from haneul.services.placement import errors
from haneul.services.placement.model.providers import STANDARD_CLASSES, Name, Provider
from haneul.services.placement.store.providers import ALLOCATIONS, INVENTORIES, NAMES, PROVIDERS

_AMOUNT = re.compile("[0-9]{1,18}")
"""What the database can compare: integers of 64 bits."""


async def show(ctx: Context, id: str) -> Provider:
    """The provider; ProviderNotFound if it is not there."""
    provider = await PROVIDERS.get(ctx.tx, id)
    if provider is None:
        raise errors.ProviderNotFound(id=id)
    return provider


def parse_resources(text: str | None) -> dict[str, int]:
    """`VCPU:1,MEMORY_MB:64` -> {"VCPU": 1, "MEMORY_MB": 64}; 400 otherwise."""
    amounts: dict[str, int] = {}
    if text is None:
        return amounts
    for part in text.split(","):
        name, colon, amount = part.partition(":")
        if not colon or not _AMOUNT.fullmatch(amount) or int(amount) < 1 or not name:
            raise BadRequest(
                f"Badly formed resources parameter. Expected resources query string parameter in form: "
                f'"?resources=VCPU:2,MEMORY_MB:1024". Got: "{text}".'
            )
        amounts[name] = int(amount)
    return amounts


async def check_classes(ctx: Context, names: builtins.list[str]) -> None:
    """Raise unless every one of these is a resource class."""
    for name in names:
        if name in STANDARD_CLASSES:
            continue
        if await NAMES.get(ctx.tx, "resource_class", name) is None:
            raise errors.UnknownResourceClass(name=name)


async def list(
    ctx: Context,
    *,
    name: str | None,
    id: str | None,
    member_of: builtins.list[str],
    resources: dict[str, int],
    in_tree: str | None,
    required: builtins.list[str],
) -> builtins.list[Provider]:
    """Providers that match all of what is given."""
    if id is not None and not is_uuid(id):
        raise BadRequest(f"Invalid uuid value: {id}")
    filters = []
    if name is not None:
        filters.append(Filter("name", "eq", name))
    if id is not None:
        filters.append(Filter("id", "eq", id))
    if in_tree is not None:
        root = await PROVIDERS.get(ctx.tx, in_tree)
        filters.append(Filter("root_id", "eq", root.root_id if root else ""))
    providers = await PROVIDERS.page(ctx.tx, filters)
    for text in member_of:
        wanted = set(text.removeprefix("in:").split(","))
        providers = [p for p in providers if wanted & set(p.aggregates)]
    for text in required:
        for trait in text.split(","):
            negated, plain = trait.startswith("!"), trait.removeprefix("!")
            providers = [p for p in providers if (plain in p.traits) != negated]
    if resources:
        await check_classes(ctx, [*resources])
        inventories = {(i.provider_id, i.resource_class): i for i in await INVENTORIES.find(ctx.tx)}
        providers = [
            p
            for p in providers
            if all((p.id, r) in inventories and inventories[p.id, r].fits(a) for r, a in resources.items())
        ]
    return providers


async def create(ctx: Context, *, name: str, id: str | None, parent_id: str | None) -> Provider:
    """The provider is there, with nothing to give yet; below its parent, if it has one."""
    id, now = id or new_id(), ctx.now()
    root_id = id
    if parent_id is not None:
        parent = await PROVIDERS.get(ctx.tx, parent_id)
        if parent is None:
            raise BadRequest(f"parent provider UUID '{parent_id}' does not exist.")
        root_id = parent.root_id
    if await PROVIDERS.get(ctx.tx, id):
        raise errors.DuplicateName(what="uuid", value=id)
    try:
        return await PROVIDERS.add(ctx.tx, Provider(id, name, parent_id, root_id, [], [], now, now))
    except Duplicate:
        raise errors.DuplicateName(what="name", value=name) from None


async def update(ctx: Context, id: str, *, name: str, parent_id: str | msgspec.UnsetType | None) -> Provider:
    """The provider has this name; one without a parent may get one, which it then keeps."""
    provider = await show(ctx, id)
    changes: dict[str, object] = {"name": name, "updated_at": ctx.now()}
    if parent_id and parent_id != provider.parent_id:
        if provider.parent_id is not None:
            raise BadRequest("re-parenting a provider is not currently allowed.")
        parent = await PROVIDERS.get(ctx.tx, parent_id)
        if parent is None or parent.id == id:
            raise BadRequest(f"parent provider UUID '{parent_id}' does not exist.")
        changes |= {"parent_id": parent.id, "root_id": parent.root_id}
    try:
        return await PROVIDERS.update(ctx.tx, msgspec.structs.replace(provider, **changes))
    except Duplicate:
        raise errors.DuplicateName(what="name", value=name) from None


async def delete(ctx: Context, id: str) -> None:
    """The provider is gone with all it had to give; refused while something is held of it or is below it."""
    await show(ctx, id)
    if await ALLOCATIONS.first(ctx.tx, provider_id=id):
        raise errors.ProviderInUse(id=id)
    if await PROVIDERS.first(ctx.tx, parent_id=id):
        raise errors.ProviderHasChildren(id=id)
    await INVENTORIES.remove(ctx.tx, provider_id=id)
    await PROVIDERS.remove(ctx.tx, id=id)


async def touch(ctx: Context, provider: Provider, generation: int | None, **changes: object) -> Provider:
    """Write the provider over the generation that the client saw."""
    if generation is not None and generation != provider.generation:
        raise errors.ConcurrentUpdate(what="resource provider")
    return await PROVIDERS.change(ctx, provider, **changes)


async def set_traits(ctx: Context, id: str, traits: builtins.list[str], generation: int) -> Provider:
    """The provider has exactly these traits; only over that generation."""
    provider = await show(ctx, id)
    for name in traits:
        if name.startswith("CUSTOM_") and await NAMES.get(ctx.tx, "trait", name) is None:
            raise BadRequest(f"No such trait {name}.")
    return await touch(ctx, provider, generation, traits=sorted(set(traits)))


async def set_aggregates(
    ctx: Context, id: str, aggregates: builtins.list[str], generation: int | None
) -> Provider:
    """The provider is in exactly these aggregates; over that generation, if one is named."""
    provider = await show(ctx, id)
    for each in aggregates:
        if not is_uuid(each):
            raise BadRequest(f"Invalid input for field aggregates: {each!r} is not a 'uuid'")
    return await touch(ctx, provider, generation, aggregates=sorted(set(aggregates)))


async def names(ctx: Context, kind: str) -> builtins.list[str]:
    """Custom names of that kind, in order."""
    return [n.name for n in await NAMES.find(ctx.tx, kind=kind)]


async def add_name(ctx: Context, kind: str, name: str) -> bool:
    """The custom name exists; whether it is new."""
    if await NAMES.get(ctx.tx, kind, name):
        return False
    await NAMES.add(ctx.tx, Name(kind, name))
    return True


async def remove_name(ctx: Context, kind: str, name: str) -> None:
    """The trait or resource class is not known any more; NameInUse while a provider has it."""
    what = kind.replace("_", " ")
    if await NAMES.get(ctx.tx, kind, name) is None:
        raise errors.NameNotFound(what=what, name=name)
    if kind == "resource_class":
        in_use = await INVENTORIES.first(ctx.tx, resource_class=name) is not None
    else:
        in_use = any(name in p.traits for p in await PROVIDERS.find(ctx.tx))
    if in_use:
        raise errors.NameInUse(what=what, name=name)
    await NAMES.remove(ctx.tx, kind=kind, name=name)


async def traits_in_use(ctx: Context) -> set[str]:
    """Every trait that some provider has."""
    return {trait for p in await PROVIDERS.find(ctx.tx) for trait in p.traits}
