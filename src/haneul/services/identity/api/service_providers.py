"""/OS-FEDERATION/service_providers"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Strict
from haneul.services.identity import errors, policy
from haneul.services.identity.api import catalog_answers
from haneul.services.identity.api.bodies import Text, sent
from haneul.services.identity.api.identity_providers import require_short
from haneul.services.identity.api.lists import links, listing
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.federation import ServiceProvider
from haneul.services.identity.operations import access, service_providers
from haneul.services.identity.operations.collections import SERVICE_PROVIDERS

routes = Routes("/v3")

Url = Annotated[str, msgspec.Meta(max_length=225, pattern=r"^[a-zA-Z0-9+.-]+:[^\x00]+$")]


class NewServiceProvider(Strict):
    auth_url: Url
    sp_url: Url
    enabled: bool = False
    description: Text | None = None
    relay_state_prefix: Text | None = "ss:mem:"


class ChangedServiceProvider(Strict):
    auth_url: Url | UnsetType = UNSET
    sp_url: Url | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET
    relay_state_prefix: Text | UnsetType | None = UNSET


class CreateServiceProvider(Strict):
    service_provider: NewServiceProvider


class UpdateServiceProvider(Strict):
    service_provider: ChangedServiceProvider


def view(ctx: Context, provider: ServiceProvider) -> dict[str, Any]:
    return {
        "id": provider.id,
        "auth_url": provider.auth_url,
        "sp_url": provider.sp_url,
        "enabled": provider.enabled,
        "description": provider.description,
        "relay_state_prefix": provider.relay_state_prefix,
        "links": links(ctx, f"OS-FEDERATION/service_providers/{provider.id}"),
    }


@routes.get(
    "/OS-FEDERATION/service_providers",
    policy=policy.LIST_SERVICE_PROVIDERS,
    answer=catalog_answers.ServiceProviders,
    errors=(NotFound,),
)
async def list_service_providers(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List service providers."""
    return await listing(
        ctx, request, query, SERVICE_PROVIDERS, "service_providers", view, texts=("id",), truths=("enabled",)
    )


@routes.put(
    "/OS-FEDERATION/service_providers/{provider_id}",
    status=201,
    policy=policy.CREATE_SERVICE_PROVIDER,
    answer=catalog_answers.OneServiceProvider,
    errors=(errors.DuplicateThing, errors.ThingNotFound, errors.Invalid),
)
async def create_service_provider(
    ctx: Context, provider_id: str, body: CreateServiceProvider
) -> dict[str, Any]:
    """Register another cloud; while it is enabled, tokens name it."""
    require_short(provider_id)
    new = ServiceProvider(provider_id, **sent(body.service_provider))
    return {"service_provider": view(ctx, await service_providers.create(ctx, new))}


@routes.get(
    "/OS-FEDERATION/service_providers/{provider_id}",
    policy=policy.GET_SERVICE_PROVIDER,
    answer=catalog_answers.OneServiceProvider,
    errors=(errors.ThingNotFound,),
)
async def show_service_provider(ctx: Context, provider_id: str) -> dict[str, Any]:
    """Show a service provider."""
    return {
        "service_provider": view(
            ctx, await access.find(ctx, policy.GET_SERVICE_PROVIDER, SERVICE_PROVIDERS, provider_id)
        )
    }


@routes.patch(
    "/OS-FEDERATION/service_providers/{provider_id}",
    policy=policy.UPDATE_SERVICE_PROVIDER,
    answer=catalog_answers.OneServiceProvider,
    errors=(
        errors.ThingNotFound,
        errors.Invalid,
    ),
)
async def update_service_provider(
    ctx: Context, provider_id: str, body: UpdateServiceProvider
) -> dict[str, Any]:
    """Change a service provider."""
    provider = await access.find(ctx, policy.UPDATE_SERVICE_PROVIDER, SERVICE_PROVIDERS, provider_id)
    changes = sent(body.service_provider)
    if not changes:
        raise Invalid(why="Invalid input for field/attribute service_provider. {} should be non-empty")
    changed = await service_providers.update(ctx, replace(provider, **changes))
    return {"service_provider": view(ctx, changed)}


@routes.delete(
    "/OS-FEDERATION/service_providers/{provider_id}",
    policy=policy.DELETE_SERVICE_PROVIDER,
    errors=(errors.ThingNotFound,),
)
async def delete_service_provider(ctx: Context, provider_id: str) -> None:
    """Remove a service provider."""
    provider = await access.find(ctx, policy.DELETE_SERVICE_PROVIDER, SERVICE_PROVIDERS, provider_id)
    await service_providers.delete(ctx, provider)
