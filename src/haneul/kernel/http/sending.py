"""How answers leave: head and body together, and files by the kernel without passing through this process.

The server (uvicorn) writes the head of an answer and its body one after the other: two system calls, two
packets, and a client that is woken up for the head alone. Here an answer that is whole leaves whole, and
otherwise the head waits for what is written next within the same turn of the loop.

It also knows how to write bytes only. Its connections are told here how to send a file: when
all that was written before has left, `sendfile` goes on from the file's pages straight to the socket. It
works on a second descriptor of that socket, because an event loop lets nobody else watch its own; and in a
thread, because pages may have to come from the disk. Where a server cannot do this, or TLS is spoken, the
file is read and written as any other body.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from haneul.kernel.http.exchange import SENDS_ANSWERS
from haneul.kernel.http.routes import SENDS_FILES

BURST = 32 << 20
"""So much may go out before the loop looks whether somebody still wants it."""


class Connection(HttpToolsProtocol):
    """A connection whose answers leave in one piece, or may be files."""

    def on_headers_complete(self) -> None:
        parser: Any = self.parser
        scope: Any = self.scope
        version = parser.get_http_version()
        scope["method"] = parser.get_method().decode("ascii")
        scope["http_version"] = version
        if parser.should_upgrade() and self._should_upgrade():
            return
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        self.headers = []  # what is still to come are trailers: no proxy looks at them, and neither do we
        before = self.cycle
        self.cycle = cycle = Cycle(self, keep_alive=version != "1.0" and parser.should_keep_alive())
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            waiting: Any = cycle, self.app
            self.pipeline.appendleft(waiting)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        extensions = {SENDS_ANSWERS: cycle.answer}
        if self.scheme == "http":
            extensions[SENDS_FILES] = partial(_send_file, cycle)
        cycle.scope["extensions"] = extensions
        super()._start_asgi_task(cycle, app)

    def _hang_up(self) -> None:
        """The connection ends: its last answer was written."""
        self.transport.close()


class Cycle(RequestResponseCycle):
    """A request and its answer, as the server sees them."""

    transport: _Joined  # type: ignore[assignment]  # which is as much of a transport as a cycle uses
    access_log = False
    disconnected = False
    body = b""  # type: ignore[assignment]  # what is added to it, and what it becomes when it was received
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding = None
    expected_content_length = 0

    def __init__(self, connection: Connection, *, keep_alive: bool) -> None:
        self.scope = connection.scope
        self.transport = _Joined(connection.transport, connection.loop, connection._hang_up)
        self.flow = connection.flow
        self.logger = connection.logger
        self.default_headers = connection.server_state.default_headers
        self.message_event = asyncio.Event()
        self.on_response = connection.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = connection.expect_100_continue

    async def answer(self, status: int, lines: bytes, body: bytes) -> None:
        """All of the answer has left, in one piece."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        self.waiting_for_100_continue = False
        self.response_started = self.response_complete = True
        usual = [b"%s: %s\r\n" % pair for pair in self.default_headers]
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write_all(b"".join((STATUS_LINE[status], *usual, lines, end, body)))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class _Joined:
    """What the server writes one answer to."""

    __slots__ = ("_hang_up", "_held", "_is_begun", "_loop", "_transport")

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, hang_up: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._hang_up = hang_up
        self._loop = loop
        self._held = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        if not self._is_begun:
            self._is_begun = True
            self._held = data
            self._loop.call_soon(self.flush)
        else:
            held, self._held = self._held, b""
            self._transport.write(held + data if held else data)

    def write_all(self, data: bytes) -> None:
        """Nothing comes after it for which it would wait."""
        self._is_begun = True
        self.write(data)

    def flush(self) -> None:
        if self._held:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self._hang_up()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        return len(self._held) + self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)


async def _send_file(cycle: Any, path: Path, offset: int, length: int) -> None:
    """That part of the file has been sent, unless the other side went away."""
    cycle.transport.flush()
    while cycle.transport.get_write_buffer_size() and not cycle.disconnected:
        await cycle.flow.drain()
        await asyncio.sleep(0)
    if cycle.disconnected:
        return
    file = os.open(path, os.O_RDONLY)
    try:
        socket = os.dup(cycle.transport.get_extra_info("socket").fileno())
        try:
            os.posix_fadvise(file, offset, length, os.POSIX_FADV_SEQUENTIAL)
            await _pushed(cycle, socket, file, offset, length)
        finally:
            os.close(socket)
    finally:
        os.close(file)
    cycle.expected_content_length -= length


async def _pushed(cycle: Any, socket: int, file: int, offset: int, length: int) -> None:
    loop = asyncio.get_running_loop()
    end = offset + length
    while offset < end and not (cycle.disconnected or cycle.transport.is_closing()):
        pushing = loop.run_in_executor(None, _push, socket, file, offset, min(BURST, end - offset))
        try:
            sent, is_full = await asyncio.shield(pushing)
        except ConnectionError:
            return  # the server learns of it by itself
        except asyncio.CancelledError:
            await asyncio.wait((pushing,))  # the descriptors are in use until then
            raise
        offset += sent
        if is_full:
            await _writable(socket)


def _push(socket: int, file: int, offset: int, length: int) -> tuple[int, bool]:
    """(how much the socket took, whether it can take no more for now)"""
    done = 0
    while done < length:
        try:
            sent = os.sendfile(socket, file, offset + done, length - done)
        except BlockingIOError:
            return done, True
        if sent == 0:
            raise OSError("the file is shorter than it should be")
        done += sent
    return done, False


async def _writable(socket: int) -> None:
    """The socket takes more, or is broken."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(socket, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(socket)
