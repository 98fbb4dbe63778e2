"""/ports"""

from __future__ import annotations

from typing import Any

from haneul.kernel import addresses
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import Routes
from haneul.kernel.http.tables import CHANGES, Attribute, Resource, kinds, only, serve, shown
from haneul.services.network import errors
from haneul.services.network.api import answers, checks
from haneul.services.network.api.shapes import ADMIN_STATE_UP, ID, NAME, STANDARD
from haneul.services.network.api.subnets import network_target
from haneul.services.network.api.words import WORDS
from haneul.services.network.model import wishes
from haneul.services.network.model.ports import (
    BINDING_FAILED,
    NORMAL,
    UNBOUND,
    Port,
    is_network_device,
    is_of_another_service,
)
from haneul.services.network.operations import ports
from haneul.services.network.operations.collections import PORTS

routes = Routes("/v2.0")

FIXED_IP = kinds.mapping({}, {"subnet_id": kinds.uuid, "ip_address": checks.ip})
PAIR = kinds.mapping({"ip_address": lambda v: _address_or_cidr(v)}, {"mac_address": checks.mac})
DHCP_OPTION = kinds.mapping(
    {
        "opt_name": lambda v: _option_name(v),
        "opt_value": kinds.or_none(kinds.not_blank(kinds.line(255))),
    },
    {"ip_version": kinds.one_of(4, 6, "4", "6")},
)
VNIC_TYPES = (
    NORMAL, "direct", "macvtap", "baremetal", "direct-physical", "virtio-forwarder", "smart-nic", "vdpa",
    "accelerator-direct", "accelerator-direct-physical", "remote-managed",
)  # fmt: skip
"""All but the normal one need hardware that no driver of ours binds: ports may ask for them, and stay unbound."""


def _host(value: Any) -> str:
    """No host, in either spelling, unbinds."""
    return "" if value is None else kinds.NAME(value)


def _option_name(value: Any) -> str:
    name = str(kinds.line(64)(value))
    if not name.strip():
        raise ValueError(f"'{value}' is not a valid opt_name: it is blank")
    return name


def _address_or_cidr(value: Any) -> str:
    """As it was written: clients compare it with what they sent. Nobody sends from a group of receivers."""
    if addresses.read_network(checks.prefix(value)).is_multicast:
        raise ValueError(f"IP {value} is a multicast address, which is not supported")
    return str(value)


def _vif_details(port: Port) -> dict[str, Any]:
    is_bound = port.vif_type not in (UNBOUND, BINDING_FAILED)
    # What upstream tells of a port that is bound; of another one it tells nothing.
    return {"port_filter": True, "connectivity": "l2", "bound_drivers": {"0": "haneul"}} if is_bound else {}


def _pairs(port: Port) -> list[dict[str, str]]:
    return [
        {"ip_address": p["ip_address"], "mac_address": p.get("mac_address", port.mac_address)}
        for p in port.allowed_address_pairs
    ]


def _options(port: Port) -> list[dict[str, Any]]:
    return [{"opt_value": None, "ip_version": 4, **each} for each in port.extra_dhcp_opts]


def _dns_assignment(port: Port) -> list[dict[str, str]]:
    names = []
    for fixed in port.fixed_ips:
        # Upstream makes a name of the address where nobody gave one.
        name = port.dns_name or "host-" + fixed.ip_address.replace(".", "-").replace(":", "-")
        names.append({"hostname": name, "ip_address": fixed.ip_address, "fqdn": f"{name}.openstacklocal."})
    return names


async def _target(ctx: Context, fields: dict[str, Any]) -> dict[str, Any]:
    target = await network_target(ctx, fields)
    owner = fields.get("device_owner") or ""
    return {
        **target,
        "network_device": is_network_device(owner),
        "service_device": is_of_another_service(owner),
    }


FIXED_IP_FILTERS = ("ip_address", "subnet_id", "ip_address_substr")


