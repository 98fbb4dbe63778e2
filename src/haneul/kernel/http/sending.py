"""How answers leave: head and body together, and files by the kernel without passing through this process.

The server (uvicorn) writes the head of an answer and its body one after the other: two system calls, two
packets, and a client that is woken up for the head alone. Here the head waits for what is written next
within the same turn of the loop.

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

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from haneul.kernel.http.routes import SENDS_FILES

BURST = 32 << 20
"""So much may go out before the loop looks whether somebody still wants it."""


class Connection(HttpToolsProtocol):
    """A connection whose answers leave in one piece, or may be files."""

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        cycle.transport = _Joined(self.transport, self.loop, self._hang_up)
        if self.scheme == "http":
            cycle.scope["extensions"] = {SENDS_FILES: partial(_send_file, cycle)}
        super()._start_asgi_task(cycle, app)

    def _hang_up(self) -> None:
        """The connection ends: its last answer was written."""
        self.transport.close()


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
