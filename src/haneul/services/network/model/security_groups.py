"""Security groups and their rules: what may pass a port."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from haneul.services.network import errors
from haneul.services.network.model import normal_forms
from haneul.services.network.model.normal_forms import (
    ALL_PORTS,
    ICMP,
    ICMP_V6,
    ONLY_IPV6,
    PROTOCOLS,
    WITH_PORTS,
    protocol_number,
)
from haneul.services.network.model.wishes import NewRule


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
    """As it was given; `normalized_cidr` is what it means."""
    remote_group_id: str | None
    remote_address_group_id: str | None
    description: str | None
    """None of the rules that a group begins with."""
    belongs_to_default_sg: bool
    normalized_cidr: str | None
    meaning: str
    created_at: str
    updated_at: str
    generation: int = 0


class DefaultGroup(Struct, frozen=True, gc=False):
    """Which group is a project's default one: at most one, so two that make it at once cannot both win."""

    project_id: str
    security_group_id: str


def check(new: NewRule) -> None:
    """Raise if these make no rule: protocol, ports, ICMP types, prefixes must go together."""
    protocol = new.protocol
    low, high = new.port_range_min, new.port_range_max
    number = known_protocol(protocol)
    if new.ethertype == "IPv4" and str(protocol).lower() in ONLY_IPV6:
        raise errors.SecurityGroupEthertypeConflictWithProtocol(ethertype="IPv4", protocol=protocol)
    if number in (ICMP, ICMP_V6):
        _check_icmp(low, high)
    # The whole range is let through with every protocol, even one that has no ports.
    elif (low, high) not in ((None, None), ALL_PORTS):
        if number is None:
            raise errors.SecurityGroupProtocolRequiredWithPorts
        if number not in WITH_PORTS:
            raise errors.SecurityGroupInvalidProtocolForPort(protocol=protocol)
        if low is None or high is None or low > high:
            raise errors.SecurityGroupInvalidPortRange
        if low == 0:
            raise errors.SecurityGroupInvalidPortValue(port=0)
    if new.remote_ip_prefix is not None:
        if new.remote_group_id is not None:
            raise errors.SecurityGroupMultipleRemoteEntites
        version = ipaddress.ip_network(new.remote_ip_prefix, strict=False).version
        if f"IPv{version}" != new.ethertype:
            raise errors.SecurityGroupRuleParameterConflict(
                ethertype=new.ethertype, cidr=new.remote_ip_prefix
            )


def named(new: NewRule) -> NewRule:
    """With the name that ICMP has in IPv6, whichever of its names was said."""
    is_icmp = new.ethertype == "IPv6" and str(new.protocol).lower() in ("icmp", "icmpv6")
    return replace(new, protocol="ipv6-icmp") if is_icmp else new


def known_protocol(protocol: str | None) -> int | None:
    """Its number; an error that lists those that have names."""
    try:
        return protocol_number(protocol)
    except ValueError:
        known = [None, *PROTOCOLS]
        raise errors.SecurityGroupRuleInvalidProtocol(protocol=protocol, values=known) from None


def _check_icmp(kind: int | None, code: int | None) -> None:
    if kind is None and code is not None:
        raise errors.SecurityGroupMissingIcmpType(value=code)
    for value, field, attr in ((kind, "port_range_min", "type"), (code, "port_range_max", "code")):
        if value is not None and not 0 <= value <= 255:
            raise errors.SecurityGroupInvalidIcmpValue(field=attr, attr=field, value=value)


def normalized_cidr(remote_ip_prefix: str | None) -> str | None:
    return normal_forms.prefix(remote_ip_prefix) if remote_ip_prefix else None


def meaning(new: NewRule) -> str:
    """What two rules of one group may not share: the same rule has the same text in every spelling."""
    number = protocol_number(new.protocol)
    if number == ICMP and new.ethertype == "IPv6":
        number = ICMP_V6
    low, high = normal_forms.port_range(number, new.port_range_min, new.port_range_max)
    cidr = normalized_cidr(new.remote_ip_prefix)
    parts = [
        new.direction,
        new.ethertype,
        number,
        low,
        high,
        None if cidr in normal_forms.ANYWHERE else cidr,
        new.remote_group_id,
        None,  # a group of addresses: there are none yet
    ]
    return " ".join("+" if part is None else str(part) for part in parts)


def check_together(rules: Sequence[NewRule]) -> None:
    """Raise unless rules that come in one request are of one group and differ in more than their words."""
    if len({new.security_group_id for new in rules}) > 1:
        raise errors.SecurityGroupNotSingleGroupRules
    for new in rules:
        check(new)
    if len({meaning(new) for new in rules}) < len(rules):
        raise errors.DuplicateSecurityGroupRuleInPost


def default_rules(group: SecurityGroup) -> list[NewRule]:
    """What a project's default group lets through: everything out, and in from its own members."""
    return [*_of_both_versions(group, "ingress", group.id), *egress_rules(group)]


def egress_rules(group: SecurityGroup) -> list[NewRule]:
    """What every new group lets through: everything out."""
    return _of_both_versions(group, "egress")


def _of_both_versions(group: SecurityGroup, direction: str, remote: str | None = None) -> list[NewRule]:
    return [
        NewRule(
            project_id=group.project_id,
            security_group_id=group.id,
            direction=direction,
            ethertype=version,
            remote_group_id=remote,
            description=None,
        )
        for version in ("IPv4", "IPv6")
    ]
