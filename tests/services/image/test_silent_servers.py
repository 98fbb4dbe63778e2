"""A server outside that says nothing holds nobody up but the project that asked it."""

from __future__ import annotations

import asyncio

from haneul.services.image.config import WebOptions
from tests.conftest import Cloud
from tests.services.image.importing import LOOPBACK, ask, configure
from tests.services.image.test_data import send
from tests.services.image.test_images import IMAGES, create
from tests.services.image.web_server import Answer, Pages, listening, pages
from tests.waiting import PATIENCE_S, until

MOST = WebOptions().project_downloads_max


class Silent:
    """Takes every connection and says nothing."""

    def __init__(self) -> None:
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await asyncio.Future()


async def test_a_silent_server_holds_nobody_else_up(cloud: Cloud) -> None:
    configure(cloud, web=LOOPBACK)
    silent = Silent()
    async with listening(silent.serve) as port:
        uri = f"http://127.0.0.1:{port}/disk"
        for _ in range(40):
            id = (await create(cloud.member))["id"]
            assert await ask(cloud.member, id, {"name": "web-download", "uri": uri}) == 202
        await until(lambda: silent.connections == MOST)

        async with pages() as web:
            await _others_go_on(cloud, web)
        assert silent.connections == MOST
    await cloud.settled()


async def _others_go_on(cloud: Cloud, web: Pages) -> None:
    """Another tenant sends, fetches and downloads images as if nothing were."""
    other = cloud.stranger
    mine = (await create(other))["id"]
    assert await send(other, mine, b"data" * 1000) == 204
    assert (await other.get(f"{IMAGES}/{mine}/file")).content == b"data" * 1000

    web.answers["/disk"] = Answer(b"disk" * 1000)
    fetched = (await create(other))["id"]
    assert await ask(other, fetched, {"name": "web-download", "uri": web.url("/disk")}) == 202
    async with asyncio.timeout(PATIENCE_S):
        while (await other.get(f"{IMAGES}/{fetched}")).json()["status"] != "active":  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_download_ends_at_its_deadline(cloud: Cloud) -> None:
    configure(cloud, web=LOOPBACK | {"deadline_s": 0.2, "idle_timeout_s": 30.0})

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.01)

    async with listening(drip) as port:
        id = (await create(cloud.member))["id"]
        uri = f"http://127.0.0.1:{port}/disk"
        assert await ask(cloud.member, id, {"name": "web-download", "uri": uri}) == 202
        await cloud.settled()
    task = (await cloud.member.get(f"{IMAGES}/{id}/tasks")).json()["tasks"][0]
    assert task["status"] == "failure"
    assert (await cloud.member.get(f"{IMAGES}/{id}")).json()["status"] == "queued"
