"""Networks: create, update, delete."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.db import Busy, Duplicate
from haneul.kernel.structs import set_fields
from haneul.services.network import errors, policy
from haneul.services.network.events import Changed
from haneul.services.network.model.clock import stamp
from haneul.services.network.model.networks import EXTERNAL_MTU, LEAST_MTU, TENANT_MTU, Network
from haneul.services.network.model.pending import NETWORK
from haneul.services.network.model.ports import ROUTER_GATEWAY, SERVICE_PORT
from haneul.services.network.model.wishes import NetworkChange, NewNetwork
from haneul.services.network.operations import addresses
from haneul.services.network.store import pending
from haneul.services.network.store.networks import NETWORKS, SUBNETS, free_segment
from haneul.services.network.store.ports import HOSTS_OF_NETWORK, PORTS
from haneul.services.network.store.quotas import QUOTAS

PROVIDER_TYPES = ("flat", "vlan", "vxlan", "geneve", "gre", "local")


async def create(ctx: Context, new: NewNetwork) -> Network:
    """A network without subnets; nothing is made on any host until a port needs it."""
    await QUOTAS.require(ctx, new.project_id, errors.OverQuota, network=1)
    if new.segment is not None and new.network_type is None:
        raise errors.InvalidOperation(reason="network_type required")
    kind = new.network_type or ("flat" if new.physical_network else "vxlan")
    if kind == "flat" and not new.physical_network:
        raise errors.InvalidOperation(reason="physical_network required for flat provider network")
    if kind in ("flat", "local") and new.segment is not None:
        raise errors.InvalidOperation(reason=f"segmentation_id prohibited for {kind} provider network")
    if new.is_default and not new.is_external:
        raise errors.InvalidOperation(reason="is_default applies to external networks only")
    segment = new.segment
    if kind not in ("flat", "local") and segment is None:
        segment = await free_segment(ctx.tx)
    elif segment is not None and await NETWORKS.first(ctx.tx, segment=segment):
        raise errors.SegmentInUse(segment=segment)
    largest = EXTERNAL_MTU if new.is_external or new.physical_network else TENANT_MTU
    if new.mtu and new.mtu > largest:
        raise errors.InvalidOperation(reason=f"Requested MTU is too big, maximum is {largest}")
    return await _add(ctx, new, network_type=kind, segment=segment, mtu=new.mtu or largest)


async def make(ctx: Context, project_id: str, name: str) -> Network:
    """A network of that name, of which nothing else was chosen; OverQuota if the project may have no more."""
    await QUOTAS.require(ctx, project_id, errors.OverQuota, network=1)
    new, segment = NewNetwork(project_id=project_id, name=name), await free_segment(ctx.tx)
    return await _add(ctx, new, network_type="vxlan", segment=segment, mtu=TENANT_MTU)


async def _add(ctx: Context, new: NewNetwork, **chosen: Any) -> Network:
    now = stamp(ctx.now())
    network = Network(
        id=ctx.new_id(),
        tags=[],
        created_at=now,
        updated_at=now,
        **set_fields(new, **chosen),
    )
    try:
        await NETWORKS.add(ctx.tx, network)
    except Duplicate:
        raise Busy from None
    await ctx.emit(Changed(network.id, "network", "create", network.name, network.project_id))
    return network


def require_mtu(network_id: str, mtu: int, ip_version: int) -> None:
    """Raise if packets of the network are too short for a subnet of that version."""
    if mtu < LEAST_MTU[ip_version]:
        raise errors.NetworkMTUSubnetConflict(network_id=network_id, least=LEAST_MTU[ip_version])


async def update(ctx: Context, network: Network, changes: NetworkChange) -> Network:
    """The network with these changes; its subnets are shared, and external, as it is."""
    for provider in ("network_type", "physical_network", "segment"):
        if getattr(changes, provider) not in (UNSET, getattr(network, provider)):
            raise errors.InvalidOperation(reason="Plugin does not support updating provider attributes")
    if network.is_shared and changes.is_shared is False:
        await _refuse_unsharing(ctx, network)
    if network.is_external and changes.is_external is False and await _is_gateway(ctx, network):
        raise errors.NetworkInUse(id=network.id, ports="router gateways")
    if changes.mtu:
        largest = EXTERNAL_MTU if network.is_external or network.physical_network else TENANT_MTU
        if changes.mtu > largest:
            raise errors.InvalidOperation(reason=f"Requested MTU is too big, maximum is {largest}")
        for subnet in await SUBNETS.find(ctx.tx, network_id=network.id):
            require_mtu(network.id, changes.mtu, subnet.ip_version)
    changed = await NETWORKS.change(ctx, network, **set_fields(changes))
    as_network = {"is_shared": changed.is_shared, "is_external": changed.is_external}
    if as_network != {"is_shared": network.is_shared, "is_external": network.is_external}:
        for subnet in await SUBNETS.find(ctx.tx, network_id=network.id):
            await SUBNETS.update(ctx.tx, replace(subnet, **as_network))
    await pending.mark(ctx, NETWORK, network.id)
    await ctx.emit(Changed(network.id, "network", "update", changed.name, network.project_id))
    return changed


async def delete(ctx: Context, network: Network) -> None:
    """The network and its subnets are gone; hosts that still have it will be told."""
    ports = await PORTS.find(ctx.tx, network_id=network.id)
    if used := [p.id for p in ports if p.held_as != SERVICE_PORT]:
        raise errors.NetworkInUse(id=network.id, ports=",".join(used))
    for port in ports:
        await addresses.release(ctx, port.id)
        await PORTS.remove(ctx.tx, id=port.id)
    for subnet in await SUBNETS.find(ctx.tx, network_id=network.id):
        await addresses.forget(ctx, subnet)
        await SUBNETS.remove(ctx.tx, id=subnet.id)
    for (host,) in await ctx.tx.all(HOSTS_OF_NETWORK, network=network.id):
        await pending.mark(ctx, NETWORK, network.id, host)
    await NETWORKS.remove(ctx.tx, id=network.id)
    await ctx.emit(Changed(network.id, "network", "delete", network.name, network.project_id))


async def get(ctx: Context, id: str) -> Network:
    """The network; NetworkNotFound if it is not there."""
    network = await NETWORKS.get(ctx.tx, id)
    if network is None:
        raise errors.NetworkNotFound(id=id)
    return network


async def visible(ctx: Context, id: str) -> Network:
    """The network, if the asker's project may use it."""
    network = await get(ctx, id)
    if not (is_usable(ctx, network) or network.is_external):
        raise errors.NetworkNotFound(id=id)
    return network


def is_usable(ctx: Context, network: Network) -> bool:
    """Whether the asker's project may have ports on it."""
    if network.is_shared or ctx.may(policy.SERVICE_API, {}):
        return True
    return ctx.may(policy.ADMIN_OR_OWNER, network)


async def _refuse_unsharing(ctx: Context, network: Network) -> None:
    """Ports of others keep a network shared."""
    ports = await PORTS.find(ctx.tx, network_id=network.id)
    if any(p.project_id not in ("", network.project_id) for p in ports):
        raise errors.InvalidSharedSetting(network=network.name)


async def _is_gateway(ctx: Context, network: Network) -> bool:
    return bool(await PORTS.find(ctx.tx, network_id=network.id, held_as=ROUTER_GATEWAY))
