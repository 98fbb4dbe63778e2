"""/routers"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.tables import CHANGES, Attribute, Resource, item_of, kinds, serve, shown
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.network import errors, policy
from haneul.services.network.api import answers
from haneul.services.network.api.ports import FIXED_IP
from haneul.services.network.api.shapes import ADMIN_STATE_UP, ID, NAME, STANDARD, ZONE_HINTS
from haneul.services.network.api.subnets import HOST_ROUTE
from haneul.services.network.api.words import WORDS
from haneul.services.network.model import wishes
from haneul.services.network.model.routers import Router
from haneul.services.network.operations import routers
from haneul.services.network.operations.collections import ROUTERS

routes = Routes("/v2.0")

_GATEWAY = kinds.mapping(
    {"network_id": kinds.uuid},
    {
        "enable_snat": kinds.truth,
        "external_fixed_ips": kinds.not_none(kinds.list_of(FIXED_IP)),
    },
)


ROUTES = kinds.list_of(HOST_ROUTE, most=1000)


def _gateway(value: Any) -> dict[str, Any] | None:
    """Nothing at all, in any spelling, closes the gateway."""
    return None if value in (None, {}, [], "") else _GATEWAY(value)


def _special(value: Any) -> bool:
    """Whether it is of a kind that there is not; null is what one gets anyway, which may be said too."""
    return value is not None and kinds.truth(value)


def _show_gateway(router: Router) -> dict[str, Any] | None:
    gateway = router.gateway
    if gateway is None:
        return None
    return {
        "network_id": gateway.network_id,
        "enable_snat": gateway.enable_snat,
        "external_fixed_ips": gateway.external_fixed_ips,
    }


ROUTER = Resource(
    WORDS,
    "router",
    (
        ID,
        NAME,
        *STANDARD,
        ADMIN_STATE_UP,
        shown("status", is_filter=False),
        Attribute(
            "external_gateway_info",
            _gateway,
            field="gateway",
            show=_show_gateway,
            is_stored=False,
            ruled_parts=("enable_snat", "external_fixed_ips"),
        ),
        Attribute("routes", ROUTES, is_stored=False),
        Attribute("ha", _special, field="is_ha", is_filter=False, ruled=("get", *CHANGES)),
        Attribute(
            "distributed",
            _special,
            field="is_distributed",
            is_filter=False,
            ruled=("get", *CHANGES),
        ),
        ZONE_HINTS,
        shown("availability_zones", show=lambda r: [DEFAULT_ZONE] if r.host else []),
        Attribute("flavor_id", kinds.or_none(kinds.uuid), is_filter=False),
    ),
    ROUTERS,
    errors.RouterNotFound,
    wishes.NewRouter,
    routers.create,
    wishes.RouterChange,
    routers.update,
    routers.delete,
    shape=answers.Router,
    refusals={
        "create": (
            errors.OverQuota,
            errors.HANotEnoughAvailableAgents,
            errors.FlavorNotFound,
            errors.HANotEnoughAvailableAgents,
            errors.NetworkNotFound,
            errors.BadRouterRequest,
            errors.RouterExternalGatewayInUseByFloatingIp,
            errors.IpAddressAlreadyAllocated,
            errors.IpAddressGenerationFailure,
            errors.IpAddressGenerationFailureNoMatchingSubnet,
            errors.InvalidIpForNetwork,
            errors.InvalidIpForSubnet,
        ),
        "update": (
            errors.HANotEnoughAvailableAgents,
            errors.OverQuota,
            errors.RoutesOutOfReach,
            errors.NetworkNotFound,
            errors.BadRouterRequest,
            errors.RouterExternalGatewayInUseByFloatingIp,
            errors.IpAddressAlreadyAllocated,
            errors.IpAddressGenerationFailure,
            errors.IpAddressGenerationFailureNoMatchingSubnet,
            errors.InvalidIpForNetwork,
            errors.InvalidIpForSubnet,
        ),
        "delete": (errors.RouterInUse,),
    },
)
serve(routes, ROUTER)


async def _for(ctx: Context, id: str, rule: str) -> Router:
    router: Router = await ROUTER.load(ctx, id)
    ctx.authorize(policy.named(rule), await ROUTER.policy_target(ctx, router))
    return router


def _interface(body: Document) -> dict[str, str | None]:
    # The last three are of no use; templates and old clients send them, and upstream looks over them.
    unknown = [k for k in body if k not in ("subnet_id", "port_id", "id", "tenant_id", "project_id")]
    if unknown:
        raise errors.BadRouterRequest(reason=f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    interface: dict[str, str | None] = {}
    for name in ("subnet_id", "port_id"):
        try:
            interface[name] = kinds.uuid(body[name]) if name in body else None
        except ValueError as problem:
            raise errors.InvalidInput(attribute=name, reason=str(problem)) from None
    return interface


@routes.put(
    "/routers/{id}/add_router_interface",
    errors=(
        errors.RouterNotFound,
        errors.InvalidInput,
        errors.InvalidOperation,
        errors.BadRouterRequest,
        errors.SubnetNotFound,
        errors.PortNotFound,
        errors.PortInUse,
        errors.IpAddressAlreadyAllocated,
        errors.IpAddressGenerationFailure,
        errors.IpAddressGenerationFailureNoMatchingSubnet,
        errors.InvalidIpForNetwork,
        errors.InvalidIpForSubnet,
    ),
)
async def add_router_interface(ctx: Context, id: str, body: Document) -> routers.Attachment:
    """Put the router on a subnet."""
    router = await _for(ctx, id, "add_router_interface")
    return await routers.add_interface(ctx, router, **_interface(body))


@routes.put(
    "/routers/{id}/remove_router_interface",
    errors=(
        errors.RouterNotFound,
        errors.InvalidInput,
        errors.BadRouterRequest,
        errors.SubnetNotFound,
        errors.PortNotFound,
        errors.RouterInterfaceNotFound,
        errors.RouterInterfaceNotFoundForSubnet,
        errors.SubnetMismatchForPort,
        errors.RouterInterfaceInUseByFloatingIP,
        errors.RouterInterfaceInUseByRoute,
    ),
)
async def remove_router_interface(ctx: Context, id: str, body: Document) -> routers.Attachment:
    """Take the router off a subnet."""
    router = await _for(ctx, id, "remove_router_interface")
    return await routers.remove_interface(ctx, router, **_interface(body))


def _routes_of(body: Document) -> list[dict[str, str]]:
    try:
        wanted: list[dict[str, str]] = ROUTES(item_of(ROUTER, body).get("routes"))
    except ValueError as problem:
        raise errors.InvalidInput(attribute="routes", reason=str(problem)) from None
    return wanted


@routes.put(
    "/routers/{id}/add_extraroutes",
    answer=answers.OneRouter,
    errors=(
        errors.RouterNotFound,
        errors.InvalidInput,
        errors.BadRouterRequest,
        errors.OverQuota,
        errors.RoutesOutOfReach,
    ),
)
async def add_extraroutes(ctx: Context, id: str, body: Document) -> dict[str, Any]:
    """Add routes; those that are there stay."""
    router = await _for(ctx, id, "add_extraroutes")
    return await ROUTER.view(ctx, await routers.change_routes(ctx, router, add=_routes_of(body)))


@routes.put(
    "/routers/{id}/remove_extraroutes",
    answer=answers.OneRouter,
    errors=(
        errors.RouterNotFound,
        errors.InvalidInput,
        errors.BadRouterRequest,
        errors.OverQuota,
        errors.RoutesOutOfReach,
    ),
)
async def remove_extraroutes(ctx: Context, id: str, body: Document) -> dict[str, Any]:
    """Remove routes; fine if they are not there."""
    router = await _for(ctx, id, "remove_extraroutes")
    return await ROUTER.view(ctx, await routers.change_routes(ctx, router, remove=_routes_of(body)))
