"""What the network answers.

What the policy lets only some read may be missing; with `fields` a list, or one thing, has those fields alone.
"""

from __future__ import annotations

from typing import Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, Link, UnsetType
from haneul.kernel.http.answers import page_of


class Owned(Answer):
    id: str
    project_id: str
    tenant_id: str


class Described(Owned):
    description: str
    created_at: str
    updated_at: str
    revision_number: int


class Named(Described):
    name: str
    tags: list[str]


class Network(Named):
    admin_state_up: bool
    status: str
    subnets: list[str]
    shared: bool
    is_external: bool = field(name="router:external")
    is_default: bool | UnsetType = UNSET
    port_security_enabled: bool
    mtu: int
    network_type: str | UnsetType | None = field(name="provider:network_type", default=UNSET)
    physical_network: str | UnsetType | None = field(name="provider:physical_network", default=UNSET)
    segmentation_id: int | UnsetType | None = field(name="provider:segmentation_id", default=UNSET)
    dns_domain: str
    availability_zone_hints: list[str]
    availability_zones: list[str]
    ipv4_address_scope: str | None
    ipv6_address_scope: str | None


class AllocationPool(Answer):
    start: str
    end: str


class HostRoute(Answer):
    destination: str
    nexthop: str


class Subnet(Named):
    is_external: bool = field(name="router:external")
    network_id: str
    ip_version: int
    cidr: str
    gateway_ip: str | None
    allocation_pools: list[AllocationPool]
    dns_nameservers: list[str]
    host_routes: list[HostRoute]
    enable_dhcp: bool
    ipv6_address_mode: str | None
    ipv6_ra_mode: str | None
    subnetpool_id: str | None
    service_types: list[str]


class SubnetPool(Named):
    prefixes: list[str]
    ip_version: int
    default_prefixlen: str
    min_prefixlen: str
    max_prefixlen: str
    default_quota: int | None
    address_scope_id: str | None
    shared: bool
    is_default: bool


class AddressScope(Owned):
    name: str
    ip_version: int
    shared: bool


class FixedIp(Answer):
    subnet_id: str
    ip_address: str


class AddressPair(Answer):
    ip_address: str
    mac_address: str


class DhcpOption(Answer):
    opt_name: str
    opt_value: str | None
    ip_version: int | str


class DnsAssignment(Answer):
    hostname: str
    ip_address: str
    fqdn: str


class VifDetails(Answer):
    """Empty while the port is on no host."""

    port_filter: bool | UnsetType = UNSET
    connectivity: str | UnsetType = UNSET
    bound_drivers: dict[str, str] | UnsetType = UNSET


class Port(Named):
    network_id: str
    admin_state_up: bool
    status: str
    mac_address: str
    fixed_ips: list[FixedIp]
    security_groups: list[str]
    allowed_address_pairs: list[AddressPair]
    port_security_enabled: bool
    device_id: str
    device_owner: str
    host_id: str | UnsetType = field(name="binding:host_id", default=UNSET)
    profile: dict[str, Any] | UnsetType = field(name="binding:profile", default=UNSET)
    vnic_type: str = field(name="binding:vnic_type")
    vif_type: str | UnsetType = field(name="binding:vif_type", default=UNSET)
    vif_details: VifDetails | UnsetType = field(name="binding:vif_details", default=UNSET)
    dns_name: str
    dns_assignment: list[DnsAssignment]
    extra_dhcp_opts: list[DhcpOption]


class Gateway(Answer):
    network_id: str
    enable_snat: bool
    external_fixed_ips: list[FixedIp]


class Router(Named):
    admin_state_up: bool
    status: str
    external_gateway_info: Gateway | None
    routes: list[HostRoute]
    ha: bool | UnsetType = UNSET
    distributed: bool | UnsetType = UNSET
    availability_zone_hints: list[str]
    availability_zones: list[str]
    flavor_id: str | None


class OneRouter(Answer):
    router: Router


class PortDetails(Answer):
    """Of the port that a floating IP leads to."""

    name: str
    network_id: str
    mac_address: str
    admin_state_up: bool
    status: str
    device_id: str
    device_owner: str


class FloatingIp(Described):
    tags: list[str]
    floating_network_id: str
    floating_ip_address: str
    port_id: str | None
    fixed_ip_address: str | None
    router_id: str | None
    status: str
    dns_name: str
    dns_domain: str
    port_details: PortDetails | None


class SecurityGroupRule(Owned):
    description: str | None
    """None of the rules that a group begins with."""
    created_at: str
    updated_at: str
    revision_number: int
    security_group_id: str
    direction: str
    ethertype: str
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group_id: str | None
    remote_address_group_id: str | None
    belongs_to_default_sg: bool
    normalized_cidr: str | None


class SecurityGroup(Named):
    stateful: bool
    shared: bool
    security_group_rules: list[SecurityGroupRule]


NothingYet = dict[str, list[Any]]
"""The name of a kind of thing that is not there yet, with no things."""


class Zone(Answer):
    name: str
    resource: str
    state: str


Zones = page_of("availability_zones", Zone)


class Agent(Answer):
    id: str
    agent_type: str
    binary: str
    topic: str
    host: str
    availability_zone: str
    admin_state_up: bool
    alive: bool
    created_at: str
    started_at: str
    heartbeat_timestamp: str
    description: str
    resources_synced: bool | None
    configurations: dict[str, Any]


class OneAgent(Answer):
    agent: Agent


Agents = page_of("agents", Agent)


class ServiceProviders(Answer):
    """There are none beyond the built-in ones."""

    service_providers: list[Any]


class SubnetUse(Answer):
    subnet_id: str
    subnet_name: str
    cidr: str
    ip_version: int
    total_ips: int
    used_ips: int


class NetworkUse(Answer):
    network_id: str
    network_name: str
    project_id: str
    tenant_id: str
    total_ips: int
    used_ips: int
    subnet_ip_availability: list[SubnetUse]


class OneNetworkUse(Answer):
    network_ip_availability: NetworkUse


NetworkUses = page_of("network_ip_availabilities", NetworkUse)


class OneTopology(Answer):
    """The network that a project gets without asking; `dry-run=pass` for its id where it could."""

    auto_allocated_topology: Owned


class Quotas(Answer):
    network: int
    subnet: int
    subnetpool: int
    port: int
    router_route: int
    router: int
    floatingip: int
    rbac_policy: int
    security_group: int
    security_group_rule: int


class QuotasOfProject(Quotas):
    project_id: str
    tenant_id: str


class OneQuotas(Answer):
    quota: Quotas


class QuotasOfProjects(Answer):
    quotas: list[QuotasOfProject]


class QuotaUse(Answer):
    limit: int
    used: int
    reserved: int


class QuotasInDetail(Answer):
    """By the names of the quotas."""

    quota: dict[str, QuotaUse]


class Tenant(Answer):
    tenant_id: str


class OneTenant(Answer):
    tenant: Tenant


class Project(Answer):
    project_id: str


class OneProject(Answer):
    project: Project


class Collection(Answer):
    name: str
    collection: str
    links: list[Link]


class Collections(Answer):
    resources: list[Collection]
