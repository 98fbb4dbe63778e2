"""Endpoints, as other services look for them."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.identity.store.catalog import ENDPOINTS, SERVICES


async def endpoint_url(ctx: Context, type: str, region_id: str, interface: str) -> str | None:
    """Where a service of that type answers in the region; None if the catalogue knows none."""
    services = [service.id for service in await SERVICES.find(ctx.tx, type=type, enabled=True)]
    endpoints = await ENDPOINTS.among(
        ctx.tx, "service_id", services, region_id=region_id, interface=interface
    )
    return next((endpoint.url for endpoint in endpoints if endpoint.enabled), None)
