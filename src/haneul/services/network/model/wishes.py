"""What is asked for: of a new thing, with what it is where nothing was said; and of a change, of what is there.

The tables of the API read bodies into these, so what has no default must be sent, and what is not here is shown only.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from haneul.services.network.model.ports import NORMAL

Unset = UnsetType


class NewNetwork(Struct, kw_only=True, frozen=True):
    project_id: str
    name: str = ""
    description: str = ""
    is_up: bool = True
    is_shared: bool = False
    is_external: bool = False
    is_default: bool = False
    is_port_security_enabled: bool = True
    mtu: int | None = None
    network_type: str | None = None
    physical_network: str | None = None
    segment: int | None = None
    dns_domain: str = ""
    availability_zone_hints: list[str] = []


class NetworkChange(Struct, kw_only=True, frozen=True):
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    is_up: bool | Unset = UNSET
    is_shared: bool | Unset = UNSET
    is_external: bool | Unset = UNSET
    is_default: bool | Unset = UNSET
    is_port_security_enabled: bool | Unset = UNSET
    mtu: int | Unset = UNSET
    network_type: str | Unset | None = UNSET
    physical_network: str | Unset | None = UNSET
    segment: int | Unset | None = UNSET
    dns_domain: str | Unset = UNSET


class NewSubnet(Struct, kw_only=True, frozen=True):
    project_id: str
    network_id: str
    ip_version: int
    name: str = ""
    description: str = ""
    cidr: str | None = None
    prefixlen: int | None = None
    gateway_ip: str | None = ""
    """None: without one; empty: the first address."""
    allocation_pools: list[dict[str, str]] = []
    dns_nameservers: list[str] = []
    host_routes: list[dict[str, str]] = []
    is_dhcp_enabled: bool = True
    ipv6_address_mode: str | None = None
    ipv6_ra_mode: str | None = None
    subnetpool_id: str | None = None
    service_types: list[str] = []


class SubnetChange(Struct, kw_only=True, frozen=True):
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    gateway_ip: str | Unset | None = UNSET
    allocation_pools: list[dict[str, str]] | Unset = UNSET
    dns_nameservers: list[str] | Unset = UNSET
    host_routes: list[dict[str, str]] | Unset = UNSET
    is_dhcp_enabled: bool | Unset = UNSET
    service_types: list[str] | Unset = UNSET


class NewSubnetPool(Struct, kw_only=True, frozen=True):
    project_id: str
    prefixes: list[str]
    name: str
    description: str = ""
    default_prefixlen: int | None = None
    min_prefixlen: int | None = None
    max_prefixlen: int | None = None
    default_quota: int | None = None
    address_scope_id: str | None = None
    is_shared: bool = False
    is_default: bool = False


class SubnetPoolChange(Struct, kw_only=True, frozen=True):
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    prefixes: list[str] | Unset = UNSET
    default_prefixlen: int | Unset | None = UNSET
    min_prefixlen: int | Unset | None = UNSET
    max_prefixlen: int | Unset | None = UNSET
    default_quota: int | Unset | None = UNSET
    address_scope_id: str | Unset | None = UNSET
    is_default: bool | Unset = UNSET


class NewAddressScope(Struct, kw_only=True, frozen=True):
    project_id: str
    ip_version: int
    name: str = ""
    is_shared: bool = False


class AddressScopeChange(Struct, kw_only=True, frozen=True):
    name: str | Unset = UNSET
    is_shared: bool | Unset = UNSET


class NewPort(Struct, kw_only=True, frozen=True):
    project_id: str
    network_id: str
    name: str = ""
    description: str = ""
    is_up: bool = True
    mac_address: str | Unset | None = UNSET
    """None: any."""
    fixed_ips: list[dict[str, Any]] | Unset = UNSET
    security_group_ids: list[str] | Unset = UNSET
    allowed_address_pairs: list[dict[str, str]] = []
    is_port_security_enabled: bool | Unset = UNSET
    """As its network's is, where nothing is said."""
    device_id: str = ""
    device_owner: str = ""
    host: str = ""
    profile: dict[str, Any] = {}
    vnic_type: str = NORMAL
    dns_name: str = ""
    extra_dhcp_opts: list[dict[str, Any]] = []


class PortChange(Struct, kw_only=True, frozen=True):
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    is_up: bool | Unset = UNSET
    mac_address: str | Unset | None = UNSET
    fixed_ips: list[dict[str, Any]] | Unset = UNSET
    security_group_ids: list[str] | Unset = UNSET
    allowed_address_pairs: list[dict[str, str]] | Unset = UNSET
    is_port_security_enabled: bool | Unset = UNSET
    device_id: str | Unset = UNSET
    device_owner: str | Unset = UNSET
    host: str | Unset = UNSET
    profile: dict[str, Any] | Unset = UNSET
    vnic_type: str | Unset = UNSET
    dns_name: str | Unset = UNSET
    extra_dhcp_opts: list[dict[str, Any]] | Unset = UNSET


class NewRouter(Struct, kw_only=True, frozen=True):
    project_id: str
    name: str = ""
    description: str = ""
    is_up: bool = True
    gateway: dict[str, Any] | None = None
    is_ha: bool | Unset = UNSET
    """Who says it, even what it is anyway, needs the right to; as with the next one."""
    is_distributed: bool | Unset = UNSET
    availability_zone_hints: list[str] = []
    flavor_id: str | None = None


class RouterChange(Struct, kw_only=True, frozen=True):
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    is_up: bool | Unset = UNSET
    gateway: dict[str, Any] | Unset | None = UNSET
    routes: list[dict[str, str]] | Unset = UNSET
    is_ha: bool | Unset = UNSET
    is_distributed: bool | Unset = UNSET


class NewFloatingIp(Struct, kw_only=True, frozen=True):
    project_id: str
    network_id: str
    description: str = ""
    ip: str | Unset | None = UNSET
    subnet_id: str | None = None
    """Of the external network: where its address is to be of."""
    port_id: str | None = None
    fixed_ip: str | None = None
    dns_name: str = ""
    dns_domain: str = ""


class FloatingIpChange(Struct, kw_only=True, frozen=True):
    description: str | Unset = UNSET
    port_id: str | Unset | None = UNSET
    fixed_ip: str | Unset | None = UNSET


class NewSecurityGroup(Struct, kw_only=True, frozen=True):
    project_id: str
    name: str = ""
    description: str = ""
    is_stateful: bool = True


class SecurityGroupChange(Struct, kw_only=True, frozen=True):
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    is_stateful: bool | Unset = UNSET


class NewRule(Struct, kw_only=True, frozen=True):
    """Of a security group."""

    project_id: str
    """Of who asks; the rule is its group's."""
    security_group_id: str
    direction: str
    description: str | None = ""
    ethertype: str = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
