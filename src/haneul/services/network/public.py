"""What other services may use of the network."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.network import errors as _errors
from haneul.services.network import policy
from haneul.services.network.drivers.interface import HostNetwork
from haneul.services.network.errors import (
    AutoAllocationFailure,
    PortNotFound,
    SecurityGroupCannotBeApplied,
)
from haneul.services.network.events import PortBound, PortUnbound
from haneul.services.network.model import normal_forms
from haneul.services.network.model.networks import Subnet
from haneul.services.network.model.ports import SERVER, FixedIp, LostPort, Port
from haneul.services.network.model.security_groups import Rule as SecurityRule
from haneul.services.network.model.security_groups import SecurityGroup
from haneul.services.network.operations import auto_topology as _auto_topology
from haneul.services.network.operations import servers as _servers
from haneul.services.network.operations import wiring as _wiring
from haneul.services.network.operations.ingress import IngressGroup, IngressRule
from haneul.services.network.operations.ingress import add_rule as add_security_group_rule
from haneul.services.network.operations.ingress import create as create_security_group
from haneul.services.network.operations.ingress import delete as delete_security_group
from haneul.services.network.operations.ingress import names as security_groups_by_id
from haneul.services.network.operations.ingress import of_project as ingress_groups
from haneul.services.network.operations.ingress import of_server as ingress_groups_of
from haneul.services.network.operations.ingress import remove_rule as remove_security_group_rule
from haneul.services.network.operations.ingress import show as ingress_group
from haneul.services.network.operations.ingress import update as update_security_group
from haneul.services.network.operations.servers import RequestedNic
from haneul.services.network.operations.verification import verify
from haneul.services.network.operations.wiring import WiredPort
from haneul.services.network.store import servers as _stored_servers
from haneul.services.network.store.networks import NETWORKS, SUBNETS
from haneul.services.network.store.ports import PORTS
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS
from haneul.services.network.store.security_groups import SECURITY_GROUPS

__all__ = [
    "ADDRESS_REFUSALS",
    "GROUP_REFUSALS",
    "PORT_REFUSALS",
    "RULE_REFUSALS",
    "TOPOLOGY_REFUSALS",
    "AutoAllocationFailure",
    "IngressGroup",
    "IngressRule",
    "LostPort",
    "Nic",
    "NicAddress",
    "Port",
    "PortBound",
    "PortUnbound",
    "RequestedNic",
    "SecurityGroup",
    "SecurityGroupCannotBeApplied",
    "SecurityRule",
    "ServerAddress",
    "WayIn",
    "WiredPort",
    "add_address",
    "add_security_group_rule",
    "addresses",
    "allocate_network",
    "attach_port",
    "auto_networks",
    "bind_ports",
    "create_security_group",
    "delete_security_group",
    "detach_port",
    "find_servers_by_ip",
    "held_by_servers",
    "ingress_group",
    "ingress_groups",
    "ingress_groups_of",
    "join_security_group",
    "leave_security_group",
    "lost_ports",
    "namespace_of",
    "nics",
    "port",
    "prepare_ports",
    "release_ports",
    "remove_address",
    "remove_security_group_rule",
    "security_groups",
    "security_groups_by_id",
    "server_of_port",
    "server_ports",
    "unbind_ports",
    "unwire_ports",
    "update_security_group",
    "validate",
    "verify",
    "way_in",
    "wire_ports",
]

PORT_REFUSALS: tuple[type[HaneulError], ...] = (
    _errors.NetworkNotFound, _errors.PortNotFound, _errors.PortInUse, _errors.PortNotUsable,
    _errors.PortRequiresFixedIP, _errors.NetworkRequiresSubnet, _errors.ExternalNetworkAttachForbidden,
    _errors.IpAddressAlreadyAllocated, _errors.IpAddressGenerationFailure, _errors.InvalidIpForNetwork,
    _errors.InvalidIpForSubnet, _errors.OverQuota, AutoAllocationFailure, SecurityGroupCannotBeApplied,
    _errors.SecurityGroupNotFound, _errors.NoUniqueMatch, _errors.SecurityGroupConflict,
    _errors.IpAddressGenerationFailureNoMatchingSubnet, _errors.PortBindingFailed, _errors.MacAddressInUse,
    _errors.DeviceIDNotOwnedByTenant, _errors.InvalidOperation,
)  # fmt: skip
"""What calls about ports can fail with: who hands it on to a caller declares it."""
TOPOLOGY_REFUSALS: tuple[type[HaneulError], ...] = (
    AutoAllocationFailure, _errors.BadRouterRequest, _errors.SubnetAllocationError, _errors.SubnetPoolNotFound,
    _errors.SubnetPoolQuotaExceeded,
)  # fmt: skip
"""What making a project's automatic network can fail with beside that."""
ADDRESS_REFUSALS: tuple[type[HaneulError], ...] = (
    _errors.NetworkNotOnServer, _errors.AddressNotOnServer, _errors.NoMoreFixedIps, _errors.InvalidOperation,
)  # fmt: skip
"""What calls about the addresses of a server's NICs can fail with."""
GROUP_REFUSALS: tuple[type[HaneulError], ...] = (
    _errors.InvalidInput, _errors.SecurityGroupNotFound, _errors.SecurityGroupRuleNotFound, _errors.SecurityGroupNotOnServer,
    _errors.NoUniqueMatch, _errors.SecurityGroupConflict, SecurityGroupCannotBeApplied, _errors.SecurityGroupInUse, _errors.OverQuota,
    _errors.SecurityGroupCannotRemoveDefault, _errors.SecurityGroupCannotUpdateDefault,
    _errors.SecurityGroupDefaultAlreadyExists, _errors.SecurityGroupRuleExists,
)  # fmt: skip
"""What calls about security groups can fail with, likewise."""
RULE_REFUSALS: tuple[type[HaneulError], ...] = (
    *GROUP_REFUSALS, _errors.SecurityGroupEthertypeConflictWithProtocol, _errors.SecurityGroupInvalidIcmpValue,
    _errors.SecurityGroupInvalidPortRange, _errors.SecurityGroupInvalidPortValue,
    _errors.SecurityGroupInvalidProtocolForPort, _errors.SecurityGroupMissingIcmpType,
    _errors.SecurityGroupProtocolRequiredWithPorts, _errors.SecurityGroupMultipleRemoteEntites,
    _errors.SecurityGroupRuleInvalidProtocol, _errors.SecurityGroupRuleParameterConflict,
)  # fmt: skip
"""What calls about their rules can fail with."""

