"""How many addresses each network has, and how many of them are taken."""

from __future__ import annotations

import builtins
import ipaddress
from collections.abc import Sequence
from typing import NamedTuple

from haneul.kernel.context import Context
from haneul.services.network import errors
from haneul.services.network.model import addresses
from haneul.services.network.model.networks import Network, Subnet
from haneul.services.network.store.networks import NETWORKS, SUBNETS
from haneul.services.network.store.ports import used_addresses


class SubnetUse(NamedTuple):
    subnet: Subnet
    total: int
    used: int


class NetworkUse(NamedTuple):
    network: Network
    subnets: Sequence[SubnetUse]


async def list(ctx: Context) -> builtins.list[NetworkUse]:
    """Every network, whoever asks."""
    return await _uses(ctx, await NETWORKS.page(ctx.tx))


async def show(ctx: Context, id: str) -> NetworkUse:
    """One network, whoever asks; NetworkNotFound if there is none."""
    network = await NETWORKS.get(ctx.tx, id)
    if network is None:
        raise errors.NetworkNotFound(id=id)
    return (await _uses(ctx, [network]))[0]


async def _uses(ctx: Context, networks: Sequence[Network]) -> builtins.list[NetworkUse]:
    subnets = await SUBNETS.among(ctx.tx, "network_id", [network.id for network in networks])
    used = await used_addresses(ctx.tx, [subnet.id for subnet in subnets])
    by_network: dict[str, builtins.list[SubnetUse]] = {network.id: [] for network in networks}
    for subnet in subnets:
        by_network[subnet.network_id].append(SubnetUse(subnet, _total(subnet), used.get(subnet.id, 0)))
    return [NetworkUse(network, by_network[network.id]) for network in networks]


def _total(subnet: Subnet) -> int:
    """What its pools hold; without pools, whatever a port may have."""
    first, last = addresses.usable(ipaddress.ip_network(subnet.cidr))
    return addresses.size(addresses.ranges(subnet.allocation_pools)) or last - first + 1
