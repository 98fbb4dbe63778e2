"""Calls to hosts: ports and routers are made there as the rows say. No transaction is open meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from weakref import WeakValueDictionary

from msgspec import Struct

from haneul.kernel import races
from haneul.kernel.context import Context
from haneul.kernel.errors import Superseded
from haneul.services.network.drivers.interface import HostNetwork
from haneul.services.network.events import PortBound
from haneul.services.network.model.ports import Port
from haneul.services.network.operations import host_views, servers
from haneul.services.network.operations.host_views import HostView

_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def turn(host: str) -> asyncio.Lock:
    """Held from reading rows until a host was told of them, so that what is read later is told later."""
    lock = _turns.get(host)
    if lock is None:
        lock = _turns[host] = asyncio.Lock()
    return lock


class WiredPort(Struct, frozen=True):
    """A port on its host, and where its owner plugs in."""

    port_id: str
    mac: str
    mtu: int
    connection: dict[str, Any]


async def apply(ctx: Context, host: str, view: HostView) -> dict[str, dict[str, Any]]:
    """The host has all of the view; where its ports are plugged in."""
    network = ctx.agent(host, HostNetwork)
    for spec in view.networks:
        await network.ensure_network(spec)
    connections = {spec.id: dict(await network.ensure_port(spec)) for spec in view.ports}
    for router in view.routers:
        await network.ensure_router(router)
    return connections


async def wire(
    ctx: Context, server_id: str, host: str, port_ids: Sequence[str] | None = None
) -> list[WiredPort]:
    """The server's ports are on the host, and active."""

    async def applied() -> tuple[list[Port], HostView, dict[str, dict[str, Any]]]:
        async with turn(host):
            async with ctx.in_reading() as reading:
                ports = [
                    p
                    for p in await servers.of_server(reading, server_id)
                    if port_ids is None or p.id in port_ids
                ]
                view = await host_views.view(reading, host, ports=ports)
            return ports, view, await apply(ctx, host, view)

    # superseded: another control plane told it something later
    ports, view, connections = await races.won(applied, lost=(Superseded,))
    mtus = {n.id: n.mtu for n in view.networks}
    await activate(ctx, host, ports)
    return [WiredPort(p.id, p.mac_address, mtus[p.network_id], connections[p.id]) for p in ports]


async def activate(ctx: Context, host: str, ports: Sequence[Port]) -> None:
    """The ports are known to be active, and who waits for that hears of it."""

    async def active(writing: Context) -> None:
        for port in await servers.mark_active(writing, [p.id for p in ports], host):
            await writing.emit(PortBound(port.id, host, port.held_by))

    await ctx.transact(active)


async def unwire(ctx: Context, server_id: str, host: str, port_ids: Sequence[str] | None = None) -> None:
    """The host has none of the server's ports; networks that nobody needs there are taken away later."""
    async with ctx.in_reading() as reading:
        ports = await servers.of_server(reading, server_id)
    network = ctx.agent(host, HostNetwork)
    for port in ports:
        if port_ids is None or port.id in port_ids:
            await network.ensure_port_gone(port.id)
