"""What a guest is told of its NICs: network_data.json, as Nova writes it; pure.

A NIC that asks DHCP is told no more than that. One whose subnet has an IPv6 address mode is told the mode and
what will come of it; any other is told its address, its routes and its name servers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any, Protocol


class Route(Protocol):
    @property
    def destination(self) -> str: ...
    @property
    def nexthop(self) -> str: ...


class Subnet(Protocol):
    @property
    def ip_version(self) -> int: ...
    @property
    def cidr(self) -> str: ...
    @property
    def gateway_ip(self) -> str | None: ...
    @property
    def dns_nameservers(self) -> Sequence[str]: ...
    @property
    def host_routes(self) -> Sequence[Route]: ...
    @property
    def is_dhcp_enabled(self) -> bool: ...
    @property
    def ipv6_address_mode(self) -> str | None: ...


class NicAddress(Protocol):
    @property
    def ip(self) -> str: ...
    @property
    def subnet(self) -> Subnet: ...


class Nic(Protocol):
    @property
    def port_id(self) -> str: ...
    @property
    def network_id(self) -> str: ...
    @property
    def mac(self) -> str: ...
    @property
    def mtu(self) -> int: ...
    @property
    def addresses(self) -> Sequence[NicAddress]: ...


def network_data(nics: Sequence[Nic]) -> dict[str, Any]:
    """Links, what is on them, and the name servers of all."""
    links, networks, services = [], [], []
    for nic in (n for n in nics if n.addresses):
        link = f"tap{nic.port_id[:11]}"
        links.append(
            {
                "id": link,
                "vif_id": nic.port_id,
                "type": "bridge",
                "mtu": nic.mtu,
                "ethernet_mac_address": nic.mac,
            }
        )
        asks: set[str] = set()
        for address in nic.addresses:
            services += [s for s in _services(address.subnet) if s not in services]
            described = _network(address)
            if described["type"].endswith("_dhcp"):
                if described["type"] in asks:
                    continue
                asks.add(described["type"])
            about = {"id": f"network{len(networks)}", "link": link, "network_id": nic.network_id}
            networks.append(about | described)
    return {"links": links, "networks": networks, "services": services}


def _network(address: NicAddress) -> dict[str, Any]:
    subnet = address.subnet
    kind = f"ipv{subnet.ip_version}"
    if subnet.ipv6_address_mode:
        kind += f"_{subnet.ipv6_address_mode}"
    elif subnet.is_dhcp_enabled:
        return {"type": f"{kind}_dhcp"}
    return {
        "type": kind,
        "ip_address": address.ip,
        "netmask": _netmask(subnet.cidr),
        "routes": _routes(subnet),
        "services": _services(subnet),
    }


def _routes(subnet: Subnet) -> list[dict[str, str]]:
    default = "0.0.0.0" if subnet.ip_version == 4 else "::"  # noqa: S104 - a destination
    routes = []
    if subnet.gateway_ip:
        routes.append({"network": default, "netmask": default, "gateway": subnet.gateway_ip})
    for route in subnet.host_routes:
        to = ipaddress.ip_network(route.destination, strict=False)
        routes.append(
            {"network": str(to.network_address), "netmask": str(to.netmask), "gateway": route.nexthop}
        )
    return routes


def _netmask(cidr: str) -> str:
    return str(ipaddress.ip_network(cidr).netmask)


def _services(subnet: Subnet) -> list[dict[str, str]]:
    return [{"type": "dns", "address": ip} for ip in subnet.dns_nameservers]
