"""/os-services and /os-availability-zone"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Query, Routes, Strict, UnsetType, since, zones
from haneul.kernel.http.bounds import Text
from haneul.services.compute import errors, versions
from haneul.services.compute.api import answers, values
from haneul.services.compute.operations import hosts
from haneul.services.compute.operations.hosts import Service
from haneul.services.compute.policy import hosts as policy
from haneul.services.placement import public as placement

routes = Routes("/v2.1")
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class ServiceOfHost(Strict):
    host: values.Text
    binary: values.Text
    disabled_reason: Reason | UnsetType = UNSET
    forced_down: Annotated[bool | Text | UnsetType, since("2.11")] = UNSET


class ServiceChanges(Strict):
    status: Literal["enabled", "disabled"] | UnsetType = UNSET
    disabled_reason: Reason | UnsetType = UNSET
    forced_down: bool | Text | UnsetType = UNSET


def view(ctx: Context, service: Service) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": service.id if ctx.wants(versions.SERVICES_HAVE_UUIDS) else hosts.number(service.id),
        "binary": service.binary,
        "host": service.host,
        "zone": service.zone,
        "status": "enabled" if service.is_enabled else "disabled",
        "state": "up" if service.is_up else "down",
        "updated_at": service.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "disabled_reason": service.disabled_reason,
    }
    if ctx.wants(versions.SERVICES_FORCED_DOWN):
        document["forced_down"] = service.is_forced_down
    return document


@routes.get("/os-services", policy=policy.LIST_SERVICES, answer=answers.Services)
async def list_services(ctx: Context, query: Query) -> dict[str, Any]:
    """The services of hosts and of the control plane."""
    values.only(ctx, query, {"host", "binary"})
    host, binary = query.get("host"), query.get("binary")
    services = await hosts.services(ctx)
    return {
        "services": [
            view(ctx, s)
            for s in services
            if (not host or s.host == host) and (not binary or s.binary == binary)
        ]
    }


@routes.put(
    "/os-services/{id}",
    policy=policy.UPDATE_SERVICE,
    since="2.53",
    answer=answers.OneService,
    errors=(errors.ServiceNotFound, errors.HostNotFound),
)
async def update_service(ctx: Context, id: str, body: ServiceChanges) -> dict[str, Any]:
    """Enable or disable placing servers on a host, or say that it is down."""
    changes: dict[str, Any] = {}
    if body.status is not UNSET:
        changes = {"is_enabled": body.status == "enabled", "disabled_reason": None}
    if body.disabled_reason is not UNSET:
        if body.status != "disabled":
            raise BadRequest("Specifying disabled_reason requires that status is 'disabled'.")
        changes["disabled_reason"] = body.disabled_reason
    if body.forced_down is not UNSET:
        changes["is_forced_down"] = values.truth(body.forced_down, "forced_down")
    if not changes:
        raise BadRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
    host = await hosts.host_of_service(ctx, id)
    return {"service": view(ctx, await hosts.change(ctx, host, **changes))}


@routes.put(
    "/os-services/{id}",
    policy=policy.UPDATE_SERVICE,
    until="2.52",
    answer=answers.OneChangedService,
    errors=(errors.ServiceNotFound, errors.HostNotFound),
)
async def update_service_2_52(ctx: Context, id: str, body: ServiceOfHost) -> dict[str, Any]:
    """enable, disable, disable-log-reason or force-down the nova-compute of a host."""
    shown: dict[str, Any] = {"host": body.host, "binary": body.binary}
    match id:
        case "enable":
            changes: dict[str, Any] = {"is_enabled": True, "disabled_reason": None}
        case "disable":
            changes = {"is_enabled": False, "disabled_reason": None}
        case "disable-log-reason" if body.disabled_reason is not UNSET:
            changes = {"is_enabled": False, "disabled_reason": body.disabled_reason}
            shown["disabled_reason"] = body.disabled_reason
        # The reason may be missing in the schema, and not in this one action.
        case "disable-log-reason":
            raise BadRequest("Missing disabled reason field")
        case "force-down" if ctx.wants(versions.SERVICES_FORCED_DOWN):
            if body.forced_down is UNSET:
                raise BadRequest("Missing forced_down field")
            shown["forced_down"] = values.truth(body.forced_down, "forced_down")
            changes = {"is_forced_down": shown["forced_down"]}
        case _:
            raise errors.ServiceNotFound(id=id)
    if body.binary != "nova-compute":
        raise errors.ServiceNotFound(id=f"{body.binary} on {body.host}")
    await hosts.change(ctx, await hosts.find(ctx, body.host), **changes)
    if id in ("enable", "disable", "disable-log-reason"):
        shown["status"] = "enabled" if id == "enable" else "disabled"
    return {"service": shown}


@routes.delete(
    "/os-services/{id}",
    policy=policy.DELETE_SERVICE,
    errors=(errors.ServiceNotFound, errors.ServiceInUse, *placement.HOST_REFUSALS),
)
async def delete_service(ctx: Context, id: str) -> None:
    """Forget the nova-compute of a host that is down and has no servers."""
    await hosts.delete(ctx, id)


@routes.get("/os-availability-zone", policy=policy.LIST_ZONES, answer=zones.Zones)
async def list_zones(ctx: Context) -> dict[str, Any]:
    """The zones that servers can be placed in."""
    by_zone = await hosts.zones(ctx)
    # Upstream has always shown hosts here, and nothing under them.
    return zones.listed(
        {zone: _is_available(s) for zone, s in by_zone.items() if zone != hosts.CONTROL_ZONE}, hosts=None
    )


@routes.get("/os-availability-zone/detail", policy=policy.DETAIL_ZONES, answer=answers.ZonesInDetail)
async def list_zones_in_detail(ctx: Context) -> dict[str, Any]:
    """Every zone with its hosts and their services."""
    shown = []
    for zone, services in (await hosts.zones(ctx)).items():
        of_hosts: dict[str, dict[str, Any]] = {}
        for s in services:
            of_hosts.setdefault(s.host, {})[s.binary] = {
                "active": s.is_enabled,
                "available": s.is_up,
                "updated_at": s.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
            }
        shown.append(zones.zone(zone, is_available=_is_available(services), hosts=of_hosts))
    return {"availabilityZoneInfo": shown}


def _is_available(services: list[Service]) -> bool:
    return any(s.is_enabled for s in services)
