"""Drivers: what a host can do, loaded by name: a service's own, or those that others bring as entry points.

A driver is a class that is constructed with a `HostSettings` and has `async start()` and `async close()`.
`start` may be called again after a crash and finds what still runs; `close` lets it run on. Every other
method comes from the Protocols in `services/<service>/drivers/interface.py`. Having the methods of an
optional Protocol is the capability.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import msgspec

from haneul.kernel.errors import NotFound
from haneul.kernel.manifest import Manifest

MetadataSource = Callable[[str, str, dict[str, str]], Awaitable[tuple[int, str, bytes]]]
"""(port id, path, request headers) -> (status, content type, body): answers 169.254.169.254."""


async def no_metadata(port_id: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    """The metadata source of a host that has none."""
    return 404, "text/plain", b"404 Not Found"


@dataclass
class HostSettings:
    """What a driver knows of the host it serves."""

    name: str
    folder: Path
    """Where this host's drivers keep their files; each makes a folder of its own in it."""
    options: dict[str, Any] = field(default_factory=dict)
    metadata: MetadataSource = no_metadata


class Driver(Protocol):
    async def start(self) -> None: ...
    async def close(self) -> None: ...


class DriverReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver says of its host: a part of the host's report."""

    facts: dict[str, Any] = {}
    """What its service shows of the host; it stays as it is from one report to the next."""
    resources: dict[str, int] = {}
    """What there is to place by, in placement's classes: used or not."""
    traits: list[str] = []
    states: dict[str, str] = {}
    """Of what it keeps, by id: a hint, which is not stored."""


@runtime_checkable
class Reports(Protocol):
    """Optional: it has something to say of its host."""

    async def report(self) -> DriverReport: ...


@runtime_checkable
class GoesDown(Protocol):
    """Optional: what it runs can be taken away together, and asked for again later."""

    async def go_down(self, timeout_s: float) -> None:
        """Nothing of it runs any more, as when the host is switched off; what is wanted of it stays."""
        ...


@runtime_checkable
class Watches(Protocol):
    """Optional: it notices what happens of its own accord."""

    def watch(self, notice: Callable[[str, Any], None]) -> None:
        """From now on `notice(id, state)` is called when something of it changes: a hint that the next report
        differs."""
        ...


@cache  # reading what is installed takes 10 ms, and an agent may have a thousand hosts
def load(group: str, name: str) -> type[Driver]:
    """The driver class `name` of the group `haneul.<service>.<interface>`.

    It is one that the service's manifest names, or an entry point of that group in whatever is installed.
    """
    _, service, interface = group.split(".")
    manifest: Manifest = importlib.import_module(f"haneul.services.{service}.manifest").MANIFEST
    own = manifest.drivers.get(interface, {})
    if name in own:
        module, _, kind = own[name].partition(":")
        driver: type[Driver] = getattr(importlib.import_module(f"haneul.services.{service}.{module}"), kind)
        return driver
    for entry in entry_points(group=group, name=name):
        loaded: type[Driver] = entry.load()
        return loaded
    known = ", ".join(sorted({*own, *(e.name for e in entry_points(group=group))}))
    raise NotFound(f"There is no driver {name!r} in {group}; there are: {known}.")
