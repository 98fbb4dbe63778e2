"""Security groups and their rules: what may pass a port."""

from __future__ import annotations

import ipaddress
from typing import Any

from msgspec import Struct

from haneul.services.network import errors

PROTOCOLS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "igmp": 2, "ip": 0,
    "ipip": 4, "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "icmpv6": 58, "ipv6-nonxt": 59,
    "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17,
    "udplite": 136, "vrrp": 112,
}  # fmt: skip
WITH_PORTS = {6, 17, 33, 132, 136}
ICMP, ICMP_V6 = 1, 58


class SecurityGroup(Struct, frozen=True, gc=False):
    id: str
    project_id: str
    name: str
    description: str
    is_stateful: bool
    is_shared: bool
    is_default: bool
    tags: list[str]
    created_at: str
    updated_at: str
    generation: int = 0


class Rule(Struct, frozen=True, gc=False):
    id: str
    project_id: str
    security_group_id: str
    direction: str
    ethertype: str
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group_id: str | None
    remote_address_group_id: str | None
    description: str
    belongs_to_default_sg: bool
    created_at: str
    updated_at: str
    generation: int = 0


class DefaultGroup(Struct, frozen=True, gc=False):
    """Which group is a project's default one: at most one, so two that make it at once cannot both win."""

    project_id: str
    security_group_id: str


def protocol_number(protocol: str | None) -> int | None:
    """The number that IP has for the protocol; None for any."""
    if protocol is None or protocol == "any":
        return None
    return PROTOCOLS[protocol] if protocol in PROTOCOLS else int(protocol)


def check(values: dict[str, Any]) -> None:
    """Raise if these make no rule: protocol, ports, ICMP types, prefixes must go together."""
    protocol = values["protocol"]
    low, high = values["port_range_min"], values["port_range_max"]
    if protocol is not None and protocol not in PROTOCOLS and not _is_number(protocol):
        known = [None, *PROTOCOLS]
        raise errors.SecurityGroupRuleInvalidProtocol(protocol=protocol, values=known)
    number = protocol_number(protocol)
    if number in (ICMP, ICMP_V6):
        _check_icmp(low, high)
    elif low is not None or high is not None:
        if number is None:
            raise errors.SecurityGroupProtocolRequiredWithPorts
        if number not in WITH_PORTS:
            raise errors.SecurityGroupInvalidProtocolForPort(protocol=protocol)
        if low is None or high is None or low > high:
            raise errors.SecurityGroupInvalidPortRange
        if number in (6, 17) and low == 0:
            raise errors.SecurityGroupInvalidPortValue(port=0)
    if values["remote_ip_prefix"] is not None:
        if values["remote_group_id"] is not None:
            raise errors.SecurityGroupRemoteGroupAndRemoteIpPrefix
        version = ipaddress.ip_network(values["remote_ip_prefix"], strict=False).version
        if f"IPv{version}" != values["ethertype"]:
            raise errors.SecurityGroupRuleParameterConflict(
                ethertype=values["ethertype"], cidr=values["remote_ip_prefix"]
            )


def _check_icmp(kind: int | None, code: int | None) -> None:
    if kind is None and code is not None:
        raise errors.SecurityGroupMissingIcmpType(value=code)
    for value, field, attr in ((kind, "port_range_min", "type"), (code, "port_range_max", "code")):
        if value is not None and not 0 <= value <= 255:
            raise errors.SecurityGroupInvalidIcmpValue(field=field, attr=attr, value=value)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= 255


def meaning(rule: Rule | dict[str, Any]) -> tuple[Any, ...]:
    """What two rules of one group may not share."""
    get = rule.get if isinstance(rule, dict) else lambda name: getattr(rule, name)
    return (
        get("direction"),
        get("ethertype"),
        protocol_number(get("protocol")),
        get("port_range_min"),
        get("port_range_max"),
        get("remote_ip_prefix"),
        get("remote_group_id"),
    )


def default_rules(group_id: str) -> list[dict[str, Any]]:
    """What a project's default group lets through: everything out, and in from its own members."""
    return [
        {"direction": "ingress", "ethertype": version, "remote_group_id": group_id}
        for version in ("IPv4", "IPv6")
    ] + egress_rules()


def egress_rules() -> list[dict[str, Any]]:
    """What every new group lets through: everything out."""
    return [{"direction": "egress", "ethertype": version} for version in ("IPv4", "IPv6")]
