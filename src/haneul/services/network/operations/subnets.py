"""Subnets: create, update, delete."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.structs import set_fields
from haneul.services.network import errors
from haneul.services.network.config import NetworkOptions
from haneul.services.network.events import Changed
from haneul.services.network.model import addresses as arithmetic
from haneul.services.network.model.clock import stamp
from haneul.services.network.model.networks import Network, Pool, Route, Subnet, SubnetPool
from haneul.services.network.model.pending import NETWORK
from haneul.services.network.model.ports import ROUTER_INTERFACE, SERVICE_PORT, FixedIp, Port, held
from haneul.services.network.model.wishes import NewSubnet, SubnetChange
from haneul.services.network.operations import addresses, networks, new_ports, subnet_pools
from haneul.services.network.store import pending
from haneul.services.network.store.networks import SUBNETS
from haneul.services.network.store.ports import ALLOCATIONS, PORTS
from haneul.services.network.store.quotas import QUOTAS


async def create(ctx: Context, new: NewSubnet) -> Subnet:
    """A subnet with its pools; where DHCP answers is taken from them at once."""
    network = await networks.visible(ctx, new.network_id)
    await QUOTAS.require(ctx, new.project_id, errors.OverQuota, subnet=1)
    await ctx.tx.lock("subnets", network.id)
    cidr = await _cidr(ctx, new)
    networks.require_mtu(network.id, network.mtu, cidr.version)
    others = await SUBNETS.find(ctx.tx, network_id=network.id)
    _refuse_overlap(cidr, others, network)
    _refuse_other_pool(new.subnetpool_id, cidr.version, others)
    _check_ipv6_modes(cidr, new)
    gateway = _gateway(cidr, new.gateway_ip)
    pools = [Pool(**p) for p in new.allocation_pools] or arithmetic.default_pools(cidr, gateway)
    arithmetic.check_pools(cidr, pools)
    arithmetic.check_gateway(gateway, pools)
    _check_lists(ctx, cidr.version, new)
    return await _add(ctx, network, new, cidr, gateway, pools)


async def make(ctx: Context, network: Network, pool: SubnetPool, name: str) -> Subnet:
    """A subnet cut from the pool, on a network without one of its version, of which nothing else was chosen."""
    new = NewSubnet(
        project_id=network.project_id, network_id=network.id, name=name, ip_version=pool.ip_version,
        subnetpool_id=pool.id,
    )  # fmt: skip
    await QUOTAS.require(ctx, new.project_id, errors.OverQuota, subnet=1)
    await ctx.tx.lock("subnets", network.id)
    cidr = ipaddress.ip_network(await subnet_pools.cut(ctx, new, pool.id))
    _require_usable(cidr, has_dhcp=True)
    gateway = arithmetic.default_gateway(cidr)
    return await _add(ctx, network, new, cidr, gateway, arithmetic.default_pools(cidr, gateway))


async def _add(
    ctx: Context,
    network: Network,
    new: NewSubnet,
    cidr: arithmetic.IPNetwork,
    gateway: str | None,
    pools: list[Pool],
) -> Subnet:
    now = stamp(ctx.now())
    values = set_fields(
        new,
        cidr=str(cidr),
        ip_version=cidr.version,
        gateway_ip=gateway,
        allocation_pools=pools,
        host_routes=[Route(**r) for r in new.host_routes],
    )
    del values["prefixlen"]
    subnet = Subnet(
        id=ctx.new_id(), is_shared=network.is_shared, is_external=network.is_external, segment_id=None,
        dns_publish_fixed_ip=False, tags=[], created_at=now, updated_at=now, **values,
    )  # fmt: skip
    await SUBNETS.add(ctx.tx, subnet)
    if subnet.is_dhcp_enabled and not network.is_external:
        await add_service_address(ctx, network, subnet)
    await pending.mark(ctx, NETWORK, network.id)
    await ctx.emit(Changed(subnet.id, "subnet", "create", subnet.name, subnet.project_id))
    return subnet


def _refuse_other_pool(pool_id: str | None, version: int, others: Sequence[Subnet]) -> None:
    """All of a network's subnets of a version are of one pool, or none is: who shares it sees no address twice."""
    if any(s.subnetpool_id != pool_id for s in others if s.ip_version == version):
        raise errors.NetworkSubnetPoolAffinityError


