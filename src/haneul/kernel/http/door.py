"""Who may hold a connection, for how long, and how much of it may be a head.

A connection costs a descriptor and some memory whether it asks for anything or not, so none is kept for
nothing: the head of a request must be complete within a time, a body must not pause for long, and one that
asks nothing is closed. One look a second at all of them does that; no request has a timer of its own.

There are so many in all and for each address. When all are taken, one that has nothing under way makes room:
of the address itself if that has its share, else of the address that has most. Only if every one is at work
is the newcomer told 503. What waits because the other side does not read is left to the kernel
(TCP_USER_TIMEOUT), which also sees what `sendfile` writes.
"""

from __future__ import annotations

import asyncio
import resource
import socket
from itertools import islice
from typing import Annotated, Any, ClassVar, Protocol

import msgspec

from haneul.kernel.config import Section

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]

OWN_FILES = 256
"""Descriptors that are kept for the store, logs, agents and files."""
LOOKED_AT = 256
"""So many connections of an address are asked whether they can make room."""


class Limits(Section, frozen=True):
    """Read from the section `http`."""

    section: ClassVar[str] = "http"

    most_connections: Count = 4096
    """In all; fewer where the system gives the process fewer descriptors."""
    most_connections_per_address: Count = 2048
    head_bytes: Count = 65536
    """The request line and all headers; more: 431."""
    headers: Count = 256
    head_timeout_s: Seconds = 20
    """From the first byte of a request to the end of its headers; more: 408."""
    body_timeout_s: Seconds = 60
    """How long the next piece of a body may take; more: 408."""
    idle_timeout_s: Seconds = 75
    """How long a connection is kept that asks nothing."""
    unread_timeout_s: Seconds = 120
    """How long the other side may leave an answer unread."""


DEFAULTS = Limits()


def raise_open_files() -> int:
    """As many files may be open as the system lets this process have; how many these are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Visitor(Protocol):
    """A connection, as the door sees it."""

    @property
    def has_nothing_under_way(self) -> bool: ...

    def make_room(self) -> None:
        """Close."""
        ...

    def look(self, now: float) -> None:
        """Close if the other side has taken too long."""
        ...


class Door:
    """All connections of one server, by address; the oldest first."""

    def __init__(self, limits: Limits = DEFAULTS, *, open_files: int | None = None) -> None:
        self.limits = limits
        self.now = 0.0
        """The loop's time as of the last look; good enough to say who takes too long, and free."""
        self._most = limits.most_connections
        if open_files is not None and open_files > 0:
            self._most = max(1, min(self._most, open_files - OWN_FILES))
        self._by_address: dict[str, dict[Any, Visitor]] = {}
        self._count = 0
        self._every_s = min(
            1.0, limits.head_timeout_s / 4, limits.body_timeout_s / 4, limits.idle_timeout_s / 4
        )
        self._looking: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._count

    def enter(self, transport: Any, visitor: Visitor, address: str) -> bool:
        """Whether the connection may stay."""
        here = self._by_address.get(address)
        if here is not None and len(here) >= self.limits.most_connections_per_address:
            is_room = self._make_room(address)
        elif self._count >= self._most:
            is_room = self._make_room(max(self._by_address, key=lambda each: len(self._by_address[each])))
        else:
            is_room = True
        if not is_room:
            return False
        self._by_address.setdefault(address, {})[transport] = visitor
        self._count += 1
        if self._looking is None:
            self._look_later()
        return True

    def leave(self, transport: Any, address: str) -> None:
        """The connection is no longer counted, if it was."""
        here = self._by_address.get(address)
        if here is not None and here.pop(transport, None) is not None:
            self._count -= 1
            if not here:
                del self._by_address[address]

    def _make_room(self, address: str) -> bool:
        """Whether one connection of that address had nothing under way, and is gone."""
        for transport, visitor in islice(self._by_address[address].items(), LOOKED_AT):
            if visitor.has_nothing_under_way:
                self.leave(transport, address)
                visitor.make_room()
                return True
        return False

    def _look(self) -> None:
        """Look at every connection, and again as long as there are any."""
        self._looking = None
        self.now = asyncio.get_running_loop().time()
        for here in list(self._by_address.values()):
            for visitor in list(here.values()):
                visitor.look(self.now)
        if self._count:
            self._look_later()

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self.now = loop.time()
        self._looking = loop.call_later(self._every_s, self._look)

    def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None


def give_up_unread(transport: Any, limits: Limits) -> None:
    """The kernel ends the connection once what was sent stays unread for too long."""
    link = transport.get_extra_info("socket")
    if link is not None and link.family in (socket.AF_INET, socket.AF_INET6):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(limits.unread_timeout_s * 1000))
