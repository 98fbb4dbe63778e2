"""Answers http://169.254.169.254 inside a network's namespace.

The listening socket is opened in the namespace by a thread and then served by the agent's loop: a socket
stays in the namespace where it was made. Who asks is known from the source address alone, which the port
filters vouch for. The method and body of a request that is not a GET reach the source as the headers
":method" and ":body"; a client cannot send headers of such names.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from http import HTTPStatus

from haneul.kernel.drivers import MetadataSource
from haneul.services.network.drivers.linux.dhcp import METADATA_ADDRESS

MAX_BODY = 64 * 1024
IDLE_S = 30


def listen() -> socket.socket:
    """A listening socket of the calling thread's namespace."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((METADATA_ADDRESS, 80))
        opened.listen(128)
        opened.setblocking(False)
    except OSError:
        opened.close()
        raise
    return opened


class MetadataResponder:
    """`port_at` gives the id of the port that has a source address, or None."""

    def __init__(self, source: MetadataSource, port_at: Callable[[str], str | None]) -> None:
        self._source = source
        self._port_at = port_at
        self._server: asyncio.Server | None = None
        self._guests: set[asyncio.StreamWriter] = set()

    async def serve(self, listening: socket.socket) -> None:
        self._server = await asyncio.start_server(self._converse, sock=listening, limit=MAX_BODY)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for guest in list(self._guests):
            guest.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._guests.add(writer)
        try:
            async with asyncio.timeout(IDLE_S):
                while await self._answer_one(reader, writer):
                    pass
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a guest that says nonsense or goes away loses its connection, nothing else
        finally:
            self._guests.discard(writer)
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the guest may ask again on this connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return False
        request, *lines = head.rstrip("\r\n").split("\r\n")
        method, path, version = request.split(" ")
        headers = {
            name.strip().lower(): value.strip()
            for name, colon, value in (line.partition(":") for line in lines)
            if colon and name.strip()
        }
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= MAX_BODY:
            await self._write(writer, 413, "text/plain", b"Too large", False, method)
            return False
        body = await reader.readexactly(length) if length else b""
        if method not in ("GET", "HEAD"):
            headers[":method"], headers[":body"] = method, body.decode("latin-1")
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        status, content_type, answer = await self._ask(writer.get_extra_info("peername")[0], path, headers)
        await self._write(writer, status, content_type, answer, keep, method)
        return keep

    async def _ask(self, ip: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
        port_id = self._port_at(ip)
        if port_id is None:
            return 404, "text/plain", b"404 Not Found"
        try:
            return await self._source(port_id, path, headers)
        except Exception:  # whatever the source suffers from, the guest must hear that it may ask again
            return 500, "text/plain", b"500 Internal Server Error"

    @staticmethod
    async def _write(
        writer: asyncio.StreamWriter, status: int, content_type: str, body: bytes, keep: bool, method: str
    ) -> None:
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "Unknown"
        head = (
            f"HTTP/1.1 {status} {phrase}\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}\r\n"
            f"connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
        )
        writer.write(head.encode("latin-1") + (b"" if method == "HEAD" else body))
        await writer.drain()
