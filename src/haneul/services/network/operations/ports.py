"""Ports: create, update, delete."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict, replace

from haneul.kernel.context import Context
from haneul.kernel.structs import set_fields
from haneul.services.network import errors, policy
from haneul.services.network.config import NetworkOptions
from haneul.services.network.events import Changed, PortUnbound
from haneul.services.network.model import normal_forms
from haneul.services.network.model.networks import Network
from haneul.services.network.model.pending import PORT, ROUTER, SECURITY_GROUP
from haneul.services.network.model.ports import (
    DOWN,
    ROUTER_HOLDERS,
    SERVER,
    SERVICE_PORT,
    FixedIp,
    LostPort,
    Port,
    is_network_device,
    merged_options,
)
from haneul.services.network.model.wishes import NewPort, PortChange
from haneul.services.network.operations import addresses, networks, new_ports, security_groups
from haneul.services.network.store import pending
from haneul.services.network.store.ports import LOST_PORTS, PORTS
from haneul.services.network.store.quotas import QUOTAS
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS

BETWEEN_TURNS = 16
"""So many ports of a batch are looked at before others have their turn."""


async def create(ctx: Context, new: NewPort) -> Port:
    """A port as its project asked for it, in the default group unless groups were named."""
    return (await create_all(ctx, [new]))[0]


async def create_all(ctx: Context, wishes: Sequence[NewPort]) -> list[Port]:
    """All of these ports, or none."""
    batch = new_ports.Batch(ctx, len(wishes))
    allowed = _Asked(ctx, Counter(new.project_id for new in wishes))
    made = []
    for number, new in enumerate(wishes):
        if number % BETWEEN_TURNS == BETWEEN_TURNS - 1:
            await asyncio.sleep(0)
        network = await allowed.network(new.network_id)
        await _check_labels(ctx, new.project_id, new.device_id, new.device_owner)
        await allowed.quota(new.project_id)
        secured = new.is_port_security_enabled
        is_secured = network.is_port_security_enabled if secured is UNSET else secured
        group_ids = await allowed.groups(new, is_secured=is_secured)
        fixed_ips, mac = new.fixed_ips, new.mac_address or None
        _check_fixed_ips(ctx, fixed_ips or [])
        _check_security(ctx, new.allowed_address_pairs, mac, group_ids, is_secured=is_secured)
        values = set_fields(
            new,
            fixed_ips=None if fixed_ips is UNSET else fixed_ips,
            mac_address=mac,
            security_group_ids=group_ids,
            is_port_security_enabled=is_secured,
            extra_dhcp_opts=merged_options([], new.extra_dhcp_opts),
        )
        del values["network_id"]
        made.append(await batch.add(network, **values))
    await batch.store()
    await ctx.emit_all([Changed(port.id, "port", "create", port.name, port.project_id) for port in made])
    return made


class _Asked:
    """What all ports of a batch depend on, each asked once."""

    def __init__(self, ctx: Context, counts: Mapping[str, int]) -> None:
        """`counts` says how many ports each project gets."""
        self._ctx = ctx
        self._counts = dict(counts)
        self._networks: dict[str, Network] = {}
        self._groups: dict[Any, list[str]] = {}
        """By project, and the groups that were named."""

    async def network(self, id: str) -> Network:
        """The network, if the asker's project may have ports on it."""
        if id not in self._networks:
            network = await networks.visible(self._ctx, id)
            if not networks.is_usable(self._ctx, network):
                raise errors.NetworkNotFound(id=id)
            self._networks[id] = network
        return self._networks[id]

    async def quota(self, project_id: str) -> None:
        """Raise unless the project may have all of its ports."""
        if count := self._counts.pop(project_id, 0):
            await QUOTAS.require(self._ctx, project_id, errors.OverQuota, port=count)

    async def groups(self, new: NewPort, *, is_secured: bool) -> list[str]:
        """The groups named, none for what has no filter, else the project's default one."""
        named = None if new.security_group_ids is UNSET else new.security_group_ids
        if named is None and (not is_secured or is_network_device(new.device_owner)):
            return []
        key = new.project_id, None if named is None else tuple(named)
        if key not in self._groups:
            self._groups[key] = await self._groups_of(new.project_id, named)
        return self._groups[key]

    async def _groups_of(self, project_id: str, named: list[str] | None) -> list[str]:
        if named is None:
            return [(await security_groups.default_of(self._ctx, project_id)).id]
        return await security_groups.usable(self._ctx, project_id, named)


