"""A real PostgreSQL server for the tests, in a temporary folder, on a unix socket only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from haneul.kernel.db import Database, open_database

QUICK = "-c fsync=off -c full_page_writes=off -c max_connections=60"
FORGETFUL = f"{QUICK} -c synchronous_commit=off"
"""Faster, and what was committed last is lost when the server is stopped at once."""


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "PostgreSQL is not installed: packaging/install-debian-packages"
    return found[-1].parent


def _as_postgres(*words: str) -> list[str]:
    """PostgreSQL refuses to run as root; Debian's package made a user for it."""
    return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else list(words)


class Server:
    """A server that can be stopped in the middle of anything, and started again with what it has."""

    def __init__(self, folder: Path, settings: str) -> None:
        self._settings = settings
        self.url = f"postgresql://haneul@/postgres?host={folder}"
        self._folder = folder
        self._programs = _programs()

    def make(self) -> None:
        data = str(self._folder / "data")
        self._run("initdb", "-D", data, "-U", "haneul", "-A", "trust", "-E", "UTF8")

    def start(self) -> None:
        options = f"{self._settings} -c listen_addresses='' -c unix_socket_directories={self._folder}"
        self._control("-o", options, "start")

    def stop(self) -> None:
        """At once, as if the machine had lost its power."""
        self._control("-m", "immediate", "stop")

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-l", str(self._folder / "log"), *words)

    def _run(self, program: str, *words: str) -> None:
        line = _as_postgres(str(self._programs / program), *words)
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL, cwd=self._folder)


@contextmanager
def serving(settings: str = QUICK) -> Iterator[Server]:
    """A fresh server, running; it and all it has are gone after the block."""
    folder = Path(tempfile.mkdtemp(prefix="haneul-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = Server(folder, settings)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)


@contextmanager
def running() -> Iterator[str]:
    """The URL of a fresh server's database, `postgresql://...`; the server is gone after the block."""
    with serving(FORGETFUL) as server:
        yield server.url


class Emptied:
    """One database with all tables, whose rows are removed before each use.

    Emptying 53 tables takes 5 ms, copying a template database 200 to 300 ms.
    """

    def __init__(self, url: str, metadata: sa.MetaData) -> None:
        self._url = url
        self._metadata = metadata
        self._is_made = False

    @asynccontextmanager
    async def database(self, _: Path) -> AsyncIterator[Database]:
        if not self._is_made:
            await self._make()
            self._is_made = True
        connection = await asyncpg.connect(self._url)
        tables = reversed(self._metadata.sorted_tables)
        await connection.execute("".join(f'DELETE FROM "{table.name}";' for table in tables))
        await connection.close()
        yield open_database(self._url)

    async def _make(self) -> None:
        engine = create_async_engine(self._url.replace("postgresql://", "postgresql+asyncpg://", 1))
        async with engine.begin() as connection:
            await connection.run_sync(self._metadata.create_all)
        await engine.dispose()
