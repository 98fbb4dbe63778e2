"""Routers: create, update, delete; their gateway, interfaces and routes."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.structs import set_fields
from haneul.services.network import errors, policy
from haneul.services.network.events import Changed
from haneul.services.network.model import addresses as arithmetic
from haneul.services.network.model.clock import stamp
from haneul.services.network.model.networks import Network, Route, Subnet
from haneul.services.network.model.pending import NETWORK, ROUTER
from haneul.services.network.model.ports import ROUTER_GATEWAY, ROUTER_INTERFACE, Port, held
from haneul.services.network.model.routers import Gateway, Router
from haneul.services.network.model.wishes import NewRouter, RouterChange
from haneul.services.network.operations import networks, new_ports, ports, subnets
from haneul.services.network.store import pending
from haneul.services.network.store.networks import NETWORKS, SUBNETS
from haneul.services.network.store.ports import PORTS
from haneul.services.network.store.quotas import QUOTAS, ROUTES
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS


class Attachment(Struct, frozen=True):
    """What adding or removing an interface answers."""

    id: str
    project_id: str
    port_id: str
    network_id: str
    subnet_id: str
    subnet_ids: list[str]


def _refuse_other_kinds(wish: NewRouter | RouterChange) -> None:
    """A router is on one host at a time, and moves when that is lost: no second one stands by, none is everywhere.

    Without distributed routers upstream does not know the word.
    """
    if wish.is_ha:
        raise errors.HANotEnoughAvailableAgents
    if wish.is_distributed:
        raise BadRequest("Unrecognized attribute(s) 'distributed'")


async def create(ctx: Context, new: NewRouter) -> Router:
    """A router on no host yet, with a gateway if one is wanted."""
    _refuse_other_kinds(new)
    if new.flavor_id is not None:
        raise errors.FlavorNotFound(id=new.flavor_id)
    return await make(ctx, new)


async def make(ctx: Context, new: NewRouter) -> Router:
    """A router of the one kind that there is, on no host yet; OverQuota if the project may have no more."""
    await QUOTAS.require(ctx, new.project_id, errors.OverQuota, router=1)
    now = stamp(ctx.now())
    values: dict[str, Any] = {"is_ha": False, "is_distributed": False, **set_fields(new, gateway=None)}
    router = Router(
        id=ctx.new_id(), status="ACTIVE", routes=[], host="", tags=[], created_at=now, updated_at=now, **values
    )  # fmt: skip
    await ROUTERS.add(ctx.tx, router)
    if new.gateway:
        gateway = await _open_gateway(ctx, router, new.gateway)
        router = await ROUTERS.update(ctx.tx, replace(router, gateway=gateway))
        await _tell(ctx, router)
    await ctx.emit(Changed(router.id, "router", "create", router.name, router.project_id))
    return router


async def update(ctx: Context, router: Router, changes: RouterChange) -> Router:
    """The router with these changes; its host is told."""
    _refuse_other_kinds(changes)
    values = set_fields(changes)
    if "gateway" in values:
        values["gateway"] = await _new_gateway(ctx, router, values["gateway"])
    if "routes" in values:
        reach = replace(router, gateway=values.get("gateway", router.gateway))
        values["routes"] = await _checked_routes(ctx, reach, values["routes"])
    return await _write(ctx, router, **values)


async def _write(ctx: Context, router: Router, **values: Any) -> Router:
    changed = await ROUTERS.change(ctx, router, **values)
    await _tell(ctx, changed)
    await ctx.emit(Changed(router.id, "router", "update", changed.name, router.project_id))
    return changed


async def delete(ctx: Context, router: Router) -> None:
    """The router is gone, and its gateway with it; interfaces must have been removed before."""
    if attached := await interfaces(ctx, router.id):
        raise errors.RouterInUse(id=router.id, ports=",".join(port.id for port in attached))
    if router.gateway is not None:
        await _close_gateway(ctx, router)
    await ROUTERS.remove(ctx.tx, id=router.id)
    if router.host:
        await pending.mark(ctx, ROUTER, router.id, router.host)
    await ctx.emit(Changed(router.id, "router", "delete", router.name, router.project_id))


async def get(ctx: Context, id: str) -> Router:
    """The router; RouterNotFound if it is not there."""
    router = await ROUTERS.get(ctx.tx, id)
    if router is None:
        raise errors.RouterNotFound(id=id)
    return router


async def _tell(ctx: Context, router: Router) -> None:
    await pending.mark(ctx, ROUTER, router.id)


# -- the gateway


async def _new_gateway(ctx: Context, router: Router, info: dict[str, Any] | None) -> Gateway | None:
    """The gateway as asked; the port stays when network and addresses do."""
    old = router.gateway
    if not info:
        if old is not None:
            await _refuse_used_gateway(ctx, router, old)
            await _close_gateway(ctx, router)
        return None
    if old is not None and info["network_id"] == old.network_id and "external_fixed_ips" not in info:
        return replace(old, enable_snat=info.get("enable_snat", old.enable_snat))
    if old is not None:
        if info["network_id"] != old.network_id:
            await _refuse_used_gateway(ctx, router, old)
        await _close_gateway(ctx, router)
    return await _open_gateway(ctx, router, info)


async def _open_gateway(ctx: Context, router: Router, info: dict[str, Any]) -> Gateway:
    network = await networks.visible(ctx, info["network_id"])
    if not network.is_external:
        raise errors.BadRouterRequest(reason=f"Network {network.id} is not an external network")
    wanted = info.get("external_fixed_ips") or None
    for subnet in await SUBNETS.find(ctx.tx, network_id=network.id):
        await _refuse_overlap(ctx, router, subnet)
    port = await new_ports.add(
        ctx, network, project_id="", fixed_ips=wanted, is_port_security_enabled=False,
        **held(ROUTER_GATEWAY, router.id),
    )  # fmt: skip
    return Gateway(network.id, port.id, info.get("enable_snat", True), port.fixed_ips)


async def _close_gateway(ctx: Context, router: Router) -> None:
    port = await PORTS.get(ctx.tx, router.gateway.port_id) if router.gateway else None
    if port is not None:
        await new_ports.remove(ctx, port)


async def _refuse_used_gateway(ctx: Context, router: Router, gateway: Gateway) -> None:
    if await FLOATING_IPS.first(ctx.tx, router_id=router.id):
        raise errors.RouterExternalGatewayInUseByFloatingIp(
            router_id=router.id, network_id=gateway.network_id
        )


# -- interfaces


async def interfaces(ctx: Context, router_id: str) -> list[Port]:
    """The ports by which the router joins networks, without its gateway."""
    return await PORTS.find(ctx.tx, held_by=router_id, held_as=ROUTER_INTERFACE)


async def add_interface(
    ctx: Context, router: Router, *, subnet_id: str | None, port_id: str | None
) -> Attachment:
    """The router is on that subnet, at its gateway's address, or wherever that port is."""
    if subnet_id and port_id:
        raise errors.BadRouterRequest(reason="Cannot specify both subnet-id and port-id")
    if port_id:
        port = await _adopt(ctx, router, port_id)
    elif subnet_id:
        subnet = await subnets.get(ctx, subnet_id)
        port = await join(ctx, router, await _reachable(ctx, subnet), subnet)
        return attachment(router, port, [subnet_id])
    else:
        raise errors.BadRouterRequest(reason="Either subnet_id or port_id must be specified")
    await _tell_of(ctx, router, port)
    return attachment(router, port)


