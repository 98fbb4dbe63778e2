"""What a host must be able to do with networks, ports and routers.

The structs say how things should be on one host; they travel to the host as msgpack. A spec is complete:
what it does not name is taken away. Specs carry the `generation` of the row they were made from; a host that
has already seen a later one answers `Superseded`, so calls that overtake each other do no harm.
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol, TypedDict

from msgspec import Meta, Struct

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z")]
Mac = Annotated[str, Meta(pattern=r"^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\Z")]
Ip = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f:.]+\Z")]
IpOrCidr = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f:.]+(/[0-9]+)?\Z")]
"""They end up in file names, rulesets and configurations, so a host takes nothing else off the wire."""


OptionText = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Ipv6Mode = Literal["slaac", "dhcpv6-stateless", "dhcpv6-stateful"]


class HostRoute(Struct, frozen=True):
    destination: IpOrCidr
    nexthop: Ip


class SubnetSpec(Struct, frozen=True, kw_only=True):
    id: Id
    cidr: IpOrCidr
    ip_version: Literal[4, 6] = 4
    gateway_ip: Ip | None = None
    dns_nameservers: list[Ip] = []
    host_routes: list[HostRoute] = []
    is_dhcp_enabled: bool = True
    ipv6_address_mode: Ipv6Mode | None = None
    """How guests come by their addresses; None: as DHCP tells them, without being told to ask."""
    ipv6_ra_mode: Ipv6Mode | None = None
    """What the network and its routers advertise; None: nothing."""
    dhcp_address: Ip | None = None
    """Where DHCP, names and metadata are answered; every host of the network has it, for its own ports."""


class DhcpOption(Struct, frozen=True):
    """What DHCP tells one port beyond what it tells all: a name or number that dnsmasq knows."""

    name: OptionText
    value: OptionText
    ip_version: Literal[4, 6] = 4


class DhcpReservation(Struct, frozen=True, kw_only=True):
    mac: Mac
    ip: Ip
    hostname: str | None = None
    port_id: Id | None = None
    options: list[DhcpOption] = []


class NetworkSpec(Struct, frozen=True, kw_only=True):
    id: Id
    mtu: int = 1450
    kind: Literal["tenant", "external"] = "tenant"
    segment: int | None = None
    """The VXLAN network identifier; needed as soon as there are peers."""
    subnets: list[SubnetSpec] = []
    peers: list[Ip] = []
    """The tunnel addresses of the other hosts that have this network."""
    reservations: list[DhcpReservation] = []
    """Beyond those of the host's own ports, which are always there."""
    has_metadata: bool = True
    generation: int = 0


class AddressSpec(Struct, frozen=True):
    ip: Ip
    subnet_id: Id


class AddressPair(Struct, frozen=True):
    """Another source the port may use; no mac means the port's own. `ip` may be a cidr."""

    ip: IpOrCidr
    mac: Mac | None = None


class RuleSpec(Struct, frozen=True, kw_only=True):
    """Lets matching traffic through. What no rule lets through is dropped; replies always pass, unless the
    port is stateless.

    `remote_addresses` are the members of a remote group, already resolved: None means anybody, an empty
    list nobody. For ICMP the port range holds type and code, as in the networking API.
    """

    direction: Literal["ingress", "egress"]
    ethertype: Literal["IPv4", "IPv6"] = "IPv4"
    protocol: str | None = None
    port_min: int | None = None
    port_max: int | None = None
    remote_cidr: IpOrCidr | None = None
    remote_addresses: list[IpOrCidr] | None = None


class QosSpec(Struct, frozen=True, kw_only=True):
    """Bandwidth limits as the port's owner sees them: egress is what it sends."""

    egress_kbps: int | None = None
    egress_burst_kbits: int | None = None
    ingress_kbps: int | None = None
    ingress_burst_kbits: int | None = None


class PortSpec(Struct, frozen=True, kw_only=True):
    id: Id
    network_id: Id
    mac: Mac
    addresses: list[AddressSpec] = []
    allowed_address_pairs: list[AddressPair] = []
    is_secured: bool = True
    """Port security: off means no filter and no check of source addresses."""
    is_up: bool = True
    rules: list[RuleSpec] = []
    is_stateful: bool = True
    """Off: replies pass only where a rule lets them, as everything else."""
    qos: QosSpec | None = None
    device_id: str = ""
    hostname: str | None = None
    dhcp_options: list[DhcpOption] = []
    attach: Literal["tap", "veth"] = "tap"
    """A tap is opened by a hypervisor, the end of a veth is moved into a container's namespace."""
    generation: int = 0


class PortConnection(TypedDict):
    """Where the port's owner plugs in: a device in the namespace whose file is /run/netns/<namespace>.

    The fake driver's kind is "none": a device without a cable.
    """

    kind: Literal["tap", "veth", "none"]
    namespace: str
    device: str


class RouterInterface(Struct, frozen=True, kw_only=True):
    port_id: Id
    network_id: Id
    mac: Mac
    addresses: list[AddressSpec] = []


class RouterGateway(Struct, frozen=True, kw_only=True):
    port_id: Id
    network_id: Id
    mac: Mac
    addresses: list[AddressSpec] = []
    is_snat_enabled: bool = True
    gateway_ips: list[Ip] = []
    """The next hop of the default route, at most one for each IP version."""


class FloatingIpSpec(Struct, frozen=True):
    floating: Ip
    fixed: Ip


class RouterSpec(Struct, frozen=True, kw_only=True):
    """The networks named must already be on the host."""

    id: Id
    interfaces: list[RouterInterface] = []
    gateway: RouterGateway | None = None
    floating_ips: list[FloatingIpSpec] = []
    routes: list[HostRoute] = []
    is_up: bool = True
    generation: int = 0


class NetworkInventory(Struct, kw_only=True):
    """What is on the host, whoever asked for it."""

    networks: set[str] = set()
    ports: set[str] = set()
    routers: set[str] = set()


class HostNetwork(Protocol):
    """Calls name the state wanted: they repeat safely, and a changed spec changes only what differs."""

    async def ensure_network(self, spec: NetworkSpec) -> None: ...

    async def ensure_network_gone(self, network_id: str) -> None:
        """Nothing of the network is left on this host, its ports included."""
        ...

    async def ensure_port(self, spec: PortSpec) -> PortConnection:
        """The port is wired to its network, which must be here, and only its rules let traffic through."""
        ...

    async def ensure_port_gone(self, port_id: str) -> None: ...

    async def ensure_router(self, spec: RouterSpec) -> None: ...

    async def ensure_router_gone(self, router_id: str) -> None: ...

    async def inventory(self) -> NetworkInventory: ...

    async def namespace_of(self, network_id: str) -> str:
        """The name of the network namespace from which the network's addresses can be reached."""
        ...
