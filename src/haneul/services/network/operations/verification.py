"""Whether what is stored of networks fits together."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.network.store.networks import NETWORKS, SUBNETS
from haneul.services.network.store.ports import ALLOCATIONS, MEMBERSHIPS, PORTS
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS
from haneul.services.network.store.security_groups import RULES, SECURITY_GROUPS


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction among networks, subnets, ports, addresses, routers and groups."""
    networks = {n.id for n in await NETWORKS.find(ctx.tx)}
    subnets = {s.id: s for s in await SUBNETS.find(ctx.tx)}
    ports = {p.id: p for p in await PORTS.find(ctx.tx)}
    groups = {g.id for g in await SECURITY_GROUPS.find(ctx.tx)}
    for subnet in subnets.values():
        if subnet.network_id not in networks:
            return f"subnet {subnet.id} is of network {subnet.network_id}, which is not there"
    for port in ports.values():
        if port.network_id not in networks:
            return f"port {port.id} is of network {port.network_id}, which is not there"
    held = {(a.port_id, a.ip) for a in await ALLOCATIONS.find(ctx.tx)}
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
    routers = {r.id for r in await ROUTERS.find(ctx.tx)}
    for floating in await FLOATING_IPS.find(ctx.tx):
        if floating.port_id is not None and floating.port_id not in ports:
            return f"floating address {floating.ip} leads to port {floating.port_id}, which is not there"
        if floating.router_id is not None and floating.router_id not in routers:
            return (
                f"floating address {floating.ip} goes through router {floating.router_id}, which is not there"
            )
    return None