async def _cidr(ctx: Context, new: NewSubnet) -> arithmetic.IPNetwork:
    if new.cidr and new.prefixlen is not None:
        raise errors.BadSubnetRequest(reason="cidr and prefixlen must not be supplied together")
    cidr = new.cidr if new.subnetpool_id is None else await subnet_pools.cut(ctx, new, new.subnetpool_id)
    if not cidr:
        raise errors.BadSubnetRequest(reason="a subnetpool must be specified in the absence of a cidr")
    network = ipaddress.ip_network(cidr)
    if network.version != new.ip_version:
        raise errors.InvalidOperation(
            reason=f"cidr '{cidr}' does not match the ip_version '{new.ip_version}'"
        )
    _require_usable(network, has_dhcp=new.is_dhcp_enabled)
    return network


def _require_usable(cidr: arithmetic.IPNetwork, *, has_dhcp: bool) -> None:
    """Raise unless ports can have addresses of that range."""
    if cidr.is_multicast or cidr.is_loopback or cidr.prefixlen == 0:
        raise errors.InvalidOperation(reason=f"cidr '{cidr}' is not a usable range of addresses")
    if has_dhcp and cidr.prefixlen > cidr.max_prefixlen - 2:
        raise errors.InvalidOperation(reason=f"Invalid CIDR {cidr} for a subnet with DHCP: it is too small")


def _refuse_overlap(cidr: arithmetic.IPNetwork, others: Sequence[Subnet], network: Network) -> None:
    for other in others:
        if other.ip_version == cidr.version and ipaddress.ip_network(other.cidr).overlaps(cidr):
            raise errors.InvalidOperation(
                reason=f"Requested subnet with cidr: {cidr} for network: {network.id} overlaps with another "
                "subnet"
            )


def _check_ipv6_modes(cidr: arithmetic.IPNetwork, new: NewSubnet) -> None:
    modes = {new.ipv6_address_mode, new.ipv6_ra_mode} - {None}
    if not modes:
        return
    if cidr.version == 4:
        raise errors.InvalidOperation(
            reason="ipv6_ra_mode or ipv6_address_mode cannot be set when IP version is 4"
        )
    if not new.is_dhcp_enabled:
        raise errors.InvalidOperation(
            reason="ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False"
        )
    if len(modes) > 1:
        raise errors.InvalidOperation(reason="ipv6_ra_mode and ipv6_address_mode must agree if both are set")
    if modes & set(addresses.AUTOMATIC) and cidr.prefixlen != 64:
        raise errors.InvalidOperation(reason=f"Invalid CIDR {cidr} for IPv6 address mode: it must be a /64")


def _gateway(cidr: arithmetic.IPNetwork, address: str | None) -> str | None:
    """The gateway's address: the given one, none, or ("") the first of the subnet.

    It may lie outside of the subnet, as upstream: guests are told of it, and who routes there is another's care.
    """
    if address is None:
        return None
    if address == "":
        return arithmetic.default_gateway(cidr)
    ip = ipaddress.ip_address(address)
    if ip.version != cidr.version:
        raise errors.InvalidOperation(
            reason=f"gateway_ip '{address}' does not match the ip_version '{cidr.version}'"
        )
    if ip.version == 4 and cidr.prefixlen < 31 and ip in (cidr.network_address, cidr.broadcast_address):
        raise errors.InvalidOperation(reason="Gateway is not valid on subnet")
    return address


def _check_lists(ctx: Context, version: int, wish: NewSubnet | SubnetChange) -> None:
    most = ctx.options(NetworkOptions)
    if len(wish.dns_nameservers or ()) > most.max_dns_nameservers:
        raise errors.DNSNameServersExhausted(quota=most.max_dns_nameservers)
    if len(wish.host_routes or ()) > most.max_subnet_host_routes:
        raise errors.HostRoutesExhausted(quota=most.max_subnet_host_routes)
    for route in wish.host_routes or ():
        versions = {
            ipaddress.ip_network(route["destination"]).version,
            ipaddress.ip_address(route["nexthop"]).version,
        }
        if versions != {version}:
            raise errors.InvalidOperation(
                reason=f"host route {route} does not match the ip_version '{version}'"
            )


# -- where DHCP answers


async def service_port(ctx: Context, network_id: str) -> Port | None:
    """The port that holds the network's own addresses, for DHCP and metadata; None if it needs none."""
    return await PORTS.first(ctx.tx, network_id=network_id, held_as=SERVICE_PORT)


async def add_service_address(ctx: Context, network: Network, subnet: Subnet) -> None:
    """The network's own port has an address in this subnet."""
    port = await service_port(ctx, network.id)
    if port is None:
        port = await new_ports.add(
            ctx, network, project_id="", fixed_ips=[], is_port_security_enabled=False,
            **held(SERVICE_PORT, network.id, device=f"ovnmeta-{network.id}"),
        )  # fmt: skip
    wanted = [{"subnet_id": subnet.id}]
    allocated = await addresses.allocate(
        ctx, network, port.id, wanted, mac=port.mac_address, owner=SERVICE_PORT
    )
    await PORTS.update(ctx.tx, replace(port, fixed_ips=[*port.fixed_ips, *allocated]))


