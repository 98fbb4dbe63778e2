"""/floatingips"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes
from haneul.kernel.http.tables import Attribute, Resource, kinds, only, serve, shown
from haneul.services.network import errors
from haneul.services.network.api import answers, checks
from haneul.services.network.api.shapes import ID, STANDARD
from haneul.services.network.api.words import WORDS
from haneul.services.network.model import wishes
from haneul.services.network.operations import floating_ips
from haneul.services.network.operations.collections import FLOATING_IPS, PORTS

routes = Routes("/v2.0")


async def _with_ports(ctx: Context, views: list[dict[str, Any]], things: list[Any]) -> None:
    """Each address is shown with the port that it leads to."""
    ports = {p.id: p for p in await PORTS.among(ctx, "id", [t.port_id for t in things if t.port_id])}
    for view, thing in zip(views, things, strict=True):
        port = ports.get(thing.port_id or "")
        view["port_details"] = port and {
            "name": port.name,
            "network_id": port.network_id,
            "mac_address": port.mac_address,
            "admin_state_up": port.is_up,
            "status": port.status,
            "device_id": port.device_id,
            "device_owner": port.device_owner,
        }


FLOATING_IP = Resource(
    WORDS,
    "floatingip",
    (
        ID,
        *STANDARD,
        Attribute("floating_network_id", kinds.uuid, field="network_id"),
        Attribute(
            "floating_ip_address",
            kinds.or_none(checks.ip),
            field="ip",
            spellings=only(checks.ip),
            ruled=("create",),
        ),
        Attribute("subnet_id", kinds.or_none(kinds.uuid), is_shown=False),
        Attribute("port_id", kinds.or_none(kinds.uuid)),
        Attribute(
            "fixed_ip_address",
            kinds.or_none(checks.ip),
            field="fixed_ip",
            spellings=only(checks.ip),
        ),
        shown("router_id"),
        shown("status"),
        Attribute("dns_name", checks.hostname, spellings=only(str.lower)),
        Attribute("dns_domain", checks.hostname, spellings=only(str.lower)),
    ),
    FLOATING_IPS,
    errors.FloatingIPNotFound,
    wishes.NewFloatingIp,
    floating_ips.create,
    wishes.FloatingIpChange,
    floating_ips.update,
    floating_ips.delete,
    complete=_with_ports,
    shape=answers.FloatingIp,
    refusals={
        "create": (
            errors.NetworkNotFound,
            errors.OverQuota,
            errors.ExternalIpAddressExhausted,
            errors.IpAddressAlreadyAllocated,
            errors.IpAddressGenerationFailure,
            errors.IpAddressGenerationFailureNoMatchingSubnet,
            errors.InvalidIpForNetwork,
            errors.InvalidIpForSubnet,
            errors.PortNotFound,
            errors.BadFloatingIpRequest,
            errors.ExternalGatewayForFloatingIPNotFound,
            errors.FloatingIPPortAlreadyAssociated,
        ),
        "update": (
            errors.PortNotFound,
            errors.BadFloatingIpRequest,
            errors.ExternalGatewayForFloatingIPNotFound,
            errors.FloatingIPPortAlreadyAssociated,
        ),
    },
)
serve(routes, FLOATING_IP)