def attachment(router: Router, port: Port, only: list[str] | None = None) -> Attachment:
    """The port as an answer shows it: the subnets that came or went with it, or else all of its subnets."""
    ids = only or [f.subnet_id for f in port.fixed_ips]
    return Attachment(router.id, router.project_id, port.id, port.network_id, ids[0] if ids else "", ids)


async def _tell_of(ctx: Context, router: Router, port: Port) -> None:
    """The router's host, and all that have the network of its port, will be told."""
    await _tell(ctx, router)
    await pending.mark(ctx, NETWORK, port.network_id)


async def join(ctx: Context, router: Router, network: Network, subnet: Subnet) -> Port:
    """The router's port that is on the subnet, at its gateway's address; BadRouterRequest where it cannot be."""
    if subnet.gateway_ip is None:
        raise errors.BadRouterRequest(reason="Subnet for router interface must have a gateway IP")
    if not ctx.may(policy.ADMIN_OR_OWNER, subnet):
        # all servers of a shared network send what goes out to whoever has its gateway's address
        raise errors.BadRouterRequest(reason=f"Subnet {subnet.id} belongs to another project")
    await _refuse_overlap(ctx, router, subnet)
    address = {"subnet_id": subnet.id, "ip_address": subnet.gateway_ip}
    if subnet.ip_version == 6 and (port := await _port_of_version_6(ctx, router, network)):
        # upstream: all IPv6 prefixes of a network are on one port of the router, which announces them together
        port = await ports.add_address(ctx, network, port, address)
    else:
        port = await new_ports.add(
            ctx, network, project_id=router.project_id, fixed_ips=[address],
            is_port_security_enabled=False, **held(ROUTER_INTERFACE, router.id),
        )  # fmt: skip
    await _tell_of(ctx, router, port)
    return port


