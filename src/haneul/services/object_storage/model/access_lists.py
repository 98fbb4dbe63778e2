"""Access lists of containers: whom beside its operators a container lets read or write.

A list is elements between commas: `project:user`, with `*` for any of them; the name of a role; `.r:HOST` and
`.r:-HOST` for pages that refer to an object; `.rlistings` lets those see the list too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from haneul.services.object_storage import errors

REFERRERS = (".r", ".ref", ".referer", ".referrer")
LISTINGS = ".rlistings"


class Asker(NamedTuple):
    """Who asks, by all that a list may call them."""

    projects: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    referrer: str = ""


def cleaned(header: str, text: str) -> str:
    """The list as it is kept; BadHeader if it cannot be read."""
    elements = []
    for raw in text.split(","):
        element = raw.strip()
        if not element:
            continue
        if not element.startswith(".") or ":" not in element:
            elements.append(element)
            continue
        kind, _, host = (part.strip() for part in element.partition(":"))
        if kind not in REFERRERS:
            if kind.startswith("."):
                raise errors.BadHeader(reason=f"Unknown designator {kind!r} in ACL: {raw!r}")
            elements.append(element)
            continue
        if "write" in header:
            raise errors.BadHeader(reason=f"Referrers not allowed in write ACL: {raw!r}")
        is_refused = host.startswith("-")
        host = host.removeprefix("-").strip()
        if host not in ("", "*") and host.startswith("*"):
            host = host[1:].strip()
        if not host or host == ".":
            raise errors.BadHeader(reason=f"No host/domain value after referrer designation in ACL: {raw!r}")
        elements.append(f".r:{'-' if is_refused else ''}{host}")
    return ",".join(elements)


def allows(text: str, asker: Asker, *, is_list: bool) -> bool:
    """Whether the list lets them in; `is_list` if they ask for the list of the container."""
    hosts, others = [], []
    for element in text.split(","):
        if element.startswith(".r:"):
            hosts.append(element[3:])
        elif element:
            others.append(unquote(element))
    if _is_named(others, asker):
        return True
    if _is_referred(hosts, asker.referrer):
        return not is_list or LISTINGS in others
    return any(other.lower() in asker.roles for other in others)


def _is_named(elements: Iterable[str], asker: Asker) -> bool:
    if not asker.users:
        return False
    for element in elements:
        project, colon, user = element.partition(":")
        if colon and (project == "*" or project in asker.projects) and (user == "*" or user in asker.users):
            return True
    return False


def _is_referred(hosts: Iterable[str], referrer: str) -> bool:
    """The last element that is about the referrer decides."""
    is_let_in = False
    host = _host(referrer)
    for element in hosts:
        wanted = element.removeprefix("-")
        if wanted == "*" or wanted == host or (wanted.startswith(".") and host.endswith(wanted)):
            is_let_in = not element.startswith("-")
    return is_let_in


def _host(referrer: str) -> str:
    try:
        return urlsplit(referrer).hostname or "unknown"
    except ValueError:
        return "unknown"
