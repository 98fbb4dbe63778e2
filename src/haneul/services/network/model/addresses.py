"""Arithmetic of addresses: pools, gateways, the next free one. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from haneul.kernel.addresses import IPNetwork
from haneul.services.network import errors
from haneul.services.network.model.networks import Pool, Subnet

Range = tuple[int, int]


def number_text(number: int) -> str:
    return f"{number:032x}"


def usable(network: IPNetwork) -> Range:
    """First and last address that a port may have."""
    first, last = int(network.network_address), int(network.broadcast_address)
    # Neither the network's own address nor, with IPv4, the one for everybody; two addresses (RFC 3021) are both
    # usable.
    if network.version == 4:
        return (first, last) if network.prefixlen >= 31 else (first + 1, last - 1)
    return (first, last) if network.prefixlen >= 127 else (first + 1, last)


def address(number: int, version: int) -> str:
    return str(ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number))


def default_gateway(network: IPNetwork) -> str:
    """The first address; of IPv6 the one that stands for all routers of the subnet."""
    if network.version == 6:
        return str(network.network_address)
    first, last = usable(network)
    return address(min(first, last), network.version)


def default_pools(network: IPNetwork, gateway_ip: str | None) -> list[Pool]:
    """Everything usable but the gateway."""
    first, last = usable(network)
    ranges = [(first, last)]
    if gateway_ip is not None:
        gateway = int(ipaddress.ip_address(gateway_ip))
        if first <= gateway <= last:
            ranges = [(first, gateway - 1), (gateway + 1, last)]
    return [Pool(address(a, network.version), address(b, network.version)) for a, b in ranges if a <= b]


def ranges(pools: Iterable[Pool]) -> list[Range]:
    return sorted((int(ipaddress.ip_address(p.start)), int(ipaddress.ip_address(p.end))) for p in pools)


def check_pools(network: IPNetwork, pools: Sequence[Pool]) -> None:
    """Raise unless the pools are ranges within the subnet that do not overlap."""
    first, last = usable(network)
    seen: list[tuple[Range, str]] = []
    for pool in pools:
        text = f"{pool.start}-{pool.end}"
        start, end = ipaddress.ip_address(pool.start), ipaddress.ip_address(pool.end)
        if start.version != network.version or end.version != network.version or int(start) > int(end):
            raise errors.InvalidAllocationPool(pool=text)
        if int(start) < first or int(end) > last:
            raise errors.OutOfBoundsAllocationPool(pool=text, cidr=network)
        for (low, high), other in seen:
            if int(start) <= high and low <= int(end):
                raise errors.OverlappingAllocationPools(pool_1=other, pool_2=text, cidr=network)
        seen.append(((int(start), int(end)), text))


def check_gateway(gateway_ip: str | None, pools: Sequence[Pool]) -> None:
    """Raise if the gateway's address could be given to a port."""
    if gateway_ip is None:
        return
    gateway = int(ipaddress.ip_address(gateway_ip))
    for pool, (low, high) in zip(pools, [ranges([p])[0] for p in pools], strict=True):
        if low <= gateway <= high:
            raise errors.GatewayConflictWithAllocationPools(ip=gateway_ip, pool=f"{pool.start}-{pool.end}")


def first_free(pools: Sequence[Range], taken: Sequence[int], start: int) -> int | None:
    """The lowest number at or above `start` within the pools that is not taken; `taken` is sorted."""
    used = iter(taken)
    current = next(used, None)
    for low, high in pools:
        candidate = max(low, start)
        while candidate <= high:
            while current is not None and current < candidate:
                current = next(used, None)
            if current != candidate:
                return candidate
            candidate += 1
    return None


def size(pools: Sequence[Range]) -> int:
    return sum(high - low + 1 for low, high in pools)


def contains(subnet: Subnet, ip: str) -> bool:
    return ipaddress.ip_address(ip) in ipaddress.ip_network(subnet.cidr)


def eui64(cidr: str, mac: str) -> str:
    """The address that a guest with this MAC gives itself in an IPv6 prefix."""
    network = ipaddress.IPv6Network(cidr)
    octets = bytes(int(part, 16) for part in mac.split(":"))
    interface = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    return str(network.network_address + int.from_bytes(interface, "big"))
