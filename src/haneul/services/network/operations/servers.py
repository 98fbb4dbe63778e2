"""The ports of servers: chosen, made or adopted, bound to a host, let go."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from haneul.kernel.context import Context
from haneul.services.network import errors, policy
from haneul.services.network.events import Changed, PortUnbound
from haneul.services.network.model.networks import Network
from haneul.services.network.model.pending import NETWORK, PORT
from haneul.services.network.model.ports import (
    ACTIVE,
    COMPUTE,
    DOWN,
    FREE,
    NORMAL,
    SERVER,
    LostPort,
    Port,
    held,
)
from haneul.services.network.model.wishes import PortChange
from haneul.services.network.operations import new_ports, ports, security_groups
from haneul.services.network.store import pending
from haneul.services.network.store.networks import NETWORKS, SUBNETS
from haneul.services.network.store.ports import LOST_PORTS, PORTS
from haneul.services.network.store.quotas import QUOTAS
from haneul.services.network.store.security_groups import SECURITY_GROUPS


class RequestedNic(Struct, frozen=True):
    """What a server's owner asks for: a network, or a port of their own, and perhaps an address."""

    network_id: str | None = None
    port_id: str | None = None
    fixed_ip: str | None = None
    tag: str | None = None
    """What the server's owner calls the NIC."""


async def validate(
    ctx: Context, requested: Sequence[RequestedNic], project_id: str | None = None, server_id: str = ""
) -> None:
    """Raise unless the asker may have all of these, for a server of the project (else: of their own)."""
    seen: set[str] = set()
    for nic in requested:
        if nic.port_id is not None:
            if nic.port_id in seen:
                raise errors.PortInUse(port_id=nic.port_id, network_id="", device_id="this server")
            seen.add(nic.port_id)
            await adoptable(ctx, nic.port_id, project_id or ctx.project_id, server_id)
        elif nic.network_id is not None:
            await attachable(ctx, nic.network_id, nic.fixed_ip)


async def adoptable(ctx: Context, port_id: str, project_id: str, server_id: str) -> Port:
    """The port, if it is the asker's and its server's project's, and nobody has it."""
    port = await ctx.find(PORTS, port_id, policy.ADMIN_OR_OWNER, missing=errors.PortNotFound)
    if port.project_id != project_id:
        raise errors.PortNotUsable(port_id=port.id, server_id=server_id or "of another project")
    if in_use := port.held_by or port.device_id:  # an owner's own label says so too
        raise errors.PortInUse(port_id=port.id, network_id=port.network_id, device_id=in_use)
    if not port.fixed_ips and await SUBNETS.first(ctx.tx, network_id=port.network_id):
        raise errors.PortRequiresFixedIP(port_id=port.id)
    return port


async def attachable(ctx: Context, network_id: str, fixed_ip: str | None = None) -> Network:
    """The network, if the asker's servers may be on it, at that address if there is one.

    Addresses are chosen by who owns the network: on a shared one, another's choice could be its gateway's.
    """
    network = await NETWORKS.get(ctx.tx, network_id)
    if network is None:
        raise errors.NetworkNotFound(id=network_id)
    if network.is_shared or ctx.may(policy.ADMIN_OR_OWNER, network):
        if not network.subnet_ids:
            raise errors.NetworkRequiresSubnet(network=network_id)
        if fixed_ip is not None:
            owner = {"network:project_id": network.project_id}
            ctx.authorize(policy.named("create_port:fixed_ips:ip_address"), owner)
        return network
    if network.is_external:
        raise errors.ExternalNetworkAttachForbidden(network=network_id)
    raise errors.NetworkNotFound(id=network_id)


async def auto_networks(ctx: Context) -> list[str]:
    """What a server gets when its owner does not say: the project's own networks, else shared ones."""
    own = [n for n in await NETWORKS.find(ctx.tx, project_id=ctx.project_id) if not n.is_external]
    networks = own or [n for n in await NETWORKS.find(ctx.tx, is_shared=True) if not n.is_external]
    return [n.id for n in networks if n.subnet_ids]


