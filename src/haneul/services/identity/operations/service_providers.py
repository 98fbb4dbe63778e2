"""Service providers: other clouds to which the tokens of this one lead; while one is enabled, tokens name it."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.identity.errors import DuplicateThing
from haneul.services.identity.model.federation import ServiceProvider
from haneul.services.identity.operations import tokens
from haneul.services.identity.store.federation import SERVICE_PROVIDERS


async def create(ctx: Context, new: ServiceProvider) -> ServiceProvider:
    """The other cloud is known; DuplicateThing if its id is taken."""
    if await SERVICE_PROVIDERS.get(ctx.tx, new.id) is not None:
        details = f"Duplicate entry found with ID {new.id}"
        raise DuplicateThing(kind="service_provider", details=details)
    tokens.catalogue_changed(ctx)
    return await SERVICE_PROVIDERS.add(ctx.tx, new)


async def update(ctx: Context, changed: ServiceProvider) -> ServiceProvider:
    """Tokens are shown with what it says now."""
    tokens.catalogue_changed(ctx)
    return await SERVICE_PROVIDERS.update(ctx.tx, changed)


async def delete(ctx: Context, provider: ServiceProvider) -> None:
    """No token names it."""
    tokens.catalogue_changed(ctx)
    await SERVICE_PROVIDERS.remove(ctx.tx, id=provider.id)
