"""Mappings: what the words of a provider mean here."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.identity.errors import DuplicateThing
from haneul.services.identity.model.mappings import AttributeMapping
from haneul.services.identity.store.federation import MAPPINGS


async def create(ctx: Context, new: AttributeMapping) -> AttributeMapping:
    """Protocols may use the mapping; DuplicateThing if its id is taken."""
    if await MAPPINGS.get(ctx.tx, new.id) is not None:
        raise DuplicateThing(kind="mapping", details="Duplicate entry")
    return await MAPPINGS.add(ctx.tx, new)


async def replace(ctx: Context, mapping: AttributeMapping) -> AttributeMapping:
    """The mapping says this from the next log-in on."""
    return await MAPPINGS.update(ctx.tx, mapping)


async def delete(ctx: Context, mapping: AttributeMapping) -> None:
    """The mapping is gone; protocols that use it let nobody in."""
    await MAPPINGS.remove(ctx.tx, id=mapping.id)
