"""/ports"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import Routes
from haneul.services.network import errors
from haneul.services.network.api import answers, checks, visibility
from haneul.services.network.api.collections import serve
from haneul.services.network.api.resource import NOT_GIVEN, Attribute, Extra, Resource, only, shown
from haneul.services.network.api.shapes import ADMIN_STATE_UP, ID, NAME, STANDARD
from haneul.services.network.api.subnets import network_target
from haneul.services.network.model.ports import (
    BINDING_FAILED,
    NORMAL,
    UNBOUND,
    Port,
    is_network_device,
    is_of_another_service,
)
from haneul.services.network.operations import ports
from haneul.services.network.store.ports import ALLOCATIONS, MEMBERSHIPS, PORTS

routes = Routes("/v2.0")

FIXED_IP = checks.mapping({}, {"subnet_id": checks.uuid, "ip_address": checks.ip})
PAIR = checks.mapping({"ip_address": lambda v: _address_or_cidr(v)}, {"mac_address": checks.mac})
DHCP_OPTION = checks.mapping(
    {
        "opt_name": lambda v: _option_name(v),
        "opt_value": checks.or_none(checks.not_blank(checks.line(255))),
    },
    {"ip_version": checks.one_of(4, 6, "4", "6")},
)
VNIC_TYPES = (
    NORMAL, "direct", "macvtap", "baremetal", "direct-physical", "virtio-forwarder", "smart-nic", "vdpa",
    "accelerator-direct", "accelerator-direct-physical", "remote-managed",
)  # fmt: skip
"""All but the normal one need hardware that no driver of ours binds: ports may ask for them, and stay unbound."""


def _host(value: Any) -> str:
    """No host, in either spelling, unbinds."""
    return "" if value is None else checks.NAME(value)


def _option_name(value: Any) -> str:
    name = str(checks.line(64)(value))
    if not name.strip():
        raise ValueError(f"'{value}' is not a valid opt_name: it is blank")
    return name


def _address_or_cidr(value: Any) -> str:
    checks.prefix(value)
    return value if "/" not in value else checks.subnet(value)


def _vif_details(port: Port) -> dict[str, Any]:
    is_bound = port.vif_type not in (UNBOUND, BINDING_FAILED)
    return {"port_filter": True, "connectivity": "l2", "bound_drivers": {"0": "haneul"}} if is_bound else {}


def _pairs(port: Port) -> list[dict[str, str]]:
    return [
        {"ip_address": p["ip_address"], "mac_address": p.get("mac_address", port.mac_address)}
        for p in port.allowed_address_pairs
    ]


def _options(port: Port) -> list[dict[str, Any]]:
    return [{"opt_value": None, "ip_version": 4, **each} for each in port.extra_dhcp_opts]


def _dns_assignment(port: Port) -> list[dict[str, str]]:
    found = []
    for fixed in port.fixed_ips:
        name = port.dns_name or "host-" + fixed.ip_address.replace(".", "-").replace(":", "-")
        found.append({"hostname": name, "ip_address": fixed.ip_address, "fqdn": f"{name}.openstacklocal."})
    return found


async def _target(ctx: Context, fields: dict[str, Any]) -> dict[str, Any]:
    found = await network_target(ctx, fields)
    owner = fields.get("device_owner") or ""
    return {
        **found,
        "network_device": is_network_device(owner),
        "service_device": is_of_another_service(owner),
    }


def _fixed_ips(values: list[str]) -> Extra:
    """`fixed_ips=ip_address=10.0.0.3`, `subnet_id=...`, `ip_address_substr=...`; either of many."""
    a = ALLOCATIONS.c
    columns = {"ip_address": a.ip, "subnet_id": a.subnet_id, "ip_address_substr": a.ip}
    conditions: list[sa.ColumnElement[bool]] = []
    params: dict[str, Any] = {}
    shape = []
    for i, value in enumerate(values):
        name, equals, wanted = value.partition("=")
        if not equals or name not in columns:
            raise BadRequest(f"'{value}' is invalid for filtering by fixed_ips")
        param = sa.bindparam(f"fixed{i}", type_=sa.Text)
        shape.append(name)
        if name == "ip_address_substr":
            conditions.append(columns[name].like(param))
            params[f"fixed{i}"] = "%" + wanted.lower().replace("%", "").replace("_", "") + "%"
        else:
            conditions.append(columns[name] == param)
            params[f"fixed{i}"] = _normal_address(wanted) if name == "ip_address" else wanted
    by_name: dict[str, list[sa.ColumnElement[bool]]] = {}
    for name, condition in zip(shape, conditions, strict=True):
        by_name.setdefault(name.split("_")[0], []).append(condition)
    every = sa.and_(*(sa.or_(*same) for same in by_name.values()))
    return "fixed_ips/" + ",".join(shape), PORTS.c.id.in_(sa.select(a.port_id).where(every)), params


def _normal_address(text: str) -> str:
    try:
        return checks.ip(text)
    except ValueError:
        return text  # nobody has it


def _security_groups(values: list[str]) -> Extra:
    params = {f"group{i}": value for i, value in enumerate(values)}
    m = MEMBERSHIPS.c
    either = sa.or_(*(m.security_group_id == sa.bindparam(p, type_=sa.Text) for p in params))
    return f"security_groups/{len(values)}", PORTS.c.id.in_(sa.select(m.port_id).where(either)), params


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
    "port",
    (
        ID,
        NAME,
        *STANDARD,
        Attribute("network_id", checks.uuid, put=False),
        ADMIN_STATE_UP,
        shown("status"),
        Attribute("mac_address", checks.or_none(checks.mac), default=NOT_GIVEN, spellings=only(checks.mac)),
        Attribute("fixed_ips", checks.not_none(checks.list_of(FIXED_IP)), default=NOT_GIVEN, is_stored=False),
        Attribute(
            "security_groups",
            checks.list_of(checks.uuid),
            field="security_group_ids",
            default=NOT_GIVEN,
            is_stored=False,
        ),
        Attribute("allowed_address_pairs", checks.list_of(PAIR), default=list, show=_pairs, is_stored=False),
        Attribute(
            "port_security_enabled",
            checks.truth,
            field="is_port_security_enabled",
            default=NOT_GIVEN,
            is_filter=False,
        ),
        Attribute("device_id", checks.NAME, default=""),
        Attribute("device_owner", checks.NAME, default=""),
        Attribute("binding:host_id", _host, field="host", default=""),
        Attribute("binding:profile", checks.free_mapping, field="profile", default=dict, is_stored=False),
        Attribute(
            "binding:vnic_type",
            checks.one_of(*VNIC_TYPES),
            field="vnic_type",
            default=NORMAL,
            is_filter=False,
        ),
        shown("binding:vif_type", show=lambda p: p.vif_type),
        shown("binding:vif_details", show=_vif_details),
        Attribute("dns_name", checks.hostname, default="", spellings=only(str.lower)),
        shown("dns_assignment", show=_dns_assignment),
        Attribute(
            "extra_dhcp_opts", checks.list_of(DHCP_OPTION), default=list, show=_options, is_stored=False
        ),
    ),
    PORTS,
    errors.PortNotFound,
    ports.create,
    ports.update,
    ports.delete,
    visible=visibility.own(PORTS, "port", on_own_networks=True),
    target=_target,
    filters={"fixed_ips": _fixed_ips, "security_groups": _security_groups},
    shape=answers.Port,
    refusals={
        "create": (*NOT_AS_ASKED, errors.OverQuota),
        "update": (*NOT_AS_ASKED, errors.PortInUse, errors.PortBound),
        "delete": (errors.ServicePortInUse,),
    },
)
serve(routes, PORT)