_FIXED = msgspec.json.Decoder(list[FixedIp])


class NicAddress(Struct, frozen=True):
    ip: str
    subnet: Subnet


class Nic(Struct, frozen=True):
    """A NIC of a server, with all that its guest may know of the networks behind it."""

    port_id: str
    network_id: str
    mac: str
    mtu: int
    addresses: list[NicAddress]


class ServerAddress(Struct, frozen=True, gc=False):
    network_name: str
    network_id: str
    port_id: str
    mac: str
    ip: str
    version: int
    kind: str
    """fixed or floating."""


# -- while a server is accepted


async def validate(ctx: Context, requested: Sequence[RequestedNic]) -> None:
    """Raise, with the status that a server's creation gives, unless the asker may have all of these."""
    await _servers.validate(ctx, requested)


async def auto_networks(ctx: Context) -> list[str]:
    """The networks among which a server of the project chooses when its owner does not."""
    return await _servers.auto_networks(ctx)


async def allocate_network(ctx: Context) -> str:
    """The project's automatic network, made if need be; AutoAllocationFailure when that cannot be."""
    return await _auto_topology.ensure(ctx, ctx.project_id)


async def require_groups_apply(
    ctx: Context, requested: Sequence[RequestedNic], security_groups: Sequence[str]
) -> None:
    """Raise SecurityGroupCannotBeApplied unless all NICs can be in the groups that were named."""
    await _servers.require_groups_apply(ctx, requested, security_groups)


