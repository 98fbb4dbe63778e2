"""From rows to what a host is told: networks, ports and routers as they should be there. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from haneul.services.network.drivers.interface import (
    AddressPair,
    AddressSpec,
    DhcpOption,
    FloatingIpSpec,
    HostRoute,
    Ipv6Mode,
    NetworkSpec,
    PortSpec,
    RouterGateway,
    RouterInterface,
    RouterSpec,
    RuleSpec,
    SubnetSpec,
)
from haneul.services.network.model.networks import Network, Subnet
from haneul.services.network.model.normal_forms import prefix, protocol_number
from haneul.services.network.model.ports import FixedIp, Port
from haneul.services.network.model.routers import FloatingIp, Router
from haneul.services.network.model.security_groups import Rule


class GroupMembers(Struct, frozen=True):
    """The addresses that ports in a group have or may use, by group."""

    addresses: Mapping[str, Sequence[str]]

    def of(self, group_id: str, version: int) -> list[str]:
        """The group's addresses and networks of that IP version, each once."""
        members = self.addresses.get(group_id, ())
        return sorted({a for a in members if (":" in a) == (version == 6)})


def network_spec(
    network: Network,
    subnets: Iterable[Subnet],
    service_port: Port | None,
    peers: Iterable[str],
    generation: int,
) -> NetworkSpec:
    dhcp = {f.subnet_id: f.ip_address for f in service_port.fixed_ips} if service_port else {}
    return NetworkSpec(
        id=network.id,
        mtu=network.mtu,
        kind="external" if network.is_external else "tenant",
        segment=network.segment,
        subnets=[_subnet_spec(s, dhcp.get(s.id), is_up=network.is_up) for s in subnets],
        peers=sorted(peers),
        has_metadata=not network.is_external,
        generation=generation,
    )


def _subnet_spec(subnet: Subnet, dhcp_address: str | None, *, is_up: bool) -> SubnetSpec:
    """A network that is down gives nobody an address any more."""
    return SubnetSpec(
        id=subnet.id,
        cidr=subnet.cidr,
        ip_version=4 if subnet.ip_version == 4 else 6,
        gateway_ip=subnet.gateway_ip,
        dns_nameservers=list(subnet.dns_nameservers),
        host_routes=[HostRoute(r.destination, r.nexthop) for r in subnet.host_routes],
        is_dhcp_enabled=subnet.is_dhcp_enabled and is_up,
        ipv6_address_mode=cast(Ipv6Mode | None, subnet.ipv6_address_mode),
        ipv6_ra_mode=cast(Ipv6Mode | None, subnet.ipv6_ra_mode),
        dhcp_address=dhcp_address,
    )


def addresses(fixed_ips: Iterable[FixedIp]) -> list[AddressSpec]:
    return [AddressSpec(f.ip_address, f.subnet_id) for f in fixed_ips]


def pair_address(pair: Mapping[str, str]) -> str:
    """The addresses of an allowed pair: of a range the first one, whichever of its addresses its owner wrote."""
    written = pair["ip_address"]
    return prefix(written) if "/" in written else written


def port_spec(
    port: Port, rules: Mapping[RuleKey, RuleSpec], generation: int, *, is_stateful: bool = True
) -> PortSpec:
    """The port with the rules of all its groups, each once, in an order that does not change."""
    return PortSpec(
        id=port.id,
        network_id=port.network_id,
        mac=port.mac_address,
        addresses=addresses(port.fixed_ips),
        allowed_address_pairs=[
            AddressPair(pair_address(p), p.get("mac_address")) for p in port.allowed_address_pairs
        ],
        is_secured=port.is_port_security_enabled,
        is_up=port.is_up,
        rules=[rules[key] for key in sorted(rules)] if port.is_port_security_enabled else [],
        is_stateful=is_stateful,
        device_id=port.held_by,
        hostname=port.dns_name or None,
        dhcp_options=[_option(o) for o in port.extra_dhcp_opts],
        generation=generation,
    )


def _option(option: Mapping[str, Any]) -> DhcpOption:
    version = 6 if str(option.get("ip_version", 4)) == "6" else 4
    return DhcpOption(option["opt_name"], option.get("opt_value") or "", version)


RuleKey = tuple[str, ...]


def rule_key(rule: Rule) -> RuleKey:
    """Two rules with one key say the same, whichever groups they are of."""
    protocol, remote = protocol_number(rule.protocol), (rule.remote_ip_prefix, rule.remote_group_id)
    content = (rule.direction, rule.ethertype, protocol, rule.port_range_min, rule.port_range_max, *remote)
    return tuple("" if value is None else str(value) for value in content)


def rule_spec(rule: Rule, members: GroupMembers) -> RuleSpec:
    """The rule as a host applies it: protocols by their common names, members of a remote group resolved."""
    version = 4 if rule.ethertype == "IPv4" else 6
    number = protocol_number(rule.protocol)
    remote = rule.remote_group_id
    if number == 1 and version == 6:
        number = 58  # "icmp" in a rule for IPv6 means ICMPv6
    return RuleSpec(
        direction="ingress" if rule.direction == "ingress" else "egress",
        ethertype="IPv4" if version == 4 else "IPv6",
        protocol=_protocol_name(number),
        port_min=rule.port_range_min,
        port_max=rule.port_range_max,
        remote_cidr=rule.remote_ip_prefix,
        remote_addresses=None if remote is None else members.of(remote, version),
    )


def _protocol_name(number: int | None) -> str | None:
    """The common protocols by name, all others by number."""
    if number is None:
        return None
    return {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}.get(number, str(number))


def router_spec(
    router: Router,
    ports: Iterable[Port],
    gateway_ips: Sequence[str],
    floating_ips: Iterable[FloatingIp],
    generation: int,
) -> RouterSpec:
    """The router with its interfaces, and what leads to and from the outside."""
    own = {p.id: p for p in ports}
    outer = own.pop(router.gateway.port_id, None) if router.gateway else None
    gateway = None
    if router.gateway is not None and outer is not None:
        gateway = RouterGateway(
            port_id=outer.id,
            network_id=outer.network_id,
            mac=outer.mac_address,
            addresses=addresses(outer.fixed_ips),
            is_snat_enabled=router.gateway.enable_snat,
            gateway_ips=_one_for_each_version(gateway_ips),
        )
    return RouterSpec(
        id=router.id,
        interfaces=[
            RouterInterface(
                port_id=p.id, network_id=p.network_id, mac=p.mac_address, addresses=addresses(p.fixed_ips)
            )
            for p in sorted(own.values(), key=lambda p: p.id)
        ],
        gateway=gateway,
        floating_ips=sorted(
            (FloatingIpSpec(f.ip, f.fixed_ip) for f in floating_ips if f.fixed_ip), key=lambda f: f.floating
        ),
        routes=[HostRoute(r.destination, r.nexthop) for r in router.routes],
        is_up=router.is_up,
        generation=generation,
    )


def _one_for_each_version(ips: Iterable[str]) -> list[str]:
    return list({ipaddress.ip_address(ip).version: ip for ip in reversed(list(ips))}.values())
