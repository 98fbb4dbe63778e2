"""The store of one cloud: where it is, whether it is up to date, and who may open it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from haneul.migrations import heads


class StoreProblem(Exception):
    """The store cannot be opened; the message says why."""


def url_of(state: Path, database: str | None = None) -> str:
    """The database URL of a state folder: the one given, or the file in the folder."""
    return database or f"sqlite:///{state / 'haneul.db'}"


def lock(state: Path) -> int:
    """One control plane only writes to the file in the folder; StoreProblem if there is one already.

    The descriptor holds the lock until it is closed or the process ends, however it ends.
    """
    try:
        descriptor = os.open(state / "haneul.db.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise StoreProblem(f"the state folder {state} cannot be written: {problem.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise StoreProblem(f"another control plane has the store in {state} open") from None
    return descriptor


@contextlib.contextmanager
def starting(state: Path) -> Iterator[None]:
    """Nobody else starts a control plane on this folder meanwhile; who comes second waits."""
    descriptor = os.open(state / "starting.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def ensure_current(url: str) -> None:
    """The store exists and has this version's shape; migrations run in a process of their own."""
    if url.startswith("sqlite:///"):
        revisions = _revisions(url.removeprefix("sqlite:///"))
    else:
        revisions = asyncio.run(_revisions_of_server(url))
    if revisions == heads():
        return
    command = [
        sys.executable,
        "-m",
        "haneul.migrations",
        "-",
    ]  # everybody may read arguments, passwords in them too
    done = subprocess.run(command, input=url, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StoreProblem(f"the store could not be brought up to date: {done.stderr.strip()[-2000:]}")


def _revisions(path: str) -> set[str] | None:
    if not Path(path).exists():
        return None
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.OperationalError as problem:
        if "no such table" in str(problem):
            return None
        raise StoreProblem(f"{path} cannot be read: {problem}") from None
    except sqlite3.DatabaseError as problem:
        raise StoreProblem(f"{path} is no store of ours: {problem}") from None
    finally:
        connection.close()
    return {revision for (revision,) in rows}


async def _revisions_of_server(url: str) -> set[str] | None:
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as problem:
        raise StoreProblem(f"the database does not answer: {problem}") from None
    try:
        rows = await connection.fetch("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return {row[0] for row in rows}
