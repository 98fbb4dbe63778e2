"""Connections that are half open, slow, too large or too many, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import falcon.asgi
import pytest
import uvicorn
import websockets

from haneul.kernel.http import connections
from haneul.kernel.http.door import OWN_FILES, Door, Limits
from tests.waiting import PATIENCE_S, until

SOON = Limits(head_timeout_s=0.2, body_timeout_s=0.2, idle_timeout_s=0.2)
SECONDS = 30
"""Never waited for in full, unless something is wrong."""


class Echo:
    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.is_reading = asyncio.Event()

    async def on_get(self, req: Any, resp: Any) -> None:
        self.is_reading.set()
        await self.may_answer.wait()
        resp.text = "here"

    async def on_post(self, req: Any, resp: Any) -> None:
        self.is_reading.set()
        resp.text = str(len(await req.stream.read()))

    async def on_put(self, req: Any, resp: Any) -> None:
        resp.status = 413

    async def on_delete(self, req: Any, resp: Any) -> None:
        resp.data = bytes(64 << 20)

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        with contextlib.suppress(falcon.WebSocketDisconnected):
            while True:
                await ws.send_text(await ws.receive_text())


class Server:
    def __init__(self, door: Door, echo: Echo, port: int) -> None:
        self.door = door
        self.echo = echo
        self.port = port

    async def connect(self, data: bytes = b"", address: str = "127.0.0.1") -> Link:
        link = Link(*await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0)))
        link.send(data)
        return link

    async def answer(self, data: bytes) -> bytes:
        """All that the server sends until it ends the connection."""
        link = await self.connect(data)
        return await link.rest()


class Link:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def rest(self) -> bytes:
        async with asyncio.timeout(SECONDS):
            answer = b""
            with contextlib.suppress(ConnectionError):
                while piece := await self._reader.read(65536):
                    answer += piece
        self.close()
        return answer

    async def until(self, end: bytes) -> bytes:
        async with asyncio.timeout(SECONDS):
            return await self._reader.readuntil(end)

    def close(self) -> None:
        self._writer.close()


@contextlib.asynccontextmanager
async def serving(limits: Limits, *, open_files: int | None = None, app: Any = None) -> AsyncIterator[Server]:
    """The echo, or another application."""
    echo = Echo()
    if app is None:
        app = falcon.asgi.App()
        app.add_route("/", echo)
    door = Door(limits, open_files=open_files)
    plain, upgraded = connections.protocols(door)
    config = uvicorn.Config(
        app, http=plain, ws=upgraded, log_config=None, lifespan="off", port=0,
        timeout_keep_alive=limits.idle_timeout_s, timeout_graceful_shutdown=1,  # type: ignore[arg-type]
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield Server(door, echo, server.servers[0].sockets[0].getsockname()[1])
    finally:
        echo.may_answer.set()
        server.should_exit = True
        await task
        door.close()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("version", ["2.0", "1.2", "0.9", "3.0"])
async def test_what_is_no_http_1_is_told_so(version: str) -> None:
    """Behind the parser some of it was taken for a mistake of ours: 500."""
    async with serving(SOON) as server:
        for head in (f"GET / HTTP/{version}\r\nHost: x\r\n\r\n", f"GET / HTTP/{version}\r\n\r\n"):
            answer = await server.answer(head.encode())
            assert status(answer) in (400, 505)
            assert b"nosniff" in answer


@pytest.mark.parametrize("half", [b"", b"\r\n", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX-"])
async def test_a_request_that_does_not_come_to_its_end_is_told_so_and_closed(half: bytes) -> None:
    async with serving(SOON) as server:
        late = await server.answer(half)
        assert status(late) == 408
        assert b"nosniff" in late and b"default-src 'none'" in late
        await until(lambda: len(server.door) == 0)


async def test_a_head_that_trickles_is_closed_all_the_same() -> None:
    async with serving(SOON) as server:
        link = await server.connect(b"GET / HTTP/1.1\r\n")
        trickle = asyncio.create_task(trickling(link))
        assert status(await link.rest()) == 408
        trickle.cancel()


async def trickling(link: Link) -> None:
    while True:
        link.send(b"X-A: b\r\n")
        await asyncio.sleep(0.02)


async def test_the_next_request_of_a_connection_has_its_own_time() -> None:
    async with serving(SOON) as server:
        link = await server.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await link.until(b"here")
        link.send(b"GET ")
        assert status(await link.rest()) == 408


async def test_a_connection_that_asks_nothing_more_is_closed() -> None:
    async with serving(SOON) as server:
        answer = await server.answer(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.endswith(b"here")


@pytest.mark.parametrize("kind", [b"Content-Length: 10\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\n"])
async def test_a_body_that_stops_coming_is_told_so_and_closed(kind: bytes) -> None:
    async with serving(SOON) as server:
        assert status(await server.answer(b"POST / HTTP/1.1\r\nHost: x\r\n" + kind + b"12345")) == 408


async def test_a_body_that_comes_slowly_but_comes_is_taken() -> None:
    async with serving(Limits(body_timeout_s=PATIENCE_S)) as server:
        link = await server.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
        await server.echo.is_reading.wait()
        for _ in range(5):
            link.send(b"1")
            await asyncio.sleep(0.01)
        assert (await link.until(b"\r\n\r\n5")).startswith(b"HTTP/1.1 200")
        link.close()


async def test_an_answer_that_takes_its_time_is_waited_for() -> None:
    async with serving(SOON) as server:
        server.echo.may_answer.clear()
        link = await server.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await server.echo.is_reading.wait()
        since = server.door.now
        await until(lambda: server.door.now > since + 4 * SOON.head_timeout_s)
        server.echo.may_answer.set()
        assert (await link.rest()).endswith(b"here")


async def test_an_answer_that_is_never_read_is_given_up() -> None:
    async with serving(Limits(unread_timeout_s=0.3)) as server:
        link = await server.connect(b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: len(server.door) == 1)
        await until(lambda: len(server.door) == 0)
        link.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-Endless: " + b"a" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * 1000 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * 100_000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: " + b"a" * 400_000,
    ],
    ids=["path", "header", "endless-header", "many", "endlessly-many", "trailer"],
)
async def test_a_head_that_is_too_large_is_refused(head: bytes) -> None:
    async with serving(Limits()) as server:
        assert status(await server.answer(head)) == 431
        await until(lambda: len(server.door) == 0)


async def test_twenty_megabytes_of_small_headers_cost_next_to_nothing() -> None:
    async with serving(Limits()) as server:
        link = await server.connect(b"GET / HTTP/1.1\r\n")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                link.send(b"a:b\r\n" * 20_000)
                await asyncio.wait_for(link._writer.drain(), SECONDS)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
        link.close()


async def test_a_large_request_within_the_limits_is_answered() -> None:
    headers = b"".join(b"X-%d: %s\r\n" % (i, b"v" * 300) for i in range(150))
    body = b"x" * 5_000_000
    async with serving(Limits()) as server:
        link = await server.connect(
            b"POST / HTTP/1.1\r\nContent-Length: 5000000\r\n" + headers + b"\r\n" + body
        )
        answer = await link.until(b"\r\n\r\n5000000")
        assert b"connection: close" not in answer
        link.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await link.until(b"here")
        link.close()


@pytest.mark.parametrize("length", [b"Content-Length: 1000000000000", b"Transfer-Encoding: chunked"])
async def test_a_body_that_is_refused_ends_the_connection_and_the_answer_is_read(length: bytes) -> None:
    async with serving(Limits()) as server:
        link = await server.connect(b"PUT / HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n")
        sending = asyncio.create_task(flooding(link, b"fffffff\r\n"))
        answer = await link.rest()
        sending.cancel()
        assert status(answer) == 413
        assert b"connection: close" in answer


async def flooding(link: Link, first: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        link.send(first)
        while True:
            link.send(b"x" * 65536)
            await link._writer.drain()


async def test_half_open_connections_make_room_for_who_asks() -> None:
    async with serving(Limits(most_connections=40)) as server:
        halves = [await server.connect(b"GET ") for _ in range(120)]
        await until(lambda: len(server.door) == 40)
        link = await server.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", address="127.0.0.2")
        assert await link.until(b"here")
        assert len(server.door) <= 40
        for each in [*halves, link]:
            each.close()


async def test_one_address_does_not_take_the_places_of_another() -> None:
    async with serving(Limits(most_connections=20)) as server:
        server.echo.may_answer.clear()
        honest = [
            await server.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", address=f"127.0.0.{n}")
            for n in range(2, 6)
        ]
        await until(lambda: len(server.door) == 4)
        flood = [await server.connect() for _ in range(60)]
        await until(lambda: len(server.door) == 20)
        server.echo.may_answer.set()
        for each in honest:
            assert await each.until(b"here")
        for each in [*honest, *flood]:
            each.close()


async def test_who_comes_when_all_are_at_work_is_told_so() -> None:
    async with serving(Limits(most_connections_per_address=3)) as server:
        server.echo.may_answer.clear()
        busy = [await server.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(3)]
        await until(lambda: len(server.door) == 3 and server.echo.is_reading.is_set())
        assert status(await server.answer(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")) == 503
        elsewhere = await server.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", address="127.0.0.2")
        server.echo.may_answer.set()
        for each in [*busy, elsewhere]:
            assert await each.until(b"here")
            each.close()


async def test_an_upgraded_connection_keeps_its_place_and_lives() -> None:
    async with serving(SOON) as server:
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/") as socket:
            since = server.door.now
            await until(lambda: server.door.now > since + 4 * SOON.head_timeout_s)
            await socket.send("still here")
            assert await socket.recv() == "still here"
            assert len(server.door) == 1
        await until(lambda: len(server.door) == 0)


async def test_there_are_never_more_connections_than_descriptors() -> None:
    async with serving(Limits(), open_files=OWN_FILES + 8) as server:
        links = [await server.connect() for _ in range(20)]
        await until(lambda: len(server.door) == 8)
        for each in links:
            each.close()


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    script = (
        "import resource as r; from haneul.kernel.http.door import raise_open_files as up;"
        "hard = r.getrlimit(r.RLIMIT_NOFILE)[1]; r.setrlimit(r.RLIMIT_NOFILE, (64, hard)); print(up() == hard)"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "True"


async def test_requests_in_one_piece_are_answered_in_order() -> None:
    async with serving(Limits()) as server:
        link = await server.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
        for _ in range(5):
            assert await link.until(b"here")
        link.close()


async def test_requests_without_end_in_one_piece_are_not_kept() -> None:
    async with serving(Limits()) as server:
        server.echo.may_answer.clear()
        link = await server.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
        assert await link.rest() == b""