async def prepare_ports(
    ctx: Context,
    server_id: str,
    requested: Sequence[RequestedNic],
    security_groups: Sequence[str],
    zone: str,
) -> list[Port]:
    """The server owns a port for each request, with its addresses, in this transaction."""
    return await _servers.prepare_ports(ctx, server_id, requested, security_groups, zone)


# -- while it is built, moved, deleted


async def bind_ports(ctx: Context, server_id: str, host: str) -> list[Port]:
    """The server's ports belong on that host; nothing is made there yet."""
    return await _servers.bind(ctx, server_id, host)


async def wire_ports(
    ctx: Context, server_id: str, host: str, port_ids: Sequence[str] | None = None
) -> list[WiredPort]:
    """The server's ports (all, or these) are on the host, and active. Calls the host."""
    return await _wiring.wire(ctx, server_id, host, port_ids)


async def unwire_ports(
    ctx: Context, server_id: str, host: str, port_ids: Sequence[str] | None = None
) -> None:
    """The host has none of the server's ports (or of these). Calls the host; fine if there are none."""
    await _wiring.unwire(ctx, server_id, host, port_ids)


async def unbind_ports(ctx: Context, server_id: str) -> None:
    """The server's ports are on no host, and keep their addresses."""
    await _servers.unbind(ctx, server_id)


async def release_ports(ctx: Context, server_id: str) -> None:
    """Ports made for the server are gone, those it was given are free. Fine if there are none."""
    await _servers.release(ctx, server_id)


# -- while it runs


async def attach_port(
    ctx: Context,
    server_id: str,
    requested: RequestedNic,
    host: str,
    project_id: str,
    zone: str = DEFAULT_ZONE,
    security_groups: Sequence[str] = (),
) -> Port:
    """One more port for the project's server, bound to its host; `wire_ports` then makes it there."""
    made = await _servers.prepare_ports(ctx, server_id, [requested], security_groups, zone, project_id)
    bound = await _servers.bind(ctx, server_id, host) if host else made
    return next(p for p in bound if p.id == made[0].id)


async def detach_port(ctx: Context, server_id: str, port_id: str) -> None:
    """The server no longer has the port; its host will be told. Fine if it never had it."""
    await _servers.forget_lost(ctx, port_id)
    port = await PORTS.get(ctx.tx, port_id)
    if port is not None and port.held_by == server_id and port.held_as == SERVER:
        await _servers.release_port(ctx, port)


async def join_security_group(ctx: Context, server_id: str, name: str) -> None:
    """All of the server's filtered ports are in the project's group of that name or id; hosts will be told."""
    await _servers.join_group(ctx, server_id, name)


async def leave_security_group(ctx: Context, server_id: str, name: str) -> None:
    """None of the server's ports is in that group any more; raises if none was."""
    await _servers.leave_group(ctx, server_id, name)


async def add_address(ctx: Context, server_id: str, network_id: str) -> None:
    """The server's NIC on that network has one more address of it; hosts will be told."""
    await _servers.add_address(ctx, server_id, network_id)


async def remove_address(ctx: Context, server_id: str, ip: str) -> None:
    """None of the server's NICs has that address; raises if none had."""
    await _servers.remove_address(ctx, server_id, normal_forms.address(ip))


async def lost_ports(ctx: Context) -> list[LostPort]:
    """Ports that were deleted while servers had them; each stays here until `detach_port`."""
    return await _servers.lost(ctx)


# -- to look at


async def port(ctx: Context, port_id: str) -> Port:
    """The port; PortNotFound if it is not there, or not the asker's."""
    return await ctx.find(PORTS, port_id, policy.ADMIN_OR_OWNER, missing=PortNotFound)


async def server_ports(ctx: Context, server_id: str) -> list[Port]:
    """The server's ports, in the order of its NICs."""
    return await _servers.of_server(ctx, server_id)


