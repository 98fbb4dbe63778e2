"""Files as bodies of answers, over real connections."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import socket
import struct
from collections.abc import AsyncIterator, Container
from pathlib import Path
from typing import Any

import falcon.asgi
import httpx
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from haneul.kernel.http.routes import Request
from haneul.kernel.http.sending import Connection
from tests.waiting import until

SIZE = 9_000_001


class Serves:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.passed = 0
        """How many bytes went through the application."""

    async def on_get(self, req: Any, resp: Any) -> None:
        offset = int(req.params.get("from", 0))
        resp.set_header("Content-Length", str(SIZE - offset))
        resp.stream = self._counted(Request(req).file_body(self.path, offset, SIZE - offset))

    async def _counted(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            self.passed += len(piece)
            yield piece


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(SIZE))
    return path


def descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@contextlib.asynccontextmanager
async def serving(path: Path, protocol: Any = Connection, serves: Any = None) -> AsyncIterator[int]:
    """The port of a server that answers with the file."""
    app = falcon.asgi.App()
    app.add_route("/file", serves or Serves(path))
    config = uvicorn.Config(app, http=protocol, log_config=None, lifespan="off", port=0)
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


@pytest.mark.parametrize("protocol", [Connection, "httptools"])
async def test_a_file_is_sent_whole_and_in_part_on_one_connection(file: Path, protocol: Any) -> None:
    data = file.read_bytes()
    async with serving(file, protocol) as port, httpx.AsyncClient() as client:
        for offset in (0, 5_000_000, SIZE - 1, 0):
            answer = await client.get(f"http://127.0.0.1:{port}/file", params={"from": offset})
            assert answer.content == data[offset:]
        assert (await client.head(f"http://127.0.0.1:{port}/file")).status_code == 405


@pytest.mark.parametrize(("protocol", "passed"), [(Connection, 0), ("httptools", SIZE)])
async def test_nothing_passes_through_the_application(file: Path, protocol: Any, passed: int) -> None:
    serves = Serves(file)
    async with serving(file, protocol, serves) as port, httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/file")).content == file.read_bytes()
    assert serves.passed == passed


def test_the_server_has_inside_what_is_used_of_it() -> None:
    """docs/adr/0011 says what to do when this fails after an upgrade."""
    assert list(inspect.signature(HttpToolsProtocol._start_asgi_task).parameters) == ["self", "cycle", "app"]
    used = {"transport", "flow", "disconnected", "expected_content_length", "scope"}
    source = inspect.getsource(RequestResponseCycle.__init__)
    assert {name for name in used if f"self.{name} = " in source or f"self.{name}: " in source} == used


async def test_who_reads_slowly_gets_everything(file: Path) -> None:
    async with serving(file) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
        writer.write(b"GET /file HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        found = bytearray()
        while len(found) < SIZE:
            found += await reader.read(1 << 19)
            await asyncio.sleep(0.002)
        assert found == file.read_bytes()
        writer.close()
        await writer.wait_closed()


async def test_who_goes_away_takes_nothing_with_them(file: Path) -> None:
    before = descriptors()
    async with serving(file) as port:
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /file HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readexactly(100_000)
            writer.transport.abort()
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/file")).content == file.read_bytes()
    await until(lambda: descriptors() <= before)


class Says:
    async def on_get(self, req: Any, resp: Any) -> None:
        resp.data = b"hello" * 100


def data_segments(writer: asyncio.StreamWriter) -> int:
    """How many segments with data a connection has received: `tcpi_data_segs_in` of linux/tcp.h."""
    info = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
    found: int = struct.unpack_from("I", info, 152)[0]
    return found


@pytest.mark.parametrize(("protocol", "counts"), [(Connection, range(20, 24)), ("httptools", range(24, 61))])
async def test_head_and_body_leave_together(file: Path, protocol: Any, counts: Container[int]) -> None:
    """Uvicorn's own protocol shows that the count tells the two ways apart: it sends two for each answer. On a busy
    machine the kernel joins some of them, or sends one again."""
    async with serving(file, protocol, Says()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(20):
            writer.write(b"GET /file HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(500) == b"hello" * 100
        assert data_segments(writer) in counts
        writer.write(b"HEAD /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 405")
        writer.close()
        await writer.wait_closed()