async def remove_service_address(ctx: Context, subnet: Subnet) -> None:
    """The network's own port has no address of the subnet. Fine if it had none."""
    port = await service_port(ctx, subnet.network_id)
    if port is not None and any(f.subnet_id == subnet.id for f in port.fixed_ips):
        await drop_addresses(ctx, port, subnet.id)


async def drop_addresses(ctx: Context, port: Port, subnet_id: str) -> None:
    """The port has no address of that subnet; a service port without any is gone."""
    held = await ALLOCATIONS.find(ctx.tx, port_id=port.id, subnet_id=subnet_id)
    await new_ports.let_go(ctx, held)
    left: list[FixedIp] = [f for f in port.fixed_ips if f.subnet_id != subnet_id]
    if not left and port.held_as == SERVICE_PORT:
        await PORTS.remove(ctx.tx, id=port.id)
    else:
        await PORTS.update(ctx.tx, replace(port, fixed_ips=left))


# -- update, delete


async def update(ctx: Context, subnet: Subnet, changes: SubnetChange) -> Subnet:
    """The subnet is so, and its host networks will be; pools and gateway must lie within it."""
    cidr = ipaddress.ip_network(subnet.cidr)
    _check_lists(ctx, subnet.ip_version, changes)
    values = set_fields(changes)
    if "allocation_pools" in values:
        values["allocation_pools"] = [Pool(**p) for p in values["allocation_pools"]]
        arithmetic.check_pools(cidr, values["allocation_pools"])
        start = arithmetic.number_text(0)
        await ctx.tx.run(new_ports.LOWER_CURSOR, subnet=subnet.id, number=start)
    if "gateway_ip" in values:
        values["gateway_ip"] = _gateway(cidr, values["gateway_ip"])
        await _refuse_used_gateway(ctx, subnet, values["gateway_ip"])
    pools = values.get("allocation_pools", subnet.allocation_pools)
    arithmetic.check_gateway(values.get("gateway_ip", subnet.gateway_ip), pools)
    if "host_routes" in values:
        values["host_routes"] = [Route(**r) for r in values["host_routes"]]
    changed = await SUBNETS.change(ctx, subnet, **values)
    if changed.is_dhcp_enabled != subnet.is_dhcp_enabled:
        if changed.is_dhcp_enabled:
            await add_service_address(ctx, await networks.get(ctx, subnet.network_id), changed)
        else:
            await remove_service_address(ctx, changed)
    await pending.mark(ctx, NETWORK, subnet.network_id)
    await ctx.emit(Changed(subnet.id, "subnet", "update", changed.name, subnet.project_id))
    return changed


async def _refuse_used_gateway(ctx: Context, subnet: Subnet, new: str | None) -> None:
    """A router's interface holds the gateway's address: it cannot move away under it."""
    if subnet.gateway_ip is None or new == subnet.gateway_ip:
        return
    for allocation in await ALLOCATIONS.find(ctx.tx, subnet_id=subnet.id, ip=subnet.gateway_ip):
        port = await PORTS.get(ctx.tx, allocation.port_id)
        if port is not None and port.held_as == ROUTER_INTERFACE:
            raise errors.GatewayIpInUse(ip=subnet.gateway_ip, port_id=port.id)


async def delete(ctx: Context, subnet: Subnet) -> None:
    """The subnet is gone. Ports that chose their addresses keep it; its own DHCP address goes with it."""
    held = await ALLOCATIONS.find(ctx.tx, subnet_id=subnet.id)
    for port in await PORTS.among(ctx.tx, "id", [a.port_id for a in held]):
        if port.held_as != SERVICE_PORT:
            raise errors.SubnetInUse(
                id=subnet.id, reason="One or more ports have an IP allocation from this subnet."
            )
    await remove_service_address(ctx, subnet)
    await addresses.forget(ctx, subnet)
    await SUBNETS.remove(ctx.tx, id=subnet.id)
    await pending.mark(ctx, NETWORK, subnet.network_id)
    await ctx.emit(Changed(subnet.id, "subnet", "delete", subnet.name, subnet.project_id))


async def get(ctx: Context, id: str) -> Subnet:
    """The subnet; SubnetNotFound if it is not there."""
    subnet = await SUBNETS.get(ctx.tx, id)
    if subnet is None:
        raise errors.SubnetNotFound(id=id)
    return subnet
