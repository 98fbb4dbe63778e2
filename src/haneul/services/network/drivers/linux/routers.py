"""A router: a namespace with a leg into each of its networks, address translation and routes.

Outbound traffic gets the floating address of its sender, or else the gateway's own. Traffic from inside to a
floating address takes the same way and gets a new source as well, so that the answer comes back through here.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from pyroute2 import IPRoute

from haneul.services.network.drivers.interface import RouterGateway, RouterSpec
from haneul.services.network.drivers.linux import devices, nftables
from haneul.services.network.drivers.linux.devices import BRIDGE
from haneul.services.network.drivers.linux.networks import OUR_ROUTES

INSIDE, OUTSIDE, NETWORK_END = "in-", "gw-", "rt-"


@dataclass(frozen=True)
class Leg:
    """One leg of a router, with what only the network knows filled in."""

    port_id: str
    network_namespace: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]
    """With prefixes; the floating addresses too."""
    is_gateway: bool = False

    @property
    def device(self) -> str:
        return f"{OUTSIDE if self.is_gateway else INSIDE}{self.port_id[:11]}"

    @property
    def network_end(self) -> str:
        return f"{NETWORK_END}{self.port_id[:11]}"


def prepare(legs: list[Leg], is_up: bool) -> set[str]:
    """Legs that are not wanted are gone; gives the devices that are here. Runs in the router's namespace."""
    devices.switch("ipv4/ip_forward", int(is_up))
    devices.switch("ipv6/conf/all/forwarding", int(is_up))
    devices.switch("ipv6/conf/default/accept_dad", 0)
    wanted = {leg.device for leg in legs}
    with devices.netlink() as route:
        links = devices.devices(route)
        devices.settle(route, links["lo"], is_up=True)
        here = {name for name in links if name.startswith((INSIDE, OUTSIDE))}
        for name in here - wanted:
            devices.remove(route, name)
    return here & wanted


def ensure_leg(leg: Leg, is_there: bool, router_namespace: Path) -> None:
    """The router is plugged into the network. Runs in the network's namespace."""
    with devices.netlink() as route:
        if not is_there:
            # A port that moved between gateway and interface leaves an end of the same name behind.
            devices.remove(route, leg.network_end)
            devices.make_veth(route, leg.network_end, leg.device, router_namespace)
        links = devices.devices(route)
        devices.settle(route, links[leg.network_end], mtu=leg.mtu, master=links[BRIDGE].index, is_up=True)


def ensure(spec: RouterSpec, legs: list[Leg]) -> None:
    """Addresses, translation and routes are those of the spec. Runs in the router's namespace."""
    with devices.netlink() as route:
        links = devices.devices(route)
        fresh: dict[str, set[str]] = {}
        for leg in legs:
            one = links[leg.device]
            devices.settle(route, one, mac=leg.mac, mtu=leg.mtu, alias=leg.port_id, is_up=True)
            fresh[leg.device] = devices.set_addresses(route, one.index, set(leg.addresses))
        nftables.apply(translation(spec, legs))
        outside = next((leg for leg in legs if leg.is_gateway), None)
        _ensure_routes(route, spec, outside, links[outside.device].index if outside else 0)
    for leg in legs:
        ips = [a.split("/")[0] for a in sorted(fresh[leg.device]) if ":" not in a]
        if ips:
            devices.announce(leg.device, leg.mac, ips)


def _ensure_routes(route: IPRoute, spec: RouterSpec, outside: Leg | None, index: int) -> None:
    wanted: set[tuple[str, str | None, int]] = set()
    for ip in spec.gateway.gateway_ips if spec.gateway else []:
        wanted.add(("::/0" if ":" in ip else "0.0.0.0/0", ip, 0))
    for one in spec.routes:
        wanted.add((str(ipaddress.ip_network(one.destination)), one.nexthop, 0))
    present = devices.routes(route, OUR_ROUTES)
    for gone in present - wanted:
        devices.change_route(route, "del", gone, OUR_ROUTES)
    for new in wanted - present:
        is_far = outside is not None and spec.gateway is not None and _is_far(new[1], spec.gateway, outside)
        devices.change_route(route, "add", new, OUR_ROUTES, on_link=index if is_far else 0)


def _is_far(hop: str | None, gateway: RouterGateway, leg: Leg) -> bool:
    """Whether this is a gateway that lies outside of its subnet: it is on the outer link all the same."""
    if hop is None or hop not in gateway.gateway_ips:
        return False
    return not any(ipaddress.ip_address(hop) in ipaddress.ip_interface(a).network for a in leg.addresses)


def translation(spec: RouterSpec, legs: list[Leg]) -> str:
    """The router's whole table, replaced in one transaction; running connections keep their addresses."""
    lines = ["add table ip haneul", "delete table ip haneul", "add table ip haneul"]
    gateway = next((leg for leg in legs if leg.is_gateway), None)
    if gateway is None or spec.gateway is None:
        return "\n".join(lines) + "\n"
    lines += [
        "add chain ip haneul before { type nat hook prerouting priority -100; }",
        "add chain ip haneul after { type nat hook postrouting priority 100; }",
    ]
    outbound = f'oifname "{gateway.device}"'
    hairpin = f'iifname != "{gateway.device}" oifname != "{gateway.device}" ct status dnat'
    if spec.floating_ips:
        inward = ", ".join(f"{f.floating} : {f.fixed}" for f in spec.floating_ips)
        # A fixed address with several floating ones goes out by the first.
        first = {f.fixed: f.floating for f in reversed(spec.floating_ips)}
        outward = ", ".join(f"{fixed} : {floating}" for fixed, floating in first.items())
        lines.append(f"add rule ip haneul before dnat to ip daddr map {{ {inward} }}")
        for way in (outbound, hairpin):
            lines.append(f"add rule ip haneul after {way} snat to ip saddr map {{ {outward} }}")
    own = next((a.ip for a in spec.gateway.addresses if ":" not in a.ip), None)
    if own is not None:
        lines.append(f"add rule ip haneul after {hairpin} snat to {own}")
        if spec.gateway.is_snat_enabled:
            lines.append(f"add rule ip haneul after {outbound} ct state new snat to {own}")
    return "\n".join(lines) + "\n"
