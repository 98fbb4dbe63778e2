"""A network on this host: its bridge and what lives beside it. Functions run inside the namespace.

The bridge has the same hardware address on every host, and so have the addresses for DHCP and metadata: each
host answers its own ports, and the filters keep these answers out of the tunnels.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import ipaddress
import os
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from haneul.services.network.drivers.interface import NetworkSpec, SubnetSpec
from haneul.services.network.drivers.linux import devices, filters, namespaces, nftables
from haneul.services.network.drivers.linux.devices import BRIDGE
from haneul.services.network.drivers.linux.dhcp import METADATA_ADDRESS, served

TUNNEL, UPLINK = "tunnel", "uplink"
OUR_ROUTES = 99
"""The routing protocol number under which our routes can be told from the kernel's."""


def bridge_mac(network_id: str) -> str:
    digest = hashlib.sha256(network_id.encode()).digest()
    return "fa:16:3f:" + ":".join(f"{octet:02x}" for octet in digest[:3])


def prefix_of(spec: NetworkSpec, subnet_id: str) -> int | None:
    """The length of the subnet's prefix; None when the network has no such subnet."""
    for subnet in spec.subnets:
        if subnet.id == subnet_id:
            return ipaddress.ip_network(subnet.cidr).prefixlen
    return None


def addresses_here(spec: NetworkSpec) -> set[str]:
    """What the namespace itself has on the bridge, with prefixes."""
    here = {_with_prefix(s, s.dhcp_address) for s in served(spec) if s.dhcp_address}
    if spec.kind == "external":
        here |= {_with_prefix(s, s.gateway_ip) for s in spec.subnets if s.gateway_ip}
    if spec.has_metadata:
        here.add(f"{METADATA_ADDRESS}/32")
    return here


def _with_prefix(subnet: SubnetSpec, ip: str) -> str:
    """An address outside of the subnet stands alone: no other address of its kind is on this link."""
    cidr, address = ipaddress.ip_network(subnet.cidr), ipaddress.ip_address(ip)
    is_near = address in cidr or address.is_link_local
    return f"{ip}/{cidr.prefixlen if is_near else cidr.max_prefixlen}"


def ensure(spec: NetworkSpec) -> None:
    """The bridge stands with its addresses, and the filters' base is there."""
    has_ipv6 = any(s.ip_version == 6 for s in spec.subnets)
    # Ports of the bridge must not speak for themselves; the bridge does so only where it has an address.
    devices.switch("ipv6/conf/default/disable_ipv6", 1)
    devices.switch("bridge/bridge-nf-call-iptables", 1)
    devices.switch("bridge/bridge-nf-call-ip6tables", 1)
    devices.switch("ipv4/ip_forward", 0)
    mac, here = bridge_mac(spec.id), addresses_here(spec)
    ips = {a.split("/")[0] for a in here if ":" not in a}
    with devices.netlink() as route:
        _ensure_loopback(route)
        if devices.device(route, BRIDGE) is None:
            route.link("add", ifname=BRIDGE, kind="bridge", address=mac, br_forward_delay=0, br_stp_state=0)
        bridge = devices.devices(route)[BRIDGE]
        nftables.apply(filters.for_network(mac, TUNNEL, ips))
        devices.switch(f"ipv6/conf/{BRIDGE}/disable_ipv6", 0 if has_ipv6 else 1)
        if has_ipv6:
            devices.switch(f"ipv6/conf/{BRIDGE}/accept_dad", 0)  # other hosts have the same addresses
            devices.switch(f"ipv6/conf/{BRIDGE}/accept_ra", 0)  # what routers advertise is for guests
        devices.settle(route, bridge, mac=mac, mtu=spec.mtu, alias=spec.id, is_up=True)
        devices.set_addresses(route, bridge.index, here)
        _ensure_routes(route, spec, here, bridge.index)
        _fit_ports(route, bridge.index, spec.mtu)


def _ensure_loopback(route: IPRoute) -> None:
    devices.settle(route, devices.devices(route)["lo"], is_up=True)


