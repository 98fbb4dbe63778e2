"""The channel within one machine: the control plane listens at a path, agents connect to it.

An agent says which hosts it serves as soon as it is connected. If two say the same host, the later one has
it. When the connection breaks the agent comes back by itself, however long the control plane is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from haneul.kernel.errors import DriverError, HostUnreachable
from haneul.kernel.hosts.channel import CallOrigin, Upcall
from haneul.kernel.hosts.server import AgentServer
from haneul.kernel.hosts.wire import Peer

log = logging.getLogger(__name__)

UPCALL_TIMEOUT_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 2.0
_HELLO, _CALL, _UP = "hello", "call", "up."


class _Hello(msgspec.Struct, array_like=True):
    hosts: list[str]


class _Call(msgspec.Struct, array_like=True):
    host: str
    interface: str
    method: str
    arguments: bytes
    origin: CallOrigin


_ENCODER = msgspec.msgpack.Encoder()
_HELLOS = msgspec.msgpack.Decoder(_Hello)
_CALLS = msgspec.msgpack.Decoder(_Call)


class LocalSocketChannel:
    """The control plane's end."""

    def __init__(self, path: Path, upcall: Upcall) -> None:
        self._path = path
        self._upcall = upcall
        self._by_host: dict[str, Peer] = {}
        self._peers: set[Peer] = set()
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None

    @property
    def hosts(self) -> frozenset[str]:
        """Those that can be called now."""
        return frozenset(self._by_host)

    async def start(self) -> None:
        """Agents can connect; nobody but this user (and root) may."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._connected, self._path)
        self._path.chmod(0o600)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for peer in list(self._peers):
            peer.close()
            await peer.stop_serving()
        if self._server is not None:
            await self._server.wait_closed()
        self._path.unlink(missing_ok=True)

    async def wait_for(self, host: str) -> None:
        """Return once the host can be called."""
        async with self._changed:
            await self._changed.wait_for(lambda: host in self._by_host)

    async def call(
        self, host: str, interface: str, method: str, arguments: bytes, origin: CallOrigin, timeout_s: float
    ) -> bytes:
        peer = self._by_host.get(host)
        if peer is None:
            raise HostUnreachable(f"No agent that serves the host {host!r} is connected.")
        call = _Call(host, interface, method, arguments, origin)
        return await peer.ask(_CALL, _ENCODER.encode(call), timeout_s)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def serve(subject: str, payload: bytes) -> bytes:
            if subject == _HELLO:
                await self._welcome(peer, _HELLOS.decode(payload).hosts)
                return b""
            return await self._upcall(subject.removeprefix(_UP), payload)

        peer = Peer(reader, writer, serve)
        self._peers.add(peer)
        try:
            await peer.run()
        finally:
            self._peers.discard(peer)
            self._by_host = {host: at for host, at in self._by_host.items() if at is not peer}

    async def _welcome(self, peer: Peer, hosts: list[str]) -> None:
        async with self._changed:
            self._by_host.update(dict.fromkeys(hosts, peer))
            self._changed.notify_all()


class LocalSocketAgent:
    """The agent's end: `run` keeps the connection up, `upcall` asks the control plane."""

    def __init__(self, path: Path, server: AgentServer, connected: Callable[[], None] = lambda: None) -> None:
        """`connected` is called whenever the control plane can be asked anew."""
        self._path = path
        self._connected = connected
        self._server = server
        self._peer: Peer | None = None

    @property
    def is_connected(self) -> bool:
        return self._peer is not None

    async def upcall(self, name: str, payload: bytes) -> bytes:
        """The control plane's answer; DriverError if it cannot be had."""
        if self._peer is None:
            raise HostUnreachable("The control plane is not connected.")
        return await self._peer.ask(_UP + name, payload, UPCALL_TIMEOUT_S)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            with contextlib.suppress(OSError, DriverError):
                reader, writer = await asyncio.open_unix_connection(self._path)
                pause = FIRST_PAUSE_S
                await self._talk(Peer(reader, writer, self._serve))
                log.warning("the connection to the control plane broke; connecting again")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _talk(self, peer: Peer) -> None:
        reading = asyncio.ensure_future(peer.run())
        try:
            hello = _Hello(sorted(self._server.hosts))
            await peer.ask(_HELLO, _ENCODER.encode(hello), UPCALL_TIMEOUT_S)
            self._peer = peer
            self._connected()
            await reading
        finally:
            self._peer = None
            peer.close()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _serve(self, subject: str, payload: bytes) -> bytes:
        call = _CALLS.decode(payload)
        return await self._server.dispatch(
            call.host, call.interface, call.method, call.arguments, call.origin
        )
