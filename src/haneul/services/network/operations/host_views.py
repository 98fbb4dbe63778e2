"""What a host should be told, read from rows in as few queries as there are tables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from haneul.kernel.context import Context
from haneul.services.network.drivers.interface import NetworkSpec, PortSpec, RouterSpec, RuleSpec
from haneul.services.network.model import host_view
from haneul.services.network.model.networks import Subnet
from haneul.services.network.model.ports import SERVER, SERVICE_PORT, Port
from haneul.services.network.store import hosts as stored_hosts
from haneul.services.network.store.networks import NETWORKS, SUBNETS
from haneul.services.network.store.ports import GROUP_ADDRESSES, GROUP_PAIRS, PORTS
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS
from haneul.services.network.store.security_groups import RULES, SECURITY_GROUPS
from haneul.services.placement import public as placement


class HostView(Struct, frozen=True):
    """Some things as they should be on a host, in the order in which they are told."""

    networks: list[NetworkSpec] = []
    ports: list[PortSpec] = []
    routers: list[RouterSpec] = []


async def view(
    ctx: Context,
    host: str,
    *,
    networks: Iterable[str] = (),
    ports: Sequence[Port] = (),
    routers: Iterable[str] = (),
) -> HostView:
    """Specs of these things for the host, and of the networks that they need there."""
    generation = await ctx.tx.ticket()  # before the rows are read, so a later view never has a smaller one
    router_specs, outer = await _routers(ctx, routers, generation)
    needed = {*networks, *(p.network_id for p in ports), *outer}
    return HostView(
        await _networks(ctx, host, needed, generation), await _ports(ctx, ports, generation), router_specs
    )


async def bound_ports(ctx: Context, host: str) -> list[Port]:
    """The ports that the host should have: those of servers."""
    return [p for p in await PORTS.find(ctx.tx, host=host) if is_wired(p)]


def is_wired(port: Port) -> bool:
    """Whether a host should have the port: a server's, bound to one."""
    return port.held_as == SERVER and bool(port.host)


async def places(ctx: Context, network_ids: Iterable[str]) -> dict[str, set[str]]:
    """Network id -> the hosts that have it."""
    hosts: dict[str, set[str]] = defaultdict(set)
    for network_id, host in await stored_hosts.of_networks(ctx.tx, network_ids):
        hosts[network_id].add(host)
    return hosts


async def _networks(ctx: Context, host: str, ids: set[str], generation: int) -> list[NetworkSpec]:
    if not ids:
        return []
    tunnels = {h.name: str(h.report.get("address") or "") for h in await placement.hosts(ctx, "network")}
    where = await places(ctx, ids) if any(tunnels.values()) else {}
    subnets: dict[str, list[Subnet]] = defaultdict(list)
    for subnet in await SUBNETS.among(ctx.tx, "network_id", ids):
        subnets[subnet.network_id].append(subnet)
    service = {p.network_id: p for p in await PORTS.among(ctx.tx, "network_id", ids, held_as=SERVICE_PORT)}
    return [
        host_view.network_spec(
            network,
            subnets[network.id],
            service.get(network.id),
            {tunnels[h] for h in where.get(network.id, ()) if h != host and tunnels.get(h)},
            generation,
        )
        for network in await NETWORKS.among(ctx.tx, "id", ids)
    ]


async def _ports(ctx: Context, ports: Sequence[Port], generation: int) -> list[PortSpec]:
    groups = {g for p in ports for g in p.security_group_ids}
    rules = await RULES.among(ctx.tx, "security_group_id", groups) if groups else []
    members = await _members(ctx, {r.remote_group_id for r in rules if r.remote_group_id})
    stateless = {g.id for g in await SECURITY_GROUPS.among(ctx.tx, "id", groups) if not g.is_stateful}
    of_group: dict[str, dict[host_view.RuleKey, RuleSpec]] = defaultdict(dict)
    for rule in rules:
        of_group[rule.security_group_id][host_view.rule_key(rule)] = host_view.rule_spec(rule, members)
    return [
        host_view.port_spec(
            port,
            {key: spec for g in port.security_group_ids for key, spec in of_group[g].items()},
            generation,
            is_stateful=stateless.isdisjoint(port.security_group_ids),
        )
        for port in ports
    ]


async def _members(ctx: Context, group_ids: set[str]) -> host_view.GroupMembers:
    addresses: dict[str, list[str]] = defaultdict(list)
    if group_ids:
        wanted = json.dumps(sorted(group_ids))
        for group_id, ip in await ctx.tx.all(GROUP_ADDRESSES, groups=wanted):
            addresses[group_id].append(ip)
        for group_id, pairs in await ctx.tx.all(GROUP_PAIRS, groups=wanted):
            addresses[group_id] += [host_view.pair_address(p) for p in msgspec.json.decode(pairs)]
    return host_view.GroupMembers(addresses)


async def _routers(ctx: Context, ids: Iterable[str], generation: int) -> tuple[list[RouterSpec], set[str]]:
    """The routers' specs, and the networks they touch."""
    wanted = list(ids)
    if not wanted:
        return [], set()
    ports: dict[str, list[Port]] = defaultdict(list)
    for port in await PORTS.among(ctx.tx, "held_by", wanted):
        ports[port.held_by].append(port)
    touched = {p.network_id for each in ports.values() for p in each}
    subnets = {s.id: s for s in await SUBNETS.among(ctx.tx, "network_id", touched)}
    floating = await FLOATING_IPS.among(ctx.tx, "router_id", wanted)
    specs = []
    for router in await ROUTERS.among(ctx.tx, "id", wanted):
        fixed_ips = router.gateway.external_fixed_ips if router.gateway else ()
        outer = [s for f in fixed_ips if (s := subnets.get(f.subnet_id))]
        specs.append(
            host_view.router_spec(
                router,
                ports[router.id],
                [s.gateway_ip for s in outer if s.gateway_ip],
                [f for f in floating if f.router_id == router.id],
                generation,
            )
        )
    return specs, touched
