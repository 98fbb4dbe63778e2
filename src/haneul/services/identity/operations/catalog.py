"""Regions, services, endpoints: what must hold between them; the catalogue of a token."""

from __future__ import annotations

from typing import Any

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.kernel.db import Tx
from haneul.kernel.errors import Forbidden
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.catalog import Endpoint, Region, Service, catalogue, is_fillable
from haneul.services.identity.operations import access, endpoint_filters, tokens
from haneul.services.identity.store.catalog import ENDPOINTS, REGIONS, SERVICES
from haneul.services.identity.store.policies import POLICY_ASSOCIATIONS


async def of(tx: Tx, auth: Auth) -> list[dict[str, Any]]:
    """What the catalogue shows to this authorisation."""
    values = {"project_id": auth.project_id, "tenant_id": auth.project_id, "user_id": auth.user_id}
    associations = await endpoint_filters.of_project(tx, auth.project_id) if auth.project_id else []
    services = await SERVICES.page(tx)
    if associations:  # a project that has endpoints of its own sees no others, nor services without any
        services = [each for each in services if any(e.service_id == each.id for e in associations)]
    return catalogue(services, associations or await ENDPOINTS.page(tx), values)


async def create_region(ctx: Context, region: Region) -> Region:
    """The region is stored; ThingNotFound if the one above it is not there, DuplicateThing if its id is in use."""
    if region.parent_region_id is not None:
        await access.exists(ctx, REGIONS, region.parent_region_id, "region")
    return await access.add(ctx, REGIONS, region, "region")


async def update_region(ctx: Context, region: Region) -> Region:
    """The region as changed; it may not end up below itself."""
    above = region.parent_region_id
    while above is not None:
        if above == region.id:
            raise Invalid(why="A region cannot be below itself.")
        above = (await access.exists(ctx, REGIONS, above, "region")).parent_region_id
    return await access.write(ctx, REGIONS, region, "region")


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


async def delete_service(ctx: Context, service: Service) -> None:
    """The service is gone, with its endpoints and whatever was given to it."""
    for endpoint in await ENDPOINTS.find(ctx.tx, service_id=service.id):
        await delete_endpoint(ctx, endpoint)
    await POLICY_ASSOCIATIONS.remove(ctx.tx, service_id=service.id)
    await SERVICES.remove(ctx.tx, id=service.id)


async def delete_endpoint(ctx: Context, endpoint: Endpoint) -> None:
    """The endpoint is gone, from every project's catalogue too."""
    tokens.catalogue_changed(ctx)
    await endpoint_filters.forget_endpoint(ctx.tx, endpoint.id)
    await POLICY_ASSOCIATIONS.remove(ctx.tx, endpoint_id=endpoint.id)
    await ENDPOINTS.remove(ctx.tx, id=endpoint.id)


async def require_places(ctx: Context, endpoint: Endpoint) -> None:
    """The endpoint's service exists and its URL can be filled in (400 if not); its region exists from now on."""
    if not is_fillable(endpoint.url):
        raise Invalid(why=f"Cannot create an endpoint with an invalid URL: {endpoint.url}.")
    if await SERVICES.get(ctx.tx, endpoint.service_id) is None:
        raise Invalid(why=f"Expecting to find a valid service_id in endpoint: {endpoint.service_id}.")
    if endpoint.region_id is not None and await REGIONS.get(ctx.tx, endpoint.region_id) is None:
        await REGIONS.add(ctx.tx, Region(endpoint.region_id))