async def held_by_servers(ctx: Context) -> list[Port]:
    """Every port that any server has."""
    return await PORTS.find(ctx.tx, held_as=SERVER)


async def addresses(ctx: Context, server_ids: Sequence[str]) -> dict[str, list[ServerAddress]]:
    """All addresses of these servers, fixed ones each followed by the floating one that leads to it."""
    floating = await _stored_servers.floating_addresses(ctx.tx, server_ids)
    shown: dict[str, list[ServerAddress]] = {id: [] for id in server_ids}
    for server_id, name, network_id, port_id, mac, fixed_ips in await _stored_servers.addresses(
        ctx.tx, server_ids
    ):
        for each in _FIXED.decode(fixed_ips):
            version = 6 if ":" in each.ip_address else 4
            fixed = ServerAddress(name, network_id, port_id, mac, each.ip_address, version, "fixed")
            shown[server_id].append(fixed)
            if outer := floating.get((port_id, each.ip_address)):
                shown[server_id].append(
                    replace(fixed, ip=outer, version=ipaddress.ip_address(outer).version, kind="floating")
                )
    return shown


async def nics(ctx: Context, server_id: str) -> list[Nic]:
    """The server's NICs in their order."""
    ports = await _servers.of_server(ctx, server_id)
    networks = {n.id: n for n in await NETWORKS.among(ctx.tx, "id", {p.network_id for p in ports})}
    subnets = {s.id: s for s in await SUBNETS.among(ctx.tx, "network_id", set(networks))}
    return [
        Nic(
            p.id,
            p.network_id,
            p.mac_address,
            networks[p.network_id].mtu,
            [NicAddress(f.ip_address, subnets[f.subnet_id]) for f in p.fixed_ips if f.subnet_id in subnets],
        )
        for p in ports
        if p.network_id in networks
    ]


async def security_groups(ctx: Context, server_ids: Sequence[str]) -> dict[str, list[str]]:
    """The names of the groups that these servers' ports are in."""
    ports = await PORTS.among(ctx.tx, "held_by", server_ids)
    ids = {g for p in ports for g in p.security_group_ids}
    names = {g.id: g.name for g in await SECURITY_GROUPS.among(ctx.tx, "id", ids)} if ids else {}
    by_server: dict[str, list[str]] = {id: [] for id in server_ids}
    for each in ports:
        for group_id in each.security_group_ids:
            name = names.get(group_id)
            if name is not None and name not in by_server[each.held_by]:
                by_server[each.held_by].append(name)
    return by_server


async def find_servers_by_ip(ctx: Context, text: str) -> list[str]:
    """The servers with a port on which an address contains this text."""
    return await _stored_servers.with_address_like(ctx.tx, text)


class WayIn(Struct, frozen=True):
    """An address of a server, and where it can be reached from."""

    ip: str
    network_id: str
    host: str | None
    """The host that has the network's namespace; None: the server's own."""


async def namespace_of(ctx: Context, host: str, network_id: str) -> str:
    """The network namespace that the network has on that host."""
    return await ctx.agent(host, HostNetwork).namespace_of(network_id)


async def way_in(ctx: Context, server_id: str) -> WayIn | None:
    """Its floating address, from the external network; else a fixed one, from its own network."""
    ports = await PORTS.find(ctx.tx, held_by=server_id)
    for each in ports:
        floating = await FLOATING_IPS.first(ctx.tx, port_id=each.id)
        if floating is not None and floating.router_id is not None:
            router = await ROUTERS.get(ctx.tx, floating.router_id)
            return WayIn(floating.ip, floating.network_id, router.host or None if router else None)
    for each in ports:
        if each.fixed_ips:
            return WayIn(each.fixed_ips[0].ip_address, each.network_id, None)
    return None


async def server_of_port(ctx: Context, port_id: str, host: str) -> str | None:
    """The id of the server that has the port, if one has and the port is bound to that host."""
    port = await PORTS.get(ctx.tx, port_id)
    is_there = port is not None and port.held_as == SERVER and port.host == host
    return port.held_by if port is not None and is_there else None
