"""/console: the WebSocket at which a console is used, and the page that opens it

A token opens one console, once. The bytes go between the browser and the machine's unix socket as they
are; nothing of a console has a TCP port.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import falcon
import structlog

from haneul.kernel.context import Platform
from haneul.kernel.errors import TooManyRequests, Unauthorized
from haneul.kernel.guesses import guarded
from haneul.kernel.http.app import Application
from haneul.kernel.http.page_safety import policy_of, protect
from haneul.kernel.sockets import connect_unix
from haneul.services.compute.manifest import MANIFEST
from haneul.services.compute.operations import consoles

PAGES = Path(__file__).parent.parent / "pages"
CHUNK = 65536
NO_MACHINE = b"This server is simulated: no machine runs behind this console.\r\n"
logger = structlog.get_logger(__name__)


def mount(app: Application) -> None:
    """Put the console's socket and page beside the routes."""
    app.falcon.add_route(f"{MANIFEST.path}/console", ConsoleSocket(app.platform))
    app.falcon.add_route(f"{MANIFEST.path}/vnc.html", Page(PAGES / "vnc.html"))
    app.falcon.add_route(f"{MANIFEST.path}/simulated.html", Page(PAGES / "simulated.html"))
    app.falcon.add_route(f"{MANIFEST.path}/pages/novnc/{{name:path}}", Scripts(PAGES / "novnc"))


class Page:
    def __init__(self, path: Path) -> None:
        self._content = path.read_bytes()
        self._policy = policy_of(self._content.decode())

    async def on_get(self, req: Any, resp: Any) -> None:
        resp.content_type = "text/html; charset=utf-8"
        resp.data = self._content
        protect(resp, self._policy)


class Scripts:
    """The files of a folder that is part of us, by their names in it."""

    def __init__(self, folder: Path) -> None:
        self._files = _files(folder)

    async def on_get(self, req: Any, resp: Any, name: str) -> None:
        path = self._files.get(name)
        if path is None:
            raise falcon.HTTPNotFound
        resp.content_type = "text/javascript" if path.suffix == ".js" else "application/octet-stream"
        resp.data = path.read_bytes()
        protect(resp)


@cache
def _files(folder: Path) -> dict[str, Path]:
    return {str(each.relative_to(folder)): each for each in folder.rglob("*") if each.is_file()}


class ConsoleSocket:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def on_websocket(self, req: Any, ws: Any) -> None:
        if not self._is_our_page(req.get_header("origin"), req.host):
            raise falcon.HTTPForbidden(description="Origin header does not match this host.")
        token = req.get_param("token") or ""
        try:
            with guarded(self._platform, "console", req.remote_addr or ""):
                console = await consoles.redeem(self._platform, token)
                if console is None:
                    raise Unauthorized
        except (Unauthorized, TooManyRequests):
            raise falcon.HTTPForbidden(description="This address was used before, or has expired.") from None
        binary = "binary" in ws.subprotocols
        if console.socket is None:
            await ws.accept(subprotocol="binary" if binary else None)
            await ws.send_data(NO_MACHINE)
            await ws.close()
            return
        try:
            reader, writer = await asyncio.open_connection(sock=await connect_unix(console.socket))
        except OSError:
            raise falcon.HTTPServiceUnavailable(description="The console does not answer.") from None
        await ws.accept(subprotocol="binary" if binary else None)
        await _carry(ws, reader, writer)

    def _is_our_page(self, origin: str | None, host: str) -> bool:
        """Whether the page that asks came from here. Programs name no origin."""
        if origin is None:
            return True
        try:
            named = urlsplit(origin).hostname
        except ValueError:
            return False
        return named is not None and named in (host, urlsplit(self._platform.endpoint).hostname)


async def _carry(ws: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes both ways until either side ends."""

    async def to_browser() -> None:
        while data := await reader.read(CHUNK):
            await ws.send_data(data)

    async def to_machine() -> None:
        with contextlib.suppress(falcon.WebSocketDisconnected):
            while True:
                data = await ws.receive_data()
                writer.write(data)
                await writer.drain()

    tasks = [asyncio.create_task(to_browser()), asyncio.create_task(to_machine())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        with contextlib.suppress(Exception):
            await ws.close()
