"""Availability zones, agents, service providers, address availability, the automatic topology."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http import Query, Routes, lists
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.network import errors, policy
from haneul.services.network.api import answers
from haneul.services.network.model.clock import stamp
from haneul.services.network.operations import address_uses, auto_topology
from haneul.services.network.operations.address_uses import NetworkUse
from haneul.services.placement import public as placement

routes = Routes("/v2.0", errors=(NotFound,))


@routes.get("/availability_zones", answer=answers.Zones)
async def availability_zones(ctx: Context, query: Query) -> dict[str, Any]:
    """The zones of the hosts, for networks and for routers."""
    if not _sees(ctx, "get_availability_zone"):
        return {"availability_zones": []}
    zones = sorted(await placement.zones(ctx)) or [DEFAULT_ZONE]
    kinds = ("network", "router")
    shown = [{"name": zone, "resource": kind, "state": "available"} for zone in zones for kind in kinds]
    return {"availability_zones": lists.chosen(query, shown)}


def _agents(host: placement.Host, ctx: Context) -> dict[str, Any]:
    return {
        "id": host.id,
        "agent_type": "Open vSwitch agent",
        "binary": "haneul-agent",
        "topic": "N/A",
        "host": host.name,
        "availability_zone": host.zone,
        "admin_state_up": host.is_enabled,
        "alive": placement.is_up(host, ctx.now()),
        "created_at": stamp(host.updated_at),
        "started_at": stamp(host.updated_at),
        "heartbeat_timestamp": stamp(host.last_seen_at),
        "description": "",
        "resources_synced": None,
        "configurations": {},
    }


def _sees(ctx: Context, name: str, project_id: str = "") -> bool:
    """As upstream, a list is empty for those who may not read what is in it."""
    return ctx.may(policy.named(name), {"project_id": project_id})


def _require(ctx: Context, name: str, project_id: str = "") -> None:
    """As upstream, what somebody may not read is not there for them."""
    ctx.authorize(policy.named(name), {"project_id": project_id}, hidden=NotFound())


@routes.get("/agents", answer=answers.Agents)
async def agents(ctx: Context, query: Query) -> dict[str, Any]:
    """The agent of each host."""
    if not _sees(ctx, "get_agent"):
        return {"agents": []}
    shown = [_agents(h, ctx) for h in await placement.hosts(ctx, "network")]
    for name in ("host", "binary", "agent_type", "id", "availability_zone"):
        if values := query.all(name):
            shown = [a for a in shown if a[name] in values]
    return {"agents": lists.chosen(query, shown)}


@routes.get("/agents/{id}", answer=answers.OneAgent, errors=(errors.AgentNotFound,))
async def agent(ctx: Context, id: str) -> dict[str, Any]:
    """One host's agent."""
    _require(ctx, "get_agent")
    for host in await placement.hosts(ctx, "network"):
        if host.id == id:
            return {"agent": _agents(host, ctx)}
    raise errors.AgentNotFound(id=id)


@routes.get("/service-providers", answer=answers.ServiceProviders)
async def service_providers() -> dict[str, Any]:
    """There are none beyond the built-in ones."""
    return {"service_providers": []}


# -- how many addresses are left


@routes.get("/network-ip-availabilities", answer=answers.NetworkUses)
async def availabilities(ctx: Context, query: Query) -> dict[str, Any]:
    """How many addresses each network has and uses."""
    if not _sees(ctx, "get_network_ip_availability"):
        return {"network_ip_availabilities": []}
    uses = await address_uses.list(ctx)
    for name, field in (("network_id", "id"), ("network_name", "name"), ("project_id", "project_id")):
        if values := query.all(name):
            uses = [use for use in uses if getattr(use.network, field) in values]
    views = [_availability(use) for use in uses]
    return {"network_ip_availabilities": lists.chosen(query, views)}


@routes.get("/network-ip-availabilities/{id}", answer=answers.OneNetworkUse, errors=(errors.NetworkNotFound,))
async def availability(ctx: Context, id: str) -> dict[str, Any]:
    """How many addresses a network has and uses."""
    _require(ctx, "get_network_ip_availability")
    return {"network_ip_availability": _availability(await address_uses.show(ctx, id))}


def _availability(use: NetworkUse) -> dict[str, Any]:
    network = use.network
    return {
        "network_id": network.id,
        "network_name": network.name,
        "project_id": network.project_id,
        "tenant_id": network.project_id,
        "total_ips": _number(sum(each.total for each in use.subnets)),
        "used_ips": sum(each.used for each in use.subnets),
        "subnet_ip_availability": [
            {
                "subnet_id": subnet.id,
                "subnet_name": subnet.name,
                "cidr": subnet.cidr,
                "ip_version": subnet.ip_version,
                "total_ips": _number(total),
                "used_ips": used,
            }
            for subnet, total, used in use.subnets
        ],
    }


def _number(value: int) -> int | msgspec.Raw:
    """Its digits, however many: an IPv6 subnet may have more addresses than 64 bits count."""
    return value if value < 2**63 else msgspec.Raw(str(value).encode())


# -- the automatic topology


def _project(ctx: Context, id: str) -> str:
    return ctx.project_id if id in ("", "None", "null") else id


@routes.get(
    "/auto-allocated-topology/{id}",
    transaction=False,
    answer=answers.OneTopology,
    errors=(
        errors.AutoAllocationFailure,
        errors.BadRouterRequest,
        errors.InvalidOperation,
        errors.OverQuota,
        errors.SubnetAllocationError,
        errors.SubnetPoolQuotaExceeded,
    ),
)
async def auto_allocated_topology(ctx: Context, id: str, query: Query) -> dict[str, Any]:
    """The network that a project gets without asking; with `fields=dry-run`, whether it could."""
    project_id = _project(ctx, id)
    _require(ctx, "get_auto_allocated_topology", project_id)
    if "dry-run" in query.all("fields"):
        async with ctx.in_reading() as reading:
            await auto_topology.check(reading, project_id)
        id = "dry-run=pass"
    else:
        id = await ctx.transact(auto_topology.ensure, project_id)
    topology = {"id": id, "tenant_id": project_id, "project_id": project_id}
    return {"auto_allocated_topology": topology}


@routes.delete(
    "/auto-allocated-topology/{id}",
    errors=(
        errors.AutoAllocationFailure,
        errors.NetworkInUse,
        errors.RouterInUse,
        errors.RouterInterfaceInUseByFloatingIP,
        errors.RouterInterfaceInUseByRoute,
        NotFound,
    ),
)
async def delete_auto_allocated_topology(ctx: Context, id: str) -> None:
    """Take the automatic network away, with its router and subnets."""
    project_id = _project(ctx, id)
    _require(ctx, "get_auto_allocated_topology", project_id)
    ctx.authorize(policy.named("delete_auto_allocated_topology"), {"project_id": project_id})
    await auto_topology.delete(ctx, project_id)
