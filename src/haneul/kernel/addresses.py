"""Addresses and prefixes as callers write them. One reader for all services, and it is total: or ValueError.

What comes out is made of numbers, so that nothing of the text reaches a command or a rule. A zone (`%eth0`)
means nothing to anybody but the host that wrote it, and may hold any characters: no address has one here.
"""

from __future__ import annotations

import ipaddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST = 100
"""An IPv6 address with an IPv4 part, and a mask written as an address."""


def _plain(text: str) -> str:
    if "%" in text or len(text) > LONGEST:
        raise ValueError("not an address")
    return text


def read(text: str, version: int | None = None) -> IPAddress:
    """The address, of that version if one is said."""
    parsed = ipaddress.ip_address(_plain(text))
    if version is not None and parsed.version != version:
        raise ValueError(f"not an address of version {version}")
    return parsed


def read_network(text: str) -> IPNetwork:
    """The prefix, whatever bits of the host are set; an address alone is a prefix of one."""
    return ipaddress.ip_network(_plain(text), strict=False)


def address(text: str) -> str:
    """`FE80::0001` is `fe80::1`."""
    return str(read(text))


def prefix(text: str) -> str:
    """`10.0.0.7/255.255.255.0` is `10.0.0.0/24`."""
    return str(read_network(text))