async def _port_of_version_6(ctx: Context, router: Router, network: Network) -> Port | None:
    """The router's port on that network that has IPv6 addresses and no others."""
    for port in await interfaces(ctx, router.id):
        if port.network_id == network.id and all(":" in fixed.ip_address for fixed in port.fixed_ips):
            return port
    return None


async def _reachable(ctx: Context, subnet: Subnet) -> Network:
    network = await NETWORKS.get(ctx.tx, subnet.network_id)
    if network is None or not (networks.is_usable(ctx, network) or network.is_external):
        raise errors.SubnetNotFound(id=subnet.id)
    return network


async def _adopt(ctx: Context, router: Router, port_id: str) -> Port:
    port = await ctx.find(PORTS, port_id, policy.ADMIN_OR_OWNER, missing=errors.PortNotFound)
    if in_use := port.held_by or port.device_id:
        raise errors.PortInUse(port_id=port.id, network_id=port.network_id, device_id=in_use)
    if not port.fixed_ips:
        raise errors.BadRouterRequest(reason="Router port must have at least one fixed IP")
    for fixed in port.fixed_ips:
        await _refuse_overlap(ctx, router, await subnets.get(ctx, fixed.subnet_id))
    await new_ports.join(ctx, port.id, [])
    owned = replace(
        port, security_group_ids=[], is_port_security_enabled=False, **held(ROUTER_INTERFACE, router.id)
    )  # fmt: skip
    return await PORTS.update(ctx.tx, owned)


async def _refuse_overlap(ctx: Context, router: Router, subnet: Subnet) -> None:
    """A router cannot tell two networks with the same addresses apart."""
    ours = await PORTS.find(ctx.tx, held_by=router.id)
    ids = {f.subnet_id for p in ours for f in p.fixed_ips}
    for other in await SUBNETS.among(ctx.tx, "id", ids):
        if other.id == subnet.id:
            raise errors.BadRouterRequest(reason=f"Router already has a port on subnet {subnet.id}")
        if other.ip_version == subnet.ip_version and ipaddress.ip_network(other.cidr).overlaps(
            ipaddress.ip_network(subnet.cidr)
        ):
            raise errors.BadRouterRequest(
                reason=f"Cidr {subnet.cidr} of subnet {subnet.id} overlaps with cidr {other.cidr} of subnet "
                f"{other.id}"
            )


