"""Addresses that users name, from which data is to be fetched: which of them the operator's rules allow.

That an address is allowed as it is written says nothing of what its host stands for: see `store/web.py`.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from haneul.services.image import errors
from haneul.services.image.config import WebOptions

_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2001::/32"))
"""IPv6 addresses that stand for any IPv4 address at all."""
_PORTS = {"http": 80, "https": 443}


class Target(NamedTuple):
    """A checked address."""

    uri: str
    parts: SplitResult
    host: str
    port: int


def checked(uri: object, rules: WebOptions) -> Target:
    """The address, if the rules allow it as it is written; UriRefused otherwise."""
    refused = errors.UriRefused(uri=uri)
    if not isinstance(uri, str) or any(c.isspace() or ord(c) < 32 for c in uri):
        raise refused
    try:
        parts = urlsplit(uri)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise refused from None
    scheme = parts.scheme.lower()
    if not host or scheme not in _PORTS or parts.username is not None or parts.password is not None:
        raise refused
    port = _PORTS[scheme] if port is None else port
    for value, allowed, never in (
        (scheme, rules.allowed_schemes, rules.refused_schemes),
        (host, rules.allowed_hosts, rules.refused_hosts),
        (port, rules.allowed_ports, rules.refused_ports),
    ):
        if value in never or (allowed and value not in allowed):
            raise refused
    if _is_literal(host) and not is_public(host, rules):
        raise refused  # known without asking anybody, so it is said at once
    return Target(uri, parts, host, port)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return True


def is_public(address: str, rules: WebOptions) -> bool:
    """Whether data may be fetched from there."""
    plain = ipaddress.ip_address(address.split("%")[0])
    for inner in (getattr(plain, "ipv4_mapped", None), getattr(plain, "sixtofour", None)):
        if inner is not None:
            plain = inner
    if any(plain.version == network.version and plain in network for network in _TRANSLATED):
        return False
    networks = [ipaddress.ip_network(text) for text in rules.private_networks]
    if any(plain.version == network.version and plain in network for network in networks):
        return True
    return plain.is_global and not plain.is_multicast
