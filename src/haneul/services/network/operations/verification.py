"""Whether what is stored of networks fits together: parts of what is there, held by who is there."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.network.model.ports import (
    FLOATING_IP,
    ROUTER_GATEWAY,
    ROUTER_INTERFACE,
    SERVER,
    SERVICE_PORT,
    Port,
)
from haneul.services.network.store.networks import NETWORKS, SUBNETS
from haneul.services.network.store.ports import ALLOCATIONS, MEMBERSHIPS, PORTS
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS
from haneul.services.network.store.security_groups import RULES, SECURITY_GROUPS


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction among networks, subnets, ports, addresses, routers and groups."""
    networks = {n.id for n in await NETWORKS.find(ctx.tx)}
    ports = {p.id: p for p in await PORTS.find(ctx.tx)}
    return await _wrong_parts(ctx, networks, ports) or await _wrong_holders(ctx, networks, ports)


async def _wrong_parts(ctx: Context, networks: set[str], ports: dict[str, Port]) -> str | None:
    """Subnets, ports, addresses, members and rules are of something that is there."""
    groups = {g.id for g in await SECURITY_GROUPS.find(ctx.tx)}
    subnets = {s.id: s for s in await SUBNETS.find(ctx.tx)}
    for subnet in subnets.values():
        if subnet.network_id not in networks:
            return f"subnet {subnet.id} is of network {subnet.network_id}, which is not there"
    for port in ports.values():
        if port.network_id not in networks:
            return f"port {port.id} is of network {port.network_id}, which is not there"
    allocations = await ALLOCATIONS.find(ctx.tx)
    for each in allocations:
        if each.subnet_id not in subnets:
            return f"the address {each.ip} is of subnet {each.subnet_id}, which is not there"
    held = {(a.port_id, a.ip) for a in allocations}
    shown = {(p.id, f.ip_address) for p in ports.values() for f in p.fixed_ips}
    for port_id, ip in shown - held:
        return f"port {port_id} shows the address {ip}, which it does not hold"
    for port_id, ip in held - shown:
        return f"the address {ip} is held for port {port_id}, which does not show it"
    for member in await MEMBERSHIPS.find(ctx.tx):
        if member.port_id not in ports or member.security_group_id not in groups:
            return f"port {member.port_id} is in group {member.security_group_id}; one of them is not there"
    for rule in await RULES.find(ctx.tx):
        if rule.security_group_id not in groups:
            return f"rule {rule.id} is of group {rule.security_group_id}, which is not there"
    return None


async def _wrong_holders(ctx: Context, networks: set[str], ports: dict[str, Port]) -> str | None:
    """Who has a port is there, and knows of it."""
    routers = {r.id: r for r in await ROUTERS.find(ctx.tx)}
    floating = {f.id: f for f in await FLOATING_IPS.find(ctx.tx)}
    there = {
        ROUTER_INTERFACE: routers.keys(),
        ROUTER_GATEWAY: routers.keys(),
        FLOATING_IP: floating.keys(),
        SERVICE_PORT: networks,
    }
    for port in ports.values():
        if bool(port.held_as) != bool(port.held_by):
            return f"port {port.id} is held as {port.held_as or 'nothing'} by {port.held_by or 'nobody'}"
        if port.held_as in there and port.held_by not in there[port.held_as]:
            return f"port {port.id} is held as {port.held_as} by {port.held_by}, which is gone"
        if port.is_owned_by_server and port.held_as != SERVER:
            return f"port {port.id} was made for a server, and none has it"
    for router in routers.values():
        if router.gateway is not None and not _is_held(ports.get(router.gateway.port_id), router.id):
            return f"router {router.id} has no port at its gateway"
    for each in floating.values():
        if not _is_held(ports.get(each.own_port_id), each.id):
            return f"floating IP {each.id} has no port of its own"
        if each.port_id is not None and each.port_id not in ports:
            return f"floating IP {each.id} leads to port {each.port_id}, which is gone"
        if each.router_id is not None and each.router_id not in routers:
            return f"floating IP {each.id} goes through router {each.router_id}, which is gone"
    return None


def _is_held(port: Port | None, by: str) -> bool:
    return port is not None and port.held_by == by
