"""Regions, services, endpoints: what must hold between them; the catalogue of a token."""

from __future__ import annotations

from typing import Any

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.catalog import Endpoint, Region, Service, catalogue, is_fillable
from haneul.services.identity.operations import access, collections, endpoint_filters, tokens
from haneul.services.identity.store.catalog import ENDPOINTS, REGIONS, SERVICES
from haneul.services.identity.store.policies import POLICY_ASSOCIATIONS


async def of(ctx: Context, auth: Auth) -> list[dict[str, Any]]:
    """What the catalogue shows to this authorisation."""
    values = {"project_id": auth.project_id, "tenant_id": auth.project_id, "user_id": auth.user_id}
    associations = await endpoint_filters.of_project(ctx, auth.project_id) if auth.project_id else []
    services = await SERVICES.page(ctx.tx)
    if associations:  # a project that has endpoints of its own sees no others, nor services without any
        services = [each for each in services if any(e.service_id == each.id for e in associations)]
    return catalogue(services, associations or await ENDPOINTS.page(ctx.tx), values)


async def create_region(ctx: Context, region: Region) -> Region:
    """The region is stored; ThingNotFound if the one above it is not there, DuplicateThing if its id is in use."""
    if region.parent_region_id is not None:
        await access.exists(ctx, collections.REGIONS, region.parent_region_id)
    return await access.add(ctx, collections.REGIONS, region)


async def update_region(ctx: Context, region: Region) -> Region:
    """The region as changed; it may not end up below itself."""
    above = region.parent_region_id
    while above is not None:
        if above == region.id:
            raise Invalid(why="A region cannot be below itself.")
        above = (await access.exists(ctx, collections.REGIONS, above)).parent_region_id
    return await access.write(ctx, collections.REGIONS, region)


async def delete_region(ctx: Context, region: Region) -> None:
    """The region and those below it are gone; 403 if any has endpoints."""
    ids, level = [region.id], [region.id]
    while level:
        level = [r.id for r in await REGIONS.among(ctx.tx, "parent_region_id", level)]
        ids += level
    if await ENDPOINTS.among(ctx.tx, "region_id", ids):
        raise Forbidden(
            f"Unable to delete region {region.id} because it or its child regions have associated endpoints."
        )
    for id in ids:
        await POLICY_ASSOCIATIONS.remove(ctx.tx, region_id=id)
        await REGIONS.remove(ctx.tx, id=id)


async def create_service(ctx: Context, service: Service) -> Service:
    """The service is in the catalogue once it has endpoints."""
    tokens.catalogue_changed(ctx)
    return await SERVICES.add(ctx.tx, service)


async def update_service(ctx: Context, service: Service) -> Service:
    """The service as changed, in every catalogue."""
    tokens.catalogue_changed(ctx)
    return await SERVICES.update(ctx.tx, service)


async def delete_service(ctx: Context, service: Service) -> None:
    """The service is gone, with its endpoints and whatever was given to it."""
    tokens.catalogue_changed(ctx)
    for endpoint in await ENDPOINTS.find(ctx.tx, service_id=service.id):
        await delete_endpoint(ctx, endpoint)
    await POLICY_ASSOCIATIONS.remove(ctx.tx, service_id=service.id)
    await SERVICES.remove(ctx.tx, id=service.id)


async def create_endpoint(ctx: Context, endpoint: Endpoint) -> Endpoint:
    """The endpoint is in catalogues, and its region exists; Invalid for one that fits nothing."""
    await _require_places(ctx, endpoint)
    tokens.catalogue_changed(ctx)
    return await ENDPOINTS.add(ctx.tx, endpoint)


async def update_endpoint(ctx: Context, endpoint: Endpoint) -> Endpoint:
    """The endpoint as changed; Invalid if it fits nothing now."""
    await _require_places(ctx, endpoint)
    tokens.catalogue_changed(ctx)
    return await ENDPOINTS.update(ctx.tx, endpoint)


async def delete_endpoint(ctx: Context, endpoint: Endpoint) -> None:
    """The endpoint is gone, from every project's catalogue too."""
    tokens.catalogue_changed(ctx)
    await endpoint_filters.forget_endpoint(ctx.tx, endpoint.id)
    await POLICY_ASSOCIATIONS.remove(ctx.tx, endpoint_id=endpoint.id)
    await ENDPOINTS.remove(ctx.tx, id=endpoint.id)


async def _require_places(ctx: Context, endpoint: Endpoint) -> None:
    """The endpoint's service exists and its URL can be filled in (400 if not); its region exists from now on."""
    if not is_fillable(endpoint.url):
        raise Invalid(why=f"Cannot create an endpoint with an invalid URL: {endpoint.url}.")
    if await SERVICES.get(ctx.tx, endpoint.service_id) is None:
        raise Invalid(why=f"Expecting to find a valid service_id in endpoint: {endpoint.service_id}.")
    if endpoint.region_id is not None and await REGIONS.get(ctx.tx, endpoint.region_id) is None:
        await REGIONS.add(ctx.tx, Region(endpoint.region_id))