async def group_ids(ctx: Context, names: Sequence[str], project_id: str | None = None) -> list[str]:
    """The ids of the project's groups (else: of the asker's), given by name or id."""
    project_id = project_id or ctx.project_id
    default = await security_groups.default_of(ctx, project_id)
    if not names:
        return [default.id]
    groups = await SECURITY_GROUPS.find(ctx.tx, project_id=project_id)
    chosen = {}
    for name in names:
        by_id = [g for g in groups if g.id == name]
        matches = by_id or [g for g in groups if g.name == name]
        if not matches:
            raise errors.SecurityGroupNotFound(id=name)
        if len(matches) > 1:
            raise errors.NoUniqueMatch(resource="security_group", name=name)
        chosen[matches[0].id] = matches[0]
    security_groups.require_of_one_kind(chosen.values())
    return list(chosen)


async def require_groups_apply(
    ctx: Context, requested: Sequence[RequestedNic], names: Sequence[str], project_id: str | None = None
) -> None:
    """Raise SecurityGroupCannotBeApplied if a NIC would be in none of the groups that were named.

    The default group is what one gets without asking, so naming it alone asks for nothing. A group that is not
    there is another error.
    """
    if set(names) <= {security_groups.DEFAULT}:
        return
    await group_ids(ctx, names, project_id)
    ports_named = await PORTS.among(ctx.tx, "id", [n.port_id for n in requested if n.port_id])
    on = {p.network_id for p in ports_named} | {n.network_id for n in requested if n.network_id}
    if not all(n.is_port_security_enabled for n in await NETWORKS.among(ctx.tx, "id", on)):
        raise errors.SecurityGroupCannotBeApplied


async def join_group(ctx: Context, server_id: str, name: str) -> None:
    """All of the server's filtered ports are in the group too; raises if one was before."""
    (group_id,) = await group_ids(ctx, [name])
    secured = [p for p in await of_server(ctx, server_id) if p.is_port_security_enabled and p.fixed_ips]
    if not secured:
        raise errors.SecurityGroupCannotBeApplied
    if any(group_id in port.security_group_ids for port in secured):
        # upstream's compute adds it to each port's list, and the network refuses a list with an item twice
        reason = f"Duplicate items in the list: '{group_id}'"
        raise errors.InvalidInput(attribute="security_groups", reason=reason)
    for port in secured:
        await ports.update(ctx, port, PortChange(security_group_ids=[*port.security_group_ids, group_id]))


async def leave_group(ctx: Context, server_id: str, name: str) -> None:
    """None of the server's ports is in the group; raises if none was."""
    (group_id,) = await group_ids(ctx, [name])
    members = [p for p in await of_server(ctx, server_id) if group_id in p.security_group_ids]
    if not members:
        raise errors.SecurityGroupNotOnServer(name=name, server_id=server_id)
    for port in members:
        ids = [id for id in port.security_group_ids if id != group_id]
        await ports.update(ctx, port, PortChange(security_group_ids=ids))


async def add_address(ctx: Context, server_id: str, network_id: str) -> None:
    """The server's NIC on that network has one more address of it; raises if there is no such NIC."""
    port = next((p for p in await of_server(ctx, server_id) if p.network_id == network_id), None)
    if port is None:
        raise errors.NetworkNotOnServer(network_id=network_id, server_id=server_id)
    have: list[dict[str, Any]] = [asdict(fixed) for fixed in port.fixed_ips]
    for subnet in await SUBNETS.find(ctx.tx, network_id=network_id):
        if subnet.service_types and port.device_owner not in subnet.service_types:
            continue
        # a subnet may have none left, or give a NIC one only
        with suppress(errors.IpAddressGenerationFailure, errors.IpAddressAlreadyAllocated):
            await ports.update(ctx, port, PortChange(fixed_ips=[*have, {"subnet_id": subnet.id}]))
            return
    raise errors.NoMoreFixedIps(network_id=network_id)


async def remove_address(ctx: Context, server_id: str, ip: str) -> None:
    """None of the server's NICs has that address; raises if none had."""
    for port in await of_server(ctx, server_id):
        left = [asdict(fixed) for fixed in port.fixed_ips if fixed.ip_address != ip]
        if len(left) < len(port.fixed_ips):
            await ports.update(ctx, port, PortChange(fixed_ips=left))
            return
    raise errors.AddressNotOnServer(ip=ip, server_id=server_id)