def _fixed_ips(values: list[str]) -> list[tuple[str, str]]:
    """`fixed_ips=ip_address=10.0.0.3`, `subnet_id=...`, `ip_address_substr=...`; either of many."""
    wishes = []
    for value in values:
        name, equals, wanted = value.partition("=")
        if not equals or name not in FIXED_IP_FILTERS:
            raise BadRequest(f"'{value}' is invalid for filtering by fixed_ips")
        if name == "ip_address":
            wanted = _normal_address(wanted)
        elif name == "ip_address_substr":
            wanted = wanted.lower()
        wishes.append((name, wanted))
    return wishes


def _normal_address(text: str) -> str:
    try:
        return checks.ip(text)
    except ValueError:
        return text  # nobody has it


NOT_AS_ASKED = (
    errors.NetworkNotFound,
    errors.DeviceIDNotOwnedByTenant,
    errors.MacAddressInUse,
    errors.IpAddressAlreadyAllocated,
    errors.IpAddressGenerationFailure,
    errors.IpAddressGenerationFailureNoMatchingSubnet,
    errors.InvalidIpForNetwork,
    errors.InvalidIpForSubnet,
    errors.SecurityGroupNotFound,
    errors.SecurityGroupConflict,
    errors.AddressPairAndPortSecurityRequired,
    errors.AddressPairsExhausted,
    errors.DuplicateAddressPairInRequest,
    errors.PortSecurityAndIPRequiredForSecurityGroups,
    errors.PortSecurityPortHasSecurityGroup,
)
"""What a new port and a changed one can fail with."""

PORT = Resource(
    WORDS,
    "port",
    (
        ID,
        NAME,
        *STANDARD,
        Attribute("network_id", kinds.uuid),
        ADMIN_STATE_UP,
        shown("status"),
        Attribute(
            "mac_address",
            kinds.or_none(checks.mac),
            spellings=only(checks.mac),
            ruled=CHANGES,
        ),
        Attribute(
            "fixed_ips",
            kinds.not_none(kinds.list_of(FIXED_IP)),
            is_stored=False,
            ruled=CHANGES,
            ruled_parts=("ip_address",),
        ),
        Attribute(
            "security_groups",
            kinds.list_of(kinds.uuid),
            field="security_group_ids",
            is_stored=False,
        ),
        Attribute(
            "allowed_address_pairs",
            kinds.list_of(PAIR),
            show=_pairs,
            is_stored=False,
            ruled=CHANGES,
        ),
        Attribute(
            "port_security_enabled",
            kinds.truth,
            field="is_port_security_enabled",
            is_filter=False,
            ruled=CHANGES,
        ),
        Attribute("device_id", kinds.NAME),
        Attribute("device_owner", kinds.NAME, ruled=CHANGES),
        Attribute("binding:host_id", _host, field="host", ruled=("get", *CHANGES)),
        Attribute(
            "binding:profile",
            kinds.free_mapping,
            field="profile",
            is_stored=False,
            ruled=("get", *CHANGES),
        ),
        Attribute(
            "binding:vnic_type",
            kinds.one_of(*VNIC_TYPES),
            field="vnic_type",
            is_filter=False,
            ruled=CHANGES,
        ),
        shown("binding:vif_type", show=lambda p: p.vif_type, ruled=("get",)),
        shown("binding:vif_details", show=_vif_details, ruled=("get",)),
        Attribute("dns_name", checks.hostname, spellings=only(str.lower)),
        shown("dns_assignment", show=_dns_assignment),
        Attribute("extra_dhcp_opts", kinds.list_of(DHCP_OPTION), show=_options, is_stored=False),
    ),
    PORTS,
    errors.PortNotFound,
    wishes.NewPort,
    ports.create,
    wishes.PortChange,
    ports.update,
    ports.delete,
    create_all=ports.create_all,
    target=_target,
    filters={"fixed_ips": _fixed_ips, "security_groups": list},
    shape=answers.Port,
    refusals={
        "create": (*NOT_AS_ASKED, errors.OverQuota),
        "update": (*NOT_AS_ASKED, errors.PortInUse, errors.PortBound),
        "delete": (errors.ServicePortInUse,),
    },
)
serve(routes, PORT)
