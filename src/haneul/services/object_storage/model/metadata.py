"""Headers that are kept: what users say of their accounts, containers and objects, within limits.

A header `X-Container-Meta-Colour: red` is kept under its name in lower case. One without a value takes it away, and
so does `X-Remove-Container-Meta-Colour`, whatever its value. Objects keep what is said of them whether it has a value
or not: what is said of one replaces all that was said before. Headers that begin as `X-Object-Sysmeta-` are the service's
own: nobody sends or sees them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from haneul.services.object_storage import errors

Kind = Literal["account", "container", "object"]
LONGEST_NAME, LONGEST_VALUE, MOST_ITEMS, MOST_BYTES, LONGEST_HEADER = 128, 256, 90, 4096, 8192
MOST_KEPT, LONGEST_TYPE = 24 << 10, 1024
"""Of all headers of one thing together, and of an object's type: lists read a thousand at a time."""
KEPT: dict[Kind, frozenset[str]] = {
    "account": frozenset({"x-account-quota-bytes", "x-account-quota-count"}),
    "container": frozenset(
        {
            "x-container-read", "x-container-write", "x-container-sync-key", "x-container-sync-to",
            "x-versions-location", "x-history-location",
        }
    ),
    "object": frozenset(
        {
            "content-encoding", "content-disposition", "content-language", "cache-control", "expires",
            "x-robots-tag", "x-object-manifest",
        }
    ),
}  # fmt: skip
"""Headers that are kept beside those with `Meta` in their names."""
_SYSTEM = ("x-account-sysmeta-", "x-container-sysmeta-", "x-object-sysmeta-")
OWNERS = frozenset(
    {
        "x-container-read", "x-container-write", "x-container-sync-key", "x-container-sync-to",
        "x-account-meta-temp-url-key", "x-account-meta-temp-url-key-2", "x-container-meta-temp-url-key",
        "x-container-meta-temp-url-key-2", "x-account-access-control",
    }
)  # fmt: skip
"""Only who operates the account may see or set them."""


def is_own(name: str) -> bool:
    """Whether the header is the service's own."""
    return name.startswith(_SYSTEM)


def is_kept_by_itself(name: str) -> bool:
    """Whether an object has the header whatever is said of it."""
    return name.startswith(_SYSTEM) or name == "x-static-large-object"


def named(kind: Kind, headers: Mapping[str, str]) -> dict[str, str]:
    """What a request says of the thing: by header, its value; an empty one takes it away. BadHeader beyond limits."""
    prefix = f"x-{kind}-meta-"
    values: dict[str, str] = {}
    for header, value in headers.items():
        name = header
        if header.startswith("x-remove-"):
            name, value = f"x-{header.removeprefix('x-remove-')}", ""
            if kind == "object" or headers.get(name):
                continue  # what is set at the same time stays
        if name.startswith(prefix):
            _require_item(name, name.removeprefix(prefix), value, f"X-{kind.title()}-Meta-")
        elif name not in KEPT[kind]:
            continue
        elif len(value.encode()) > LONGEST_HEADER:
            raise errors.BadHeader(reason=f"Header value too long: {name}")
        values[name] = value
    _require_sizes((n.removeprefix(prefix), v) for n, v in values.items() if n.startswith(prefix))
    return values


def changed(kind: Kind, kept: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """What is kept once the request has said this; BadHeader if that would be too much."""
    prefix = f"x-{kind}-meta-"
    new = {name: value for name, value in {**kept, **values}.items() if value or kind == "object"}
    _require_sizes((n.removeprefix(prefix), v) for n, v in new.items() if n.startswith(prefix))
    if sum(len(name) + len(value) for name, value in new.items()) > MOST_KEPT:
        raise errors.BadHeader(reason=f"Headers too large together; max {MOST_KEPT}")
    return new


def _require_item(header: str, name: str, value: str, prefix: str) -> None:
    if len(value.encode()) > LONGEST_HEADER:
        raise errors.BadHeader(reason=f"Header value too long: {name[:LONGEST_NAME]}")
    if not name:
        raise errors.BadHeader(reason="Metadata name cannot be empty")
    if len(name.encode()) > LONGEST_NAME:
        raise errors.BadHeader(reason=f"Metadata name too long: {prefix}{name}")
    if len(value.encode()) > LONGEST_VALUE:
        raise errors.BadHeader(reason=f"Metadata value longer than {LONGEST_VALUE}: {prefix}{name}")


def _require_sizes(items: Iterable[tuple[str, str]]) -> None:
    count = size = 0
    for name, value in items:
        count += 1
        size += len(name.encode()) + len(value.encode())
    if count > MOST_ITEMS:
        raise errors.BadHeader(reason=f"Too many metadata items; max {MOST_ITEMS}")
    if size > MOST_BYTES:
        raise errors.BadHeader(reason=f"Total metadata too large; max {MOST_BYTES}")


def shown(headers: Mapping[str, str], *, to_owner: bool) -> dict[str, str]:
    """The headers as an answer has them."""
    return {
        "-".join(word.capitalize() for word in name.split("-")): value
        for name, value in headers.items()
        if not is_own(name) and (to_owner or name not in OWNERS)
    }
