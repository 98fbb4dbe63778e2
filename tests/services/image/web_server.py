"""A small web server on loopback: what it answers is in a table."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from haneul.kernel.tasks import end_all

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Answer(NamedTuple):
    body: bytes = b""
    status: int = 200
    headers: tuple[str, ...] = ()
    announced: int | None = None
    """The length that it says the body has, instead of the true one."""


class Pages:
    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.port = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            path = head[0].split()[1]
            headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head[1:] if line)}
            self.asked.append((path, headers))
            answer = self.answers.get(path, Answer(status=404))
            status, body = answer.status, answer.body
            if status == 200 and (part := headers.get("range")):
                first, last = part.removeprefix("bytes=").split("-")
                status, body = 206, body[int(first) : int(last) + 1]
            length = len(body) if answer.announced is None else answer.announced
            lines = [
                f"HTTP/1.1 {status} X",
                f"Content-Length: {length}",
                "Connection: close",
                *answer.headers,
            ]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()


@contextlib.asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """The port on loopback where connections are served, while the block lasts; afterwards none is left."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.create_task(talk(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await end_all(talks)


@contextlib.asynccontextmanager
async def pages() -> AsyncIterator[Pages]:
    """The server, while the block lasts."""
    found = Pages()
    async with listening(found.serve) as found.port:
        yield found