def _check_fixed_ips(ctx: Context, fixed_ips: list[dict[str, Any]]) -> None:
    if len(fixed_ips) > ctx.options(NetworkOptions).max_fixed_ips_per_port:
        raise errors.InvalidOperation(reason="Exceeded maximum amount of fixed ips per port")
    named = [f["ip_address"] for f in fixed_ips if "ip_address" in f]
    if len(set(named)) != len(named):
        raise errors.InvalidOperation(reason=f"Duplicate IP addresses in {named}")


def _check_security(
    ctx: Context, pairs: list[dict[str, str]], own_mac: str | None, group_ids: list[str], *, is_secured: bool
) -> None:
    """Raise unless the pairs are few and differ, and there are none, nor groups, where nothing is filtered.

    A pair without a MAC means the port's own.
    """
    most = ctx.options(NetworkOptions).max_allowed_address_pair
    if len(pairs) > most:
        raise errors.AddressPairsExhausted(quota=most)
    keys = [(normal_forms.prefix(p["ip_address"]), p.get("mac_address") or own_mac) for p in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise errors.DuplicateAddressPairInRequest(mac_address=key[1], ip_address=key[0])
    if not is_secured:
        if pairs:
            raise errors.AddressPairAndPortSecurityRequired
        if group_ids:
            raise errors.PortSecurityAndIPRequiredForSecurityGroups


async def update(ctx: Context, port: Port, changes: PortChange) -> Port:
    """The port with these changes; its host is told."""
    network = await networks.get(ctx, port.network_id)
    values = set_fields(changes)
    if "security_group_ids" in values:
        ids = await security_groups.usable(ctx, port.project_id, values["security_group_ids"] or [])
        values["security_group_ids"] = ids
    secured = values.get("is_port_security_enabled", port.is_port_security_enabled)
    groups = values.get("security_group_ids", port.security_group_ids)
    if not secured and groups and "security_group_ids" not in values:
        raise errors.PortSecurityPortHasSecurityGroup
    pairs = values.get("allowed_address_pairs", port.allowed_address_pairs)
    _check_security(ctx, pairs, changes.mac_address or port.mac_address, groups, is_secured=secured)
    _refuse_relabelling(port, values)
    labels = (values.get(name, getattr(port, name)) for name in ("device_id", "device_owner"))
    await _check_labels(ctx, port.project_id, *labels)
    if port.host and values.get("vnic_type", port.vnic_type) != port.vnic_type:
        raise errors.PortInUse(port_id=port.id, network_id=port.network_id, device_id=port.device_id)
    await _new_mac(ctx, port, values)
    if "extra_dhcp_opts" in values:
        values["extra_dhcp_opts"] = merged_options(port.extra_dhcp_opts, values["extra_dhcp_opts"])
    if "fixed_ips" in values:
        values["fixed_ips"] = await _reallocated(ctx, network, port, values["fixed_ips"] or [])
        await _refuse_lost_floating(ctx, port, {f.ip_address for f in values["fixed_ips"]})
    if values.get("host", port.host) != port.host:
        values["status"] = DOWN
    return await _write(ctx, port, **values)


async def add_address(ctx: Context, network: Network, port: Port, address: dict[str, Any]) -> Port:
    """The port has this address too, on the network that it is on; its host is told."""
    wanted = [*map(asdict, port.fixed_ips), address]
    return await _write(ctx, port, fixed_ips=await _reallocated(ctx, network, port, wanted))


async def leave_subnets(ctx: Context, port: Port, subnet_ids: Sequence[str]) -> Port:
    """The port has no address of these subnets any more; its host is told."""
    await addresses.leave_subnets(ctx, port.id, subnet_ids)
    return await _write(ctx, port, fixed_ips=[f for f in port.fixed_ips if f.subnet_id not in subnet_ids])


async def _reallocated(
    ctx: Context, network: Network, port: Port, wanted: list[dict[str, Any]]
) -> list[FixedIp]:
    _check_fixed_ips(ctx, wanted)
    return await addresses.reallocate(
        ctx, network, port.id, port.fixed_ips, wanted, port.mac_address, port.device_owner
    )


async def _write(ctx: Context, port: Port, **values: Any) -> Port:
    """The port with these values; whoever has to do with it is told."""
    changed = await PORTS.change(ctx, port, **values)
    if changed.security_group_ids != port.security_group_ids:
        await new_ports.join(ctx, port.id, changed.security_group_ids)
    await tell(ctx, port, changed)
    await ctx.emit(Changed(port.id, "port", "update", changed.name, port.project_id))
    return changed


def _refuse_relabelling(port: Port, values: dict[str, Any]) -> None:
    """Ports that the network itself has are labelled by it alone."""
    if port.held_as in ("", SERVER):
        return
    for name in ("device_id", "device_owner"):
        if values.get(name, getattr(port, name)) != getattr(port, name):
            raise errors.InvalidOperation(reason=f"{name} of a router's port cannot be changed")


async def _check_labels(ctx: Context, project_id: str, device_id: str, device_owner: str) -> None:
    """No port is labelled as the leg of another project's router."""
    if device_owner not in ROUTER_HOLDERS or not device_id:
        return
    if ctx.may(policy.CONTEXT_IS_ADMIN, {}):
        return
    router = await ROUTERS.get(ctx.tx, device_id)
    if router is not None and router.project_id != project_id:
        raise errors.DeviceIDNotOwnedByTenant(device_id=device_id)


async def _new_mac(ctx: Context, port: Port, values: dict[str, Any]) -> None:
    mac = values.get("mac_address", port.mac_address)
    if mac is None:
        values.pop("mac_address")
    elif mac != port.mac_address:
        if port.host:
            raise errors.PortBound(
                port_id=port.id, vif_type=port.vif_type, old_mac=port.mac_address, new_mac=mac
            )
        if await PORTS.first(ctx.tx, network_id=port.network_id, mac_address=mac):
            raise errors.MacAddressInUse(network_id=port.network_id, mac=mac)


async def _refuse_lost_floating(ctx: Context, port: Port, left: set[str]) -> None:
    for floating in await FLOATING_IPS.find(ctx.tx, port_id=port.id):
        if floating.fixed_ip not in left:
            raise errors.InvalidOperation(
                reason=f"address {floating.fixed_ip} of port {port.id} has floating IP {floating.ip}"
            )


async def tell(ctx: Context, before: Port, after: Port) -> None:
    """Everybody on whom the change of the port has an effect will be told."""
    for host in {before.host, after.host} - {""}:
        await pending.mark(ctx, PORT, after.id, host)
    if after.held_as in ROUTER_HOLDERS:
        await pending.mark(ctx, ROUTER, after.held_by)
    moved = before.fixed_ips != after.fixed_ips or before.allowed_address_pairs != after.allowed_address_pairs
    if moved:
        for group_id in after.security_group_ids:
            await pending.mark(ctx, SECURITY_GROUP, group_id)


async def delete(ctx: Context, port: Port) -> None:
    """The port is gone from the rows; floating addresses that led to it lead nowhere.

    A server that has it loses its interface (compute hears of `PortUnbound`); what the network itself has
    is given back by who has it.
    """
    if port.held_as == SERVICE_PORT:
        raise errors.ServicePortInUse(port_id=port.id, reason="it is the network's own")
    if port.held_as not in ("", SERVER):
        raise errors.ServicePortInUse(port_id=port.id, reason=f"has device owner {port.held_as}")
    if port.held_as == SERVER:
        await LOST_PORTS.put(ctx.tx, LostPort(port.id, port.held_by))
    await discard(ctx, port)


async def discard(ctx: Context, port: Port) -> None:
    """Remove the port, whatever it was for."""
    for floating in await FLOATING_IPS.find(ctx.tx, port_id=port.id):
        await FLOATING_IPS.update(
            ctx.tx, replace(floating, port_id=None, fixed_ip=None, router_id=None, status=DOWN)
        )
        await pending.mark(ctx, ROUTER, floating.router_id or "")
    await new_ports.remove(ctx, port)
    if port.host or port.held_as == SERVER:
        await ctx.emit(PortUnbound(port.id, port.held_by))
    await ctx.emit(Changed(port.id, "port", "delete", port.name, port.project_id))


async def get(ctx: Context, id: str) -> Port:
    """The port; PortNotFound if it is not there."""
    port = await PORTS.get(ctx.tx, id)
    if port is None:
        raise errors.PortNotFound(id=id)
    return port