async def prepare_ports(
    ctx: Context,
    server_id: str,
    requested: Sequence[RequestedNic],
    groups: Sequence[str],
    zone: str,
    project_id: str | None = None,
) -> list[Port]:
    """The server owns a port for each request, with addresses; quota is counted."""
    project_id = project_id or ctx.project_id
    await validate(ctx, requested, project_id, server_id)
    new = [nic for nic in requested if nic.port_id is None]
    if new:
        await QUOTAS.require(ctx, project_id, errors.OverQuota, port=len(new))
    ids = await group_ids(ctx, groups, project_id) if new else []
    made = []
    first = max((p.slot + 1 for p in await of_server(ctx, server_id)), default=0)
    for slot, nic in enumerate(requested, first):
        if nic.port_id is not None:
            port = await adoptable(ctx, nic.port_id, project_id, server_id)
            taken = replace(port, **held(SERVER, server_id, COMPUTE + zone), slot=slot)
            made.append(await PORTS.update(ctx.tx, taken))
        elif nic.network_id is not None:
            network = await attachable(ctx, nic.network_id, nic.fixed_ip)
            made.append(await _make(ctx, server_id, project_id, network, nic.fixed_ip, ids, zone, slot))
    return made


async def _make(
    ctx: Context,
    server_id: str,
    project_id: str,
    network: Network,
    fixed_ip: str | None,
    ids: list[str],
    zone: str,
    slot: int,
) -> Port:
    secured = network.is_port_security_enabled
    port = await new_ports.add(
        ctx, network, project_id=project_id,
        fixed_ips=None if fixed_ip is None else [{"ip_address": fixed_ip}],
        security_group_ids=ids if secured else [], is_port_security_enabled=secured,
        is_owned_by_server=True, slot=slot, **held(SERVER, server_id, COMPUTE + zone),
    )  # fmt: skip
    await ctx.emit(Changed(port.id, "port", "create", "", port.project_id))
    return port


async def of_server(ctx: Context, server_id: str) -> list[Port]:
    """In the order of its NICs."""
    ports = await PORTS.find(ctx.tx, held_by=server_id, held_as=SERVER)
    return sorted(ports, key=lambda p: (p.slot, p.created_at, p.id))


async def bind(ctx: Context, server_id: str, host: str) -> list[Port]:
    """All ports of the server belong on that host; a host they were on will be told.

    PortBindingFailed where a NIC is of a type that no host can make.
    """
    bound = []
    for port in await of_server(ctx, server_id):
        if port.vnic_type != NORMAL:
            raise errors.PortBindingFailed(port_id=port.id)
        if port.host != host:
            if port.host:
                await pending.mark(ctx, PORT, port.id, port.host)
            port = await PORTS.update(ctx.tx, replace(port, host=host, status=DOWN))
            await pending.mark(ctx, NETWORK, port.network_id)
        bound.append(port)
    return bound


async def mark_active(ctx: Context, port_ids: Sequence[str], host: str) -> list[Port]:
    """Traffic passes these ports; those bound elsewhere meanwhile are left alone. Returns the changed."""
    changed = []
    for port in await PORTS.among(ctx.tx, "id", port_ids):
        if port.host == host and port.status != ACTIVE and port.is_up:
            changed.append(await PORTS.update(ctx.tx, replace(port, status=ACTIVE)))
    return changed


async def unbind(ctx: Context, server_id: str) -> None:
    """The server's ports are on no host; they keep their addresses."""
    for port in await of_server(ctx, server_id):
        await _unbind(ctx, port)


async def _unbind(ctx: Context, port: Port, **changes: str | bool) -> None:
    if port.host:
        await pending.mark(ctx, PORT, port.id, port.host)
        await ctx.emit(PortUnbound(port.id, port.held_by))
    elif not changes:
        return
    await PORTS.update(ctx.tx, replace(port, host="", status=DOWN, **changes))


async def lost(ctx: Context) -> list[LostPort]:
    """Ports that were deleted under their servers, whose machines may still have the interface."""
    return await LOST_PORTS.find(ctx.tx)


async def forget_lost(ctx: Context, port_id: str) -> None:
    """Nobody waits any more to take that port's interface from its machine. Fine if nobody did."""
    await LOST_PORTS.remove(ctx.tx, id=port_id)


async def release(ctx: Context, server_id: str) -> None:
    """Ports made for the server are gone, those it was given are free again. Fine if there are none."""
    for gone in await LOST_PORTS.find(ctx.tx, server_id=server_id):
        await forget_lost(ctx, gone.id)
    for port in await of_server(ctx, server_id):
        await release_port(ctx, port)


async def release_port(ctx: Context, port: Port) -> None:
    """The port is gone if it was made for its server; else it is free, with its addresses."""
    if port.is_owned_by_server:
        await ports.discard(ctx, port)
    else:
        await _unbind(ctx, port, **FREE)
