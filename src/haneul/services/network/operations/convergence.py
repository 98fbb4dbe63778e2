"""Hosts are told what changed, and looked at for what they should not have.

What changed stands in rows (`store/pending.py`), written with the change. Here they are turned into work
for each host: the rows are read again, what is wanted there is ensured, what is not is taken away. A host
that cannot be told keeps its part of the work for the next time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.ids import new_id
from haneul.services.network.drivers.interface import HostNetwork
from haneul.services.network.model.pending import NETWORK, PORT, ROUTER, SECURITY_GROUP, Pending
from haneul.services.network.model.ports import ACTIVE, DOWN, Port
from haneul.services.network.operations import host_views, wiring
from haneul.services.network.store import hosts as stored_hosts
from haneul.services.network.store.pending import PENDING
from haneul.services.network.store.ports import PORTS
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS
from haneul.services.placement import public as placement


class Work(Struct):
    """What one host is to be told of, by id."""

    networks: set[str] = field(default_factory=set)
    ports: set[str] = field(default_factory=set)
    routers: set[str] = field(default_factory=set)


async def usable_hosts(ctx: Context) -> list[str]:
    """The hosts that can be called, those first that may be given more."""
    up = await placement.hosts_up(ctx, "network")
    return [h.name for h in sorted(up, key=lambda h: (not h.is_enabled, h.name))]


async def plan(ctx: Context, todo: Sequence[Pending]) -> dict[str, Work]:
    """What changed, as work for each host that has it."""
    work: dict[str, Work] = defaultdict(Work)
    for each in todo:
        if each.host:
            _add(work[each.host], each.kind, each.id)
    everywhere = [each for each in todo if not each.host]
    for network_id, hosts in (await host_views.places(ctx, _ids(everywhere, NETWORK))).items():
        for host in hosts:
            work[host].networks.add(network_id)
    for router in await ROUTERS.among(ctx.tx, "id", _ids(everywhere, ROUTER)):
        if router.host:
            work[router.host].routers.add(router.id)
    if groups := _ids(everywhere, SECURITY_GROUP):
        for port_id, host in await stored_hosts.ports_touched_by_groups(ctx.tx, groups):
            work[host].ports.add(port_id)
    return work


def _ids(todo: Iterable[Pending], kind: str) -> list[str]:
    return [each.id for each in todo if each.kind == kind]


def _add(work: Work, kind: str, id: str) -> None:
    {NETWORK: work.networks, PORT: work.ports, ROUTER: work.routers}[kind].add(id)


async def postpone(ctx: Context, host: str, work: Work) -> None:
    """The host could not be told: this is left for the next time."""
    for kind, ids in ((NETWORK, work.networks), (PORT, work.ports), (ROUTER, work.routers)):
        for id in ids:
            await PENDING.put(ctx.tx, Pending(kind, id, host, new_id()))


async def place_routers(ctx: Context, router_ids: Sequence[str], hosts: Sequence[str]) -> None:
    """Each of these routers that has something to join, and no usable host, has one."""
    if not hosts:
        return
    for router in await ROUTERS.among(ctx.tx, "id", router_ids):
        if router.host not in hosts and await PORTS.first(ctx.tx, held_by=router.id):
            if router.host:
                await postpone(ctx, router.host, Work(routers={router.id}))
            await ROUTERS.update(ctx.tx, replace(router, host=hosts[0]))


async def tell(ctx: Context, host: str, work: Work) -> None:
    """The host has what is wanted of this, and nothing else of it."""
    async with wiring.turn(host):
        async with ctx.in_reading() as reading:
            ports = [
                p
                for p in await PORTS.among(reading.tx, "id", work.ports)
                if p.host == host and host_views.is_wired(p)
            ]
            routers = await _routers(reading, host, work.routers)
            networks = await _networks(reading, host, work.networks)
            view = await host_views.view(reading, host, networks=networks, ports=ports, routers=routers)
        await wiring.apply(ctx, host, view)
        gone = Work(work.networks - networks, work.ports - {p.id for p in ports}, work.routers - routers)
        await _take_away(ctx, host, gone)
        if gone.ports or gone.routers:
            await _sweep(ctx, host)
    await confirm(ctx, host, ports, routers)


async def _routers(ctx: Context, host: str, ids: Iterable[str]) -> set[str]:
    return {r.id for r in await ROUTERS.among(ctx.tx, "id", ids) if r.host == host}


async def _networks(ctx: Context, host: str, ids: Iterable[str]) -> set[str]:
    return {id for id, hosts in (await host_views.places(ctx, ids)).items() if host in hosts}


async def _take_away(ctx: Context, host: str, gone: Work) -> None:
    network = ctx.agent(host, HostNetwork)
    for router_id in gone.routers:
        await network.ensure_router_gone(router_id)
    for port_id in gone.ports:
        await network.ensure_port_gone(port_id)
    for network_id in gone.networks:
        await network.ensure_network_gone(network_id)


async def _sweep(ctx: Context, host: str) -> None:
    """Networks that nothing on the host needs any more are gone."""
    have = await ctx.agent(host, HostNetwork).inventory()
    async with ctx.in_reading() as reading:
        wanted = await _networks(reading, host, have.networks)
    await _take_away(ctx, host, Work(networks=have.networks - wanted))


async def confirm(ctx: Context, host: str, ports: Sequence[Port], routers: Iterable[str]) -> None:
    """The rows say that these are active, where they do not yet."""
    if any(p.status == DOWN for p in ports):
        await wiring.activate(ctx, host, ports)
    ids = list(routers)
    if not ids:
        return

    async def active(writing: Context) -> None:
        for port in await PORTS.among(writing.tx, "held_by", ids, status=DOWN):
            await PORTS.update(writing.tx, replace(port, status=ACTIVE))
        for floating in await FLOATING_IPS.among(writing.tx, "router_id", ids, status=DOWN):
            await FLOATING_IPS.update(writing.tx, replace(floating, status=ACTIVE))

    await ctx.transact(active)


async def compare(ctx: Context, host: str) -> None:
    """The host has everything that is wanted there, and nothing that is not."""
    async with wiring.turn(host):
        have = await ctx.agent(host, HostNetwork).inventory()
        async with ctx.in_reading() as reading:
            wanted = {p.id for p in await host_views.bound_ports(reading, host)}
            routers = {r.id for r in await ROUTERS.find(reading.tx, host=host)}
            networks = await _networks(reading, host, have.networks)
    differs = Work(have.networks - networks, have.ports ^ wanted, have.routers ^ routers)
    if differs.networks or differs.ports or differs.routers:
        await tell(ctx, host, differs)
