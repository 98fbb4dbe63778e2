"""Files as bodies of answers, sent by the kernel without passing through this process.

The server (uvicorn) knows how to write bytes only. Its connections are told here how to send a file: when
all that was written before has left, `sendfile` goes on from the file's pages straight to the socket. It
works on a second descriptor of that socket, because an event loop lets nobody else watch its own; and in a
thread, because pages may have to come from the disk. Where a server cannot do this, or TLS is spoken, the
file is read and written as any other body.
"""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from haneul.kernel.http.routes import SENDS_FILES

BURST = 32 << 20
"""So much may go out before the loop looks whether somebody still wants it."""


class SendsFiles(HttpToolsProtocol):
    """A connection whose answers may be files."""

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if self.scheme == "http":
            cycle.scope["extensions"] = {SENDS_FILES: partial(_send_file, cycle)}
        super()._start_asgi_task(cycle, app)


async def _send_file(cycle: Any, path: Path, offset: int, length: int) -> None:
    """That part of the file has been sent, unless the other side went away."""
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
