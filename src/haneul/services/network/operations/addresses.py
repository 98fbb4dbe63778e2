"""Addresses: given to ports one each, taken back, never twice.

An address in use is a row whose key is the subnet and the address, so the database itself refuses a
second owner. The search for a free one begins at the subnet's cursor, below which none is free; whoever
gives one back lowers it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from haneul.kernel.context import Context
from haneul.services.network import errors
from haneul.services.network.model import addresses as arithmetic
from haneul.services.network.model.networks import Network, Subnet
from haneul.services.network.model.ports import SERVICE_PORT, Allocation, FixedIp
from haneul.services.network.store import ports as store
from haneul.services.network.store.networks import SUBNETS

WINDOW = 256
"""How many addresses in use are read at a time while looking for a gap."""
AUTOMATIC = ("slaac", "dhcpv6-stateless")


async def allocate(
    ctx: Context,
    network: Network,
    port_id: str,
    wanted: Sequence[dict[str, Any]] | None,
    *,
    mac: str,
    owner: str,
) -> list[FixedIp]:
    """Addresses for the port: those wanted, or (None) one of each IP version that the network has.

    `owner` says what the port is for: only subnets that serve such ports are looked at.
    """
    subnets = _serving(network, await SUBNETS.find(ctx.tx, network_id=network.id), owner)
    if wanted is None:
        return await _automatically(ctx, network, port_id, subnets, mac)
    taken = []
    for each in wanted:
        subnet = _chosen(network, subnets, each)
        if ip := each.get("ip_address"):
            _check_usable(subnet, ip)
            taken.append(await _take(ctx, subnet, ip, port_id))
        else:
            taken.append(await _next(ctx, network, [subnet], port_id, mac))
    return taken


def _serving(network: Network, subnets: Sequence[Subnet], owner: str) -> list[Subnet]:
    """The subnets for ports of that owner: those that name it first, then those that name nobody.

    The network itself answers in all of them.
    """
    if owner == SERVICE_PORT:
        return list(subnets)
    serving = [s for s in subnets if not s.service_types or owner in s.service_types]
    if subnets and not serving:
        raise errors.IpAddressGenerationFailureNoMatchingSubnet(network_id=network.id, service_type=owner)
    return sorted(serving, key=lambda s: not s.service_types)


def _chosen(network: Network, subnets: Sequence[Subnet], wanted: dict[str, Any]) -> Subnet:
    """The subnet that was named, or the one that holds the address."""
    if subnet_id := wanted.get("subnet_id"):
        for subnet in subnets:
            if subnet.id == subnet_id:
                return subnet
        raise errors.InvalidOperation(
            reason=f"Failed to create port on network {network.id}, because fixed_ips included invalid "
            f"subnet {subnet_id}"
        )
    if not wanted.get("ip_address"):
        raise errors.InvalidOperation(reason="IP allocation requires subnet_id or ip_address")
    for subnet in subnets:
        if arithmetic.contains(subnet, wanted["ip_address"]):
            return subnet
    raise errors.InvalidIpForNetwork(ip=wanted["ip_address"])


def _check_usable(subnet: Subnet, ip: str) -> None:
    """Raise unless a port may have it. The gateway's is one of them: people make routers of such ports."""
    network = ipaddress.ip_network(subnet.cidr)
    number = int(ipaddress.ip_address(ip))
    first, last = arithmetic.usable(network)
    is_anycast = network.version == 6 and number == int(network.network_address)
    if ipaddress.ip_address(ip) not in network or not (first <= number <= last or is_anycast):
        raise errors.InvalidIpForSubnet(ip=ip)


async def _automatically(
    ctx: Context, network: Network, port_id: str, subnets: Sequence[Subnet], mac: str
) -> list[FixedIp]:
    automatic = []
    for version in (4, 6):
        of_version = [s for s in subnets if s.ip_version == version]
        chosen = [s for s in of_version if s.ipv6_address_mode not in AUTOMATIC]
        if chosen:
            automatic.append(await _next(ctx, network, chosen, port_id, mac))
        for subnet in of_version:
            if subnet.ipv6_address_mode in AUTOMATIC:
                automatic.append(await _take(ctx, subnet, arithmetic.eui64(subnet.cidr, mac), port_id))
    return automatic


async def _next(ctx: Context, network: Network, subnets: Sequence[Subnet], port_id: str, mac: str) -> FixedIp:
    """The lowest free address of the first of these subnets that has one."""
    for subnet in subnets:
        if subnet.ipv6_address_mode in AUTOMATIC:
            return await _take(ctx, subnet, arithmetic.eui64(subnet.cidr, mac), port_id)
        number = await _free(ctx, subnet)
        if number is not None:
            return await _take(ctx, subnet, arithmetic.address(number, subnet.ip_version), port_id)
    raise errors.IpAddressGenerationFailure(network_id=network.id)


async def _free(ctx: Context, subnet: Subnet) -> int | None:
    """The lowest free address within the pools; the cursor moves past it."""
    pools = arithmetic.ranges(subnet.allocation_pools)
    start = int(await store.search_start(ctx.tx, subnet.id), 16)
    while True:
        text = arithmetic.number_text(start)
        rows = await ctx.tx.all(store.TAKEN, subnet=subnet.id, start=text, most=WINDOW)
        taken = [int(row[0], 16) for row in rows]
        number = arithmetic.first_free(pools, taken, start)
        if number is None:
            return None
        if len(taken) < WINDOW or number < taken[-1]:
            await ctx.tx.run(store.MOVE_CURSOR, subnet=subnet.id, number=arithmetic.number_text(number))
            return number
        start = taken[-1] + 1


async def _take(ctx: Context, subnet: Subnet, ip: str, port_id: str) -> FixedIp:
    number = arithmetic.number_text(int(ipaddress.ip_address(ip)))
    if not await store.hold(ctx.tx, Allocation(subnet.id, number, ip, port_id, subnet.network_id)):
        raise errors.IpAddressAlreadyAllocated(ip=ip, subnet_id=subnet.id)
    return FixedIp(subnet.id, ip)


async def reallocate(
    ctx: Context,
    network: Network,
    port_id: str,
    have: Sequence[FixedIp],
    wanted: Sequence[dict[str, Any]],
    mac: str,
    owner: str,
) -> list[FixedIp]:
    """The port has what is wanted; what it had and still wants it keeps."""
    kept: list[FixedIp] = []
    missing: list[dict[str, Any]] = []
    left = list(have)
    for each in sorted(wanted, key=lambda w: "ip_address" not in w):
        match = next((f for f in left if _fits(f, each)), None)
        if match is None:
            missing.append(each)
        else:
            left.remove(match)
            kept.append(match)
    gone = {(f.subnet_id, f.ip_address) for f in left}
    held = await store.ALLOCATIONS.find(ctx.tx, port_id=port_id)
    await store.let_go(ctx.tx, [a for a in held if (a.subnet_id, a.ip) in gone])
    if not missing:
        return kept
    return kept + await allocate(ctx, network, port_id, missing, mac=mac, owner=owner)


def _fits(have: FixedIp, wanted: dict[str, Any]) -> bool:
    return wanted.get("ip_address", have.ip_address) == have.ip_address and (
        wanted.get("subnet_id", have.subnet_id) == have.subnet_id
    )


async def release(ctx: Context, port_id: str) -> None:
    """The port holds no address any more."""
    await store.let_go(ctx.tx, await store.ALLOCATIONS.find(ctx.tx, port_id=port_id))


async def forget(ctx: Context, subnet: Subnet) -> None:
    await ctx.tx.run(store.REMOVE_CURSOR, subnet=subnet.id)
