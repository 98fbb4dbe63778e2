"""A small web server on loopback: what it answers is in a table."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple


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
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def pages() -> AsyncIterator[Pages]:
    """The server, while the block lasts."""
    found = Pages()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await server.wait_closed()
