"""What an address, a MAC or a name of hosts in a body must be, beside the kinds of values that every API has."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from haneul.services.network.model import normal_forms

_HOSTNAME = re.compile(
    r"(?=.{1,255}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?"
)


def ip(value: Any) -> str:
    return _normal(normal_forms.address, value, "is not a valid IP address")


def subnet(value: Any) -> str:
    """A CIDR; the address of a host in it stands for the network."""
    if not isinstance(value, str) or "/" not in value:
        raise ValueError(f"'{value}' is not a valid IP subnet")
    return _normal(normal_forms.prefix, value, "is not a valid IP subnet")


def prefix(value: Any) -> str:
    """A CIDR or a single address; the network it stands for."""
    return _normal(normal_forms.prefix, value, "is neither a valid IP address, nor is it a valid IP subnet")


NOBODYS_MACS = ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff")
"""No address, and everybody's."""


def mac(value: Any) -> str:
    written = _normal(normal_forms.mac, value, "is not a valid MAC address")
    if written in NOBODYS_MACS:
        raise ValueError(f"'{value}' is not a valid MAC address")
    return written


def _normal(form: Callable[[str], str], value: Any, problem: str) -> str:
    try:
        if not isinstance(value, str):
            raise TypeError
        return form(value)
    except (TypeError, ValueError):
        raise ValueError(f"'{value}' {problem}") from None


def hostname(value: Any) -> str:
    """A name of hosts, in small letters: to DNS they are all the same."""
    if value == "":
        return ""
    if not isinstance(value, str) or not _HOSTNAME.fullmatch(value.lower()):
        raise ValueError(
            f"'{value}' not a valid PQDN or FQDN. Reason: Name '{value}' must be 1-255 characters long"
        )
    return value.lower()