def _ensure_routes(route: IPRoute, spec: NetworkSpec, here: set[str], bridge: int) -> None:
    """Subnets where the namespace has no address are still on its link: metadata is answered there too."""
    reached = {str(ipaddress.ip_interface(a).network) for a in here}
    wanted = {
        (cidr, None, bridge)
        for cidr in (str(ipaddress.ip_network(s.cidr)) for s in spec.subnets if s.ip_version == 4)
        if cidr not in reached
    }
    present = devices.routes(route, OUR_ROUTES)
    for gone in present - wanted:
        devices.change_route(route, "del", gone, OUR_ROUTES)
    for new in wanted - present:
        devices.change_route(route, "add", new, OUR_ROUTES)


def _fit_ports(route: IPRoute, bridge: int, mtu: int) -> None:
    for one in devices.devices(route).values():
        if one.master == bridge:
            devices.settle(route, one, mtu=mtu)


def ensure_tunnel(spec: NetworkSpec, local: str, namespace: str, underlay: str | None, port: int) -> None:
    """A VXLAN device to all peers is in the network. Runs in a thread of its own: it enters both namespaces.

    The device is made where the tunnel's packets travel and born into the network's namespace.
    """
    if underlay is not None:
        namespaces.enter(underlay)
    with contextlib.suppress(_AlreadyThere), devices.netlink() as route:
        descriptor = os.open(namespaces.path_of(namespace), os.O_RDONLY)
        try:
            route.link(
                "add", ifname=TUNNEL, kind="vxlan", vxlan_id=spec.segment, vxlan_local=local,
                vxlan_port=port, vxlan_learning=True, net_ns_fd=descriptor,
            )  # fmt: skip
        except NetlinkError as error:
            if error.code != errno.EEXIST:
                raise
            raise _AlreadyThere from error
        finally:
            os.close(descriptor)
    namespaces.enter(namespace)
    with devices.netlink() as route:
        links = devices.devices(route)
        devices.settle(
            route, links[TUNNEL], mtu=spec.mtu, alias=spec.id, master=links[BRIDGE].index, is_up=True
        )
        _ensure_peers(route, links[TUNNEL].index, set(spec.peers))


class _AlreadyThere(Exception):
    pass


def _ensure_peers(route: IPRoute, tunnel: int, wanted: set[str]) -> None:
    """What has no known place is sent to every peer, and to nobody else."""
    everywhere = "00:00:00:00:00:00"
    present = {
        entry.get("NDA_DST")
        for entry in route.fdb("dump", ifindex=tunnel)
        if entry["ifindex"] == tunnel and entry.get("NDA_LLADDR") == everywhere and entry.get("NDA_DST")
    }
    for peer in present - wanted:
        route.fdb("del", ifindex=tunnel, lladdr=everywhere, dst=peer)
    for peer in wanted - present:
        route.fdb("append", ifindex=tunnel, lladdr=everywhere, dst=peer)


def ensure_no_tunnel() -> None:
    with devices.netlink() as route:
        devices.remove(route, TUNNEL)


def ensure_uplink(host_device: str, host_namespace: Path) -> None:
    """A leg from the bridge into the host's own namespace."""
    with devices.netlink() as route:
        if devices.device(route, UPLINK) is None:
            devices.make_veth(route, UPLINK, host_device, host_namespace)
        links = devices.devices(route)
        devices.settle(route, links[UPLINK], master=links[BRIDGE].index, is_up=True)


def ensure_host_leg(host_device: str, spec: NetworkSpec) -> None:
    """The host has the last usable address of each IPv4 subnet. Runs in the host's own namespace."""
    wanted = set()
    for subnet in spec.subnets:
        network = ipaddress.ip_network(subnet.cidr)
        if network.version == 4 and network.num_addresses > 3:
            wanted.add(f"{network.broadcast_address - 1}/{network.prefixlen}")
    with devices.netlink() as route:
        leg = devices.devices(route)[host_device]
        devices.settle(route, leg, alias=spec.id, mtu=spec.mtu, is_up=True)
        devices.set_addresses(route, leg.index, wanted)


def ensure_no_links() -> None:
    """Tunnel and uplink are gone at once, not only when the kernel has cleared the namespace away."""
    with devices.netlink() as route:
        for name in (TUNNEL, UPLINK):
            devices.remove(route, name)
