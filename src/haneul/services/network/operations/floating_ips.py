"""Floating addresses: create, update, delete."""

from __future__ import annotations

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.structs import set_fields
from haneul.services.network import errors, policy
from haneul.services.network.events import Changed
from haneul.services.network.model.clock import stamp
from haneul.services.network.model.pending import ROUTER
from haneul.services.network.model.ports import DOWN, FLOATING_IP, ROUTER_INTERFACE, held
from haneul.services.network.model.routers import FloatingIp
from haneul.services.network.model.wishes import FloatingIpChange, NewFloatingIp
from haneul.services.network.operations import networks, new_ports
from haneul.services.network.store import pending
from haneul.services.network.store.ports import PORTS
from haneul.services.network.store.quotas import QUOTAS
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS


async def create(ctx: Context, new: NewFloatingIp) -> FloatingIp:
    """An address of the external network, leading to the given port if there is one."""
    await QUOTAS.require(ctx, new.project_id, errors.OverQuota, floatingip=1)
    network = await networks.visible(ctx, new.network_id)
    if not network.is_external:
        raise errors.BadFloatingIpRequest(reason=f"Network {network.id} is not a valid external network")
    wanted = _wanted(new.subnet_id, new.ip or None)
    id = ctx.new_id()
    own = await new_ports.add(
        ctx, network, project_id="", fixed_ips=wanted, is_port_security_enabled=False, status="N/A",
        **held(FLOATING_IP, id),
    )  # fmt: skip
    outer = next((f.ip_address for f in own.fixed_ips if ":" not in f.ip_address), None)
    if outer is None:
        raise errors.ExternalIpAddressExhausted(net_id=network.id)
    now = stamp(ctx.now())
    floating = FloatingIp(
        id=id, project_id=new.project_id, description=new.description, dns_name=new.dns_name,
        dns_domain=new.dns_domain, network_id=network.id, ip=outer, own_port_id=own.id, port_id=None,
        fixed_ip=None, router_id=None, status=DOWN, tags=[], created_at=now, updated_at=now,
    )  # fmt: skip
    if new.port_id is not None:
        floating = await _lead(ctx, floating, new.port_id, new.fixed_ip)
    elif new.fixed_ip is not None:
        raise errors.BadFloatingIpRequest(reason="fixed_ip_address cannot be specified without a port_id")
    await FLOATING_IPS.add(ctx.tx, floating)
    await ctx.emit(Changed(floating.id, "floatingip", "create", floating.ip, floating.project_id))
    return floating


def _wanted(subnet_id: str | None, ip: str | None) -> list[dict[str, str]] | None:
    wanted = {k: v for k, v in (("subnet_id", subnet_id), ("ip_address", ip)) if v}
    return [wanted] if wanted else None


async def _lead(ctx: Context, floating: FloatingIp, port_id: str, fixed_ip: str | None) -> FloatingIp:
    """The floating address leads to that port, through the router that joins both."""
    port = await ctx.find(PORTS, port_id, policy.ADMIN_OR_OWNER, missing=errors.PortNotFound)
    choices = [f for f in port.fixed_ips if ":" not in f.ip_address]
    if fixed_ip is not None:
        choices = [f for f in choices if f.ip_address == fixed_ip]
        if not choices:
            raise errors.BadFloatingIpRequest(reason=f"Port {port_id} does not have fixed ip {fixed_ip}")
    if not choices:
        raise errors.BadFloatingIpRequest(
            reason=f"Cannot add floating IP to port {port_id} that has no fixed IPv4 addresses"
        )
    if len(choices) > 1:
        raise errors.BadFloatingIpRequest(
            reason=f"Port {port_id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address "
            "when assigning a floating IP"
        )
    chosen = choices[0]
    for other in await FLOATING_IPS.find(ctx.tx, port_id=port.id):
        if (
            other.id != floating.id
            and other.fixed_ip == chosen.ip_address
            and other.network_id == floating.network_id
        ):
            raise errors.FloatingIPPortAlreadyAssociated(
                floating_ip_address=floating.ip, fip_id=floating.id, port_id=port_id,
                fixed_ip=chosen.ip_address, net_id=floating.network_id,
            )  # fmt: skip
    router_id = await _router_between(ctx, chosen.subnet_id, port.network_id, floating, port_id)
    await pending.mark(ctx, ROUTER, router_id)
    return replace(floating, port_id=port.id, fixed_ip=chosen.ip_address, router_id=router_id, status=DOWN)


async def _router_between(
    ctx: Context, subnet_id: str, network_id: str, floating: FloatingIp, port_id: str
) -> str:
    for near in await PORTS.find(ctx.tx, network_id=network_id, held_as=ROUTER_INTERFACE):
        if any(f.subnet_id == subnet_id for f in near.fixed_ips):
            router = await ROUTERS.get(ctx.tx, near.held_by)
            if router and router.gateway and router.gateway.network_id == floating.network_id:
                return router.id
    raise errors.ExternalGatewayForFloatingIPNotFound(
        external_network_id=floating.network_id, subnet_id=subnet_id, port_id=port_id
    )


async def update(ctx: Context, floating: FloatingIp, changes: FloatingIpChange) -> FloatingIp:
    """The address leads elsewhere, or (port_id null) nowhere."""
    values = set_fields(changes)
    if "port_id" in values or "fixed_ip" in values:
        port_id = values.pop("port_id", floating.port_id)
        fixed_ip = values.pop("fixed_ip", None)
        if floating.router_id:
            await pending.mark(ctx, ROUTER, floating.router_id)
        if port_id is None:
            if fixed_ip is not None:
                raise errors.BadFloatingIpRequest(
                    reason="fixed_ip_address cannot be specified without a port_id"
                )
            floating = replace(floating, port_id=None, fixed_ip=None, router_id=None, status=DOWN)
        else:
            floating = await _lead(ctx, floating, port_id, fixed_ip)
    changed = await FLOATING_IPS.change(ctx, floating, **values)
    await ctx.emit(Changed(changed.id, "floatingip", "update", changed.ip, changed.project_id))
    return changed


async def delete(ctx: Context, floating: FloatingIp) -> None:
    """The address is nobody's, and the router that led it to a port will not any more."""
    own = await PORTS.get(ctx.tx, floating.own_port_id)
    if own is not None:
        await new_ports.remove(ctx, own)
    await FLOATING_IPS.remove(ctx.tx, id=floating.id)
    if floating.router_id:
        await pending.mark(ctx, ROUTER, floating.router_id)
    await ctx.emit(Changed(floating.id, "floatingip", "delete", floating.ip, floating.project_id))
