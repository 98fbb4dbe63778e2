"""Whether what is stored of ports fits together: who has each is there, and knows of it."""

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
from haneul.services.network.store.networks import NETWORKS
from haneul.services.network.store.ports import ALLOCATIONS, PORTS
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction."""
    ports = {p.id: p for p in await PORTS.find(ctx.tx)}
    networks = {n.id for n in await NETWORKS.find(ctx.tx)}
    routers = {r.id: r for r in await ROUTERS.find(ctx.tx)}
    floating = {f.id: f for f in await FLOATING_IPS.find(ctx.tx)}
    there = {
        ROUTER_INTERFACE: routers.keys(),
        ROUTER_GATEWAY: routers.keys(),
        FLOATING_IP: floating.keys(),
        SERVICE_PORT: networks,
    }
    for port in ports.values():
        if port.network_id not in networks:
            return f"port {port.id} is on network {port.network_id}, which is gone"
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
    for held in await ALLOCATIONS.find(ctx.tx):
        if held.port_id not in ports:
            return f"address {held.ip} is held for port {held.port_id}, which is gone"
    return None


def _is_held(port: Port | None, by: str) -> bool:
    return port is not None and port.held_by == by
