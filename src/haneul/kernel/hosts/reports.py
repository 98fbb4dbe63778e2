"""What agents tell and ask the control plane of their own accord, and how it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from haneul.kernel.errors import DriverError
from haneul.kernel.hosts.channel import Upcall

REPORT, METADATA = "report", "metadata"


class HostReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a host has and what runs on it. That it came is the sign of life."""

    name: str
    interfaces: dict[str, dict[str, Any]] = {}
    """What it can be called for, and what the driver of each says of it. A host may have any of them."""
    resources: dict[str, int] = {}
    """What there is to place by, by class."""
    reflink: bool | None = None
    """Whether its files can be cloned; None where there are none."""
    traits: list[str] = []
    drivers: dict[str, str] = {}
    """The name of the driver by interface."""
    states: dict[str, dict[str, str]] = {}
    """By interface and id: what changed is soon looked at. Not stored."""
    address: str = ""
    """Where other hosts reach it for tunnels; empty if it is alone."""
    agent_id: str = ""
    """Another one after each start of the agent: the host may have lost what it had."""


class MetadataRequest(msgspec.Struct, frozen=True):
    host: str
    port_id: str
    path: str
    headers: dict[str, str]


class MetadataAnswer(msgspec.Struct, frozen=True):
    status: int
    content_type: str
    body: bytes


encode = msgspec.msgpack.Encoder().encode
_REPORTS = msgspec.msgpack.Decoder(list[HostReport])
_METADATA_ANSWER = msgspec.msgpack.Decoder(MetadataAnswer)


def answering(
    report: Callable[[list[HostReport]], Awaitable[None]],
    answers: Mapping[str, Callable[[bytes], Awaitable[bytes]]],
) -> Upcall:
    """The control plane's side of `upcall`: what comes by each name is answered by these."""

    async def upcall(name: str, payload: bytes) -> bytes:
        if name == REPORT:
            await report(_REPORTS.decode(payload))
            return b""
        if name in answers:
            return await answers[name](payload)
        raise DriverError(f"The control plane knows no {name!r}.")

    return upcall


async def send_reports(upcall: Upcall, reports: list[HostReport]) -> None:
    await upcall(REPORT, encode(reports))


async def ask_metadata(upcall: Upcall, request: MetadataRequest) -> MetadataAnswer:
    """What the guest is to read; 503 while the control plane cannot be asked."""
    try:
        return _METADATA_ANSWER.decode(await upcall(METADATA, encode(request)))
    except DriverError:
        return MetadataAnswer(503, "text/plain", b"503 Service Unavailable")
