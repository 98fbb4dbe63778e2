"""Regions, services, endpoints: what must hold between them; the catalogue of a token."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Auth, Context
from haneul.kernel.db import Tx
from haneul.kernel.errors import Forbidden
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.catalog import Endpoint, Region, catalogue
from haneul.services.identity.operations import access
from haneul.services.identity.store.catalog import ENDPOINTS, REGIONS, SERVICES


async def of(tx: Tx, auth: Auth) -> list[dict[str, Any]]:
    """What the catalogue shows to this authorisation."""
    values = {"project_id": auth.project_id, "tenant_id": auth.project_id, "user_id": auth.user_id}
    return catalogue(await SERVICES.page(tx), await ENDPOINTS.page(tx), values)


async def create_region(ctx: Context, region: Region) -> Region:
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
        await REGIONS.remove(ctx.tx, id=id)


async def require_places(ctx: Context, endpoint: Endpoint) -> None:
    """The endpoint's service exists (400 if not), and so does its region from now on."""
    if await SERVICES.get(ctx.tx, endpoint.service_id) is None:
        raise Invalid(why=f"Expecting to find a valid service_id in endpoint: {endpoint.service_id}.")
    if endpoint.region_id is not None and await REGIONS.get(ctx.tx, endpoint.region_id) is None:
        await REGIONS.add(ctx.tx, Region(endpoint.region_id))
