"""Networks and subnets."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Struct

from haneul.kernel.db.columns import derived_field

EXTERNAL_MTU = 1500
TENANT_MTU = 1450
LEAST_MTU = {4: 68, 6: 1280}
"""The shortest packets that each version of IP can live with."""
FIRST_SEGMENT, LAST_SEGMENT = 1, 16_777_215


class Network(Struct, frozen=True, gc=False, kw_only=False):
    id: str
    project_id: str
    name: str
    description: str
    is_up: bool
    is_shared: bool
    is_external: bool
    is_default: bool
    is_port_security_enabled: bool
    mtu: int
    network_type: str
    physical_network: str | None
    segment: int | None
    dns_domain: str
    availability_zone_hints: list[str]
    tags: list[str]
    created_at: str
    updated_at: str
    generation: int = 0
    subnet_ids: Annotated[list[str], msgspec.Meta(extra=derived_field())] = []


class Pool(Struct, frozen=True):
    start: str
    end: str


class Route(Struct, frozen=True):
    destination: str
    nexthop: str


class Subnet(Struct, frozen=True, gc=False):
    id: str
    project_id: str
    network_id: str
    name: str
    description: str
    ip_version: int
    cidr: str
    gateway_ip: str | None
    allocation_pools: list[Pool]
    dns_nameservers: list[str]
    host_routes: list[Route]
    is_dhcp_enabled: bool
    ipv6_address_mode: str | None
    ipv6_ra_mode: str | None
    subnetpool_id: str | None
    segment_id: str | None
    """Nobody sets it, nor the publishing of addresses: their extensions are not there."""
    service_types: list[str]
    dns_publish_fixed_ip: bool
    is_shared: bool
    """As its network is."""
    tags: list[str]
    created_at: str
    updated_at: str
    is_external: bool = False
    """As its network is."""
    generation: int = 0


class SubnetPool(Struct, frozen=True, gc=False):
    id: str
    project_id: str
    name: str
    description: str
    prefixes: list[str]
    ip_version: int
    default_prefixlen: int
    min_prefixlen: int
    max_prefixlen: int
    default_quota: int | None
    address_scope_id: str | None
    is_shared: bool
    is_default: bool
    tags: list[str]
    created_at: str
    updated_at: str
    generation: int = 0


class AddressScope(Struct, frozen=True, gc=False):
    id: str
    project_id: str
    name: str
    ip_version: int
    is_shared: bool
    generation: int = 0