async def remove_interface(
    ctx: Context, router: Router, *, subnet_id: str | None, port_id: str | None
) -> Attachment:
    """The router is no longer there. The port that was its interface is gone, unless it has other subnets too."""
    if not subnet_id and not port_id:
        raise errors.BadRouterRequest(reason="Either subnet_id or port_id must be specified")
    port = _named(await interfaces(ctx, router.id), router, subnet_id, port_id)
    only = [subnet_id] if subnet_id and not port_id else None
    await leave(ctx, router, port, only)
    return attachment(router, port, only)


async def leave(ctx: Context, router: Router, port: Port, only: Sequence[str] | None = None) -> None:
    """The router's port is gone, or of its subnets only these are; refused while anything goes through them."""
    gone = [f.subnet_id for f in port.fixed_ips if only is None or f.subnet_id in only]
    for subnet_id in gone:
        await _refuse_used_interface(ctx, router, await subnets.get(ctx, subnet_id))
    if len(gone) < len(port.fixed_ips):
        await ports.leave_subnets(ctx, port, gone)
    else:
        await new_ports.remove(ctx, port)
    await _tell_of(ctx, router, port)


def _named(have: Sequence[Port], router: Router, subnet_id: str | None, port_id: str | None) -> Port:
    for port in have:
        ids = [f.subnet_id for f in port.fixed_ips]
        if port_id is not None and port.id == port_id:
            if subnet_id is not None and subnet_id not in ids:
                raise errors.SubnetMismatchForPort(port_id=port_id, subnet_id=subnet_id)
            return port
        if port_id is None and subnet_id in ids:
            return port
    if port_id is not None:
        raise errors.RouterInterfaceNotFound(router_id=router.id, port_id=port_id)
    raise errors.RouterInterfaceNotFoundForSubnet(router_id=router.id, subnet_id=subnet_id)


async def _refuse_used_interface(ctx: Context, router: Router, subnet: Subnet) -> None:
    for floating in await FLOATING_IPS.find(ctx.tx, router_id=router.id):
        if floating.fixed_ip and arithmetic.contains(subnet, floating.fixed_ip):
            raise errors.RouterInterfaceInUseByFloatingIP(router_id=router.id, subnet_id=subnet.id)
    for route in router.routes:
        if arithmetic.contains(subnet, route.nexthop):
            raise errors.RouterInterfaceInUseByRoute(router_id=router.id, subnet_id=subnet.id)


# -- routes


async def _checked_routes(ctx: Context, router: Router, hops: Sequence[dict[str, str]]) -> list[Route]:
    routes = list(dict.fromkeys(Route(**r) for r in hops))
    await QUOTAS.require(ctx, router.project_id, errors.OverQuota, **{ROUTES: len(routes)})
    ours = await PORTS.find(ctx.tx, held_by=router.id)
    near = await SUBNETS.among(ctx.tx, "id", {f.subnet_id for p in ours for f in p.fixed_ips})
    own_ips = {f.ip_address for p in ours for f in p.fixed_ips}
    shown = [{"destination": r.destination, "nexthop": r.nexthop} for r in routes]
    for route in routes:
        if not any(arithmetic.contains(s, route.nexthop) for s in near):
            reason = f"the nexthop is not connected with router: {route.nexthop}"
            raise errors.RoutesOutOfReach(routes=shown, reason=reason)
        if route.nexthop in own_ips:
            raise errors.RoutesOutOfReach(routes=shown, reason="the nexthop is used by router")
    return routes


async def change_routes(
    ctx: Context, router: Router, *, add: Sequence[dict[str, str]] = (), remove: Sequence[dict[str, str]] = ()
) -> Router:
    """The router's routes with some more, or without some; the others stay whoever else changes them."""
    gone = [Route(**r) for r in remove]
    left = [{"destination": r.destination, "nexthop": r.nexthop} for r in router.routes if r not in gone]
    return await _write(ctx, router, routes=await _checked_routes(ctx, router, [*left, *add]))
