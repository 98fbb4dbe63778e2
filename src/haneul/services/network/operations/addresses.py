"""Addresses: given to ports one each, taken back, never twice.

An address in use is a row whose key is the subnet and the address, so the database itself refuses a
second owner. The search for a free one begins at the subnet's cursor, below which none is free; whoever
gives one back lowers it.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Busy, Duplicate
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
    giving = Giving(ctx)
    allocated = await giving.allocate(network, port_id, wanted, mac=mac, owner=owner)
    await giving.store()
    return allocated


class _Search:
    """Where the next free address of a subnet is looked for."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.cursor: int | None = None
        """What the store's cursor is moved to, if it is."""
        self.taken: list[int] = []
        """Those in use from `start` on, as far as they were read."""
        self.end: int | None = start - 1
        """The last of which it is known; None: there are no more."""


class Giving:
    """Gives addresses to ports: each subnet is searched once, however many there are, and all are noted together."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._subnets: dict[str, list[Subnet]] = {}
        """By network."""
        self._searches: dict[str, _Search] = {}
        """By subnet."""
        self._given: dict[tuple[str, str], Allocation] = {}

    async def allocate(
        self,
        network: Network,
        port_id: str,
        wanted: Sequence[dict[str, Any]] | None,
        *,
        mac: str,
        owner: str,
    ) -> list[FixedIp]:
        """As `allocate`; nobody else knows of them before they are stored."""
        subnets = self._subnets.get(network.id)
        if subnets is None:
            subnets = await SUBNETS.find(self._ctx.tx, network_id=network.id)
            self._subnets[network.id] = subnets
        subnets = _serving(network, subnets, owner)
        if wanted is None:
            return await self._automatically(network, port_id, subnets, mac)
        taken = []
        for each in wanted:
            subnet = _chosen(network, subnets, each)
            if ip := each.get("ip_address"):
                _check_usable(subnet, ip)
                taken.append(await self._take(subnet, ip, port_id))
            else:
                taken.append(await self._next(network, [subnet], port_id, mac))
        return taken

    async def store(self) -> None:
        """The addresses are in use; Busy if somebody took one since: the whole request is run again."""
        tx = self._ctx.tx
        for subnet_id, search in self._searches.items():
            if search.cursor is not None:
                await tx.run(
                    store.MOVE_CURSOR, subnet=subnet_id, number=arithmetic.number_text(search.cursor)
                )
        if self._given:
            try:
                await store.ALLOCATIONS.add_all(tx, self._given.values())
            except Duplicate:
                raise Busy from None

    async def _automatically(
        self, network: Network, port_id: str, subnets: Sequence[Subnet], mac: str
    ) -> list[FixedIp]:
        taken = []
        for version in (4, 6):
            of_version = [s for s in subnets if s.ip_version == version]
            chosen = [s for s in of_version if s.ipv6_address_mode not in AUTOMATIC]
            if chosen:
                taken.append(await self._next(network, chosen, port_id, mac))
            for subnet in of_version:
                if subnet.ipv6_address_mode in AUTOMATIC:
                    taken.append(await self._take(subnet, arithmetic.eui64(subnet.cidr, mac), port_id))
        return taken

    async def _next(self, network: Network, subnets: Sequence[Subnet], port_id: str, mac: str) -> FixedIp:
        """The lowest free address of the first of these subnets that has one."""
        for subnet in subnets:
            if subnet.ipv6_address_mode in AUTOMATIC:
                return await self._take(subnet, arithmetic.eui64(subnet.cidr, mac), port_id)
            number = await self._free(subnet)
            if number is not None:
                return self._give(subnet, number, arithmetic.address(number, subnet.ip_version), port_id)
        raise errors.IpAddressGenerationFailure(network_id=network.id)

    async def _free(self, subnet: Subnet) -> int | None:
        """The lowest free address within the pools; the search goes on after it."""
        search = self._searches.get(subnet.id)
        if search is None:
            start = int(await store.search_start(self._ctx.tx, subnet.id), 16)
            search = self._searches[subnet.id] = _Search(start)
        pools = arithmetic.ranges(subnet.allocation_pools)
        while True:
            taken = search.taken[bisect_left(search.taken, search.start) :]
            number = arithmetic.first_free(pools, taken, search.start)
            if number is None and search.end is None:
                return None
            if number is not None and (search.end is None or number <= search.end):
                search.cursor, search.start = number, number + 1
                return number
            await self._read_on(subnet, search)

    async def _read_on(self, subnet: Subnet, search: _Search) -> None:
        """The search knows more of what is in use."""
        assert search.end is not None
        start = max(search.start, search.end + 1)
        rows = await self._ctx.tx.all(
            store.TAKEN, subnet=subnet.id, start=arithmetic.number_text(start), most=WINDOW
        )
        read = [int(row[0], 16) for row in rows]
        search.end = read[-1] if len(read) == WINDOW else None
        ours = [int(number, 16) for subnet_id, number in self._given if subnet_id == subnet.id]
        search.taken = sorted({*search.taken, *read, *ours})

    async def _take(self, subnet: Subnet, ip: str, port_id: str) -> FixedIp:
        number = int(ipaddress.ip_address(ip))
        key = subnet.id, arithmetic.number_text(number)
        if key in self._given or await store.ALLOCATIONS.get(self._ctx.tx, *key):
            raise errors.IpAddressAlreadyAllocated(ip=ip, subnet_id=subnet.id)
        if search := self._searches.get(subnet.id):
            insort(search.taken, number)
        return self._give(subnet, number, ip, port_id)

    def _give(self, subnet: Subnet, number: int, ip: str, port_id: str) -> FixedIp:
        text = arithmetic.number_text(number)
        self._given[subnet.id, text] = Allocation(subnet.id, text, ip, port_id, subnet.network_id)
        return FixedIp(subnet.id, ip)


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


async def leave_subnets(ctx: Context, port_id: str, subnet_ids: Sequence[str]) -> None:
    """The port holds no address of these subnets any more."""
    held = await store.ALLOCATIONS.find(ctx.tx, port_id=port_id)
    await store.let_go(ctx.tx, [each for each in held if each.subnet_id in subnet_ids])


async def release(ctx: Context, port_id: str) -> None:
    """The port holds no address any more."""
    await store.let_go(ctx.tx, await store.ALLOCATIONS.find(ctx.tx, port_id=port_id))


async def forget(ctx: Context, subnet: Subnet) -> None:
    """Where to look for the subnet's free addresses is not remembered: the subnet goes."""
    await ctx.tx.run(store.REMOVE_CURSOR, subnet=subnet.id)
