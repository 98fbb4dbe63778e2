"""What a router tells the guests of its networks: that it is there, and how they come by IPv6 addresses.

One dnsmasq for each router with such networks. It gives no addresses itself: that is the networks' own part.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from pathlib import Path

from haneul.services.network.drivers.interface import SubnetSpec
from haneul.services.network.drivers.linux import dhcp

LIFETIME_S = 1800


def configuration(legs: Iterable[tuple[str, list[SubnetSpec]]], folder: Path) -> str:
    """`legs` are devices of the router, each with the subnets in which it has an address."""
    lines = [
        "port=0",
        "except-interface=lo",
        "bind-interfaces",
        "enable-ra",
        "user=root",
        "group=root",
        "leasefile-ro",
        f"pid-file={folder}/pid",
        "dhcp-ignore=tag:!asked-here",
    ]
    for device, subnets in legs:
        lines.append(f"interface={device}")
        lines.append(f"ra-param={device},{dhcp.ADVERTISED_EVERY_S},{LIFETIME_S}")
        for subnet in subnets:
            network = ipaddress.ip_network(subnet.cidr)
            mode = dhcp.range_mode(subnet)
            lines.append(f"dhcp-range={network.network_address},{mode},{network.prefixlen},{dhcp.LEASE_S}s")
    return "\n".join(lines) + "\n"


def ensure(legs: list[tuple[str, list[SubnetSpec]]], folder: Path) -> None:
    """The router advertises exactly these. Runs in the router's namespace."""
    if not legs:
        dhcp.ensure_gone(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    is_new = dhcp.write(folder / "conf", configuration(legs, folder))
    if is_new or dhcp.running(folder) is None:
        dhcp.ensure_gone(folder, keep_files=True)
        dhcp.launch(folder)
