"""Write down the store of a furnished cloud of this version."""

from __future__ import annotations

import asyncio
import contextlib
import lzma
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from haneul.kernel.auth import Auth
from haneul.process import Options, Process
from haneul.services.identity import public as identity
from tests import postgresql
from tests.filters.world import World, build

HERE = Path(__file__).parent
PATHS = {
    "network": "/networking/v2.0",
    "compute": "/compute/v2.1",
    "volume": "/volume/v3",
    "image": "/image/v2",
    "identity": "/identity/v3",
}


class Furnished:
    """The cloud that `tests.filters.world` furnishes."""

    def __init__(self, process: Process, http: httpx.AsyncClient) -> None:
        self.process, self.http = process, http
        self.tokens = {who: self._token(who, roles) for who, roles in ROLES.items()}

    def _token(self, who: str, roles: tuple[str, ...]) -> str:
        return identity.mint(
            self.process.platform,
            Auth(
                user_id=f"{who}-id",
                user_name=who,
                user_domain_id="default",
                project_id=f"{who:0<32}".encode().hex()[:32],
                project_name=who,
                project_domain_id="default",
                roles=roles,
                methods=("password",),
                issued_at="2026-01-01T00:00:00.000000Z",
                expires_at="2099-01-01T00:00:00.000000Z",
            ),
        )

    async def call(
        self, who: str, method: str, service: str, path: str, body: Any = None, version: str | None = None
    ) -> tuple[int, Any]:
        headers = {"X-Auth-Token": self.tokens[who]}
        if version:
            headers["OpenStack-API-Version"] = version
        sent: dict[str, Any] = {"json": body}
        if isinstance(body, bytes):
            sent, headers["Content-Type"] = {"content": body}, "application/octet-stream"
        answer = await self.http.request(method, PATHS[service] + path, headers=headers, **sent)
        with contextlib.suppress(ValueError):
            return answer.status_code, answer.json()
        return answer.status_code, answer.text


ROLES = {"admin": ("admin", "manager", "member", "reader"), "member": ("member", "reader")}


async def furnish(state: Path, database: str | None) -> None:
    options = Options(state, database=database, simulate=True, agent="in-process", synchronous="OFF")
    process = Process(options)
    await process.start()
    transport = httpx.ASGITransport(process.plane.app.falcon)
    async with httpx.AsyncClient(transport=transport, base_url=options.endpoint) as http:
        await build(World(Furnished(process, http)))
    await process.platform.engine.idle()
    await process.stop()


def write(name: str, text: str) -> None:
    (HERE / name).write_bytes(lzma.compress(text.encode(), preset=9))


def main(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(furnish(Path(folder), None))
        connection = sqlite3.connect(Path(folder) / "haneul.db")
        write(f"{name}.sqlite.sql.xz", "\n".join(connection.iterdump()))
        connection.close()
    with tempfile.TemporaryDirectory() as folder, postgresql.running() as url:
        asyncio.run(furnish(Path(folder), url))
        dump = ["pg_dump", "--no-owner", "--no-privileges", "--inserts", url]
        done = subprocess.run(dump, capture_output=True, text=True, check=True)
        write(f"{name}.postgresql.sql.xz", done.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
