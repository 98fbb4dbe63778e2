"""SQLite: reads in the event loop, one writer, many transactions to a commit.

A transaction takes its turn on the one writing connection and runs inside a savepoint. When nobody
waits for a turn (or 64 have passed) the batch is committed, in a thread, because that waits for the
disk. Each transaction's block ends only when its batch is on disk, so what was answered is durable,
and the cost of `synchronous=FULL` is shared by all that came together.

What can go wrong: a commit that fails fails every transaction of its batch, and all of them say so.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.dialects import sqlite as sqlite_dialect

from haneul.kernel.db.port import Duplicate, Query, Row, TooLong
from haneul.kernel.db.texts import MATCHES
from haneul.kernel.db.turns import Turns
from haneul.kernel.errors import HaneulError, StoreAway, StoreFull
from haneul.kernel.patterns import pattern

BATCH = 64
_UNIQUE = "UNIQUE constraint failed: "


def connect(path: str | Path, *, synchronous: str = "FULL") -> sqlite3.Connection:
    """A connection with the settings that all of ours have (reasons in docs/adr/0003-store.md)."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=10
    )
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "foreign_keys=ON",
        "cache_size=-16384",
        "mmap_size=268435456",
        "wal_autocheckpoint=4000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.create_function(MATCHES, 2, _matches, deterministic=True)
    return connection


def _matches(text: str | None, wanted: str) -> bool:
    return text is not None and pattern(wanted).search(text)


class SqliteTx:
    """One turn on the writer; see the module's story."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._after: list[Callable[[], None]] = []
        self._batch: asyncio.Future[None] | None = None

    @property
    def is_open(self) -> bool:
        return self._batch is not None

    async def _execute(self, query: Query, params: dict[str, Any]) -> sqlite3.Cursor:
        if self._batch is None:
            self._batch = await self._database._begin()
        text, values = query.fill(self._database.dialect, params)
        return _run(self._database._writer, text, values)

    async def all(self, query: Query, /, **params: Any) -> list[Row]:
        return (await self._execute(query, params)).fetchall()

    async def one(self, query: Query, /, **params: Any) -> Row | None:
        cursor = await self._execute(query, params)
        row: Row | None = cursor.fetchone()
        cursor.close()
        return row

    async def run(self, query: Query, /, **params: Any) -> int:
        return (await self._execute(query, params)).rowcount

    async def run_each(self, query: Query, each: Sequence[dict[str, Any]], /) -> None:
        if each:
            if self._batch is None:
                self._batch = await self._database._begin()
            text, rows = query.fill_each(self._database.dialect, each)
            with _translated():
                self._database._writer.executemany(text, rows).close()

    async def lock(self, *key: str) -> None:
        """Nothing to do: there is one writer, and it is us from the first statement on."""
        if self._batch is None:
            self._batch = await self._database._begin()

    async def ticket(self) -> int:
        return self._database.ticket()

    def after_commit(self, action: Callable[[], None]) -> None:
        self._after.append(action)

    async def _end(self, *, keep: bool) -> None:
        if self._batch is not None:
            batch, self._batch = self._batch, None
            await self._database._end(batch, keep=keep)
        if keep:
            for action in self._after:
                action()


class _Writing:
    """A transaction that is kept at the end of the block, unless that raises."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._tx = SqliteTx(database)

    async def __aenter__(self) -> SqliteTx:
        return self._tx

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self._tx._end(keep=kind is None)


class _Reading:
    """Reads what is committed, statement by statement, on the loop's own connection."""

    is_open = False

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def __aenter__(self) -> _Reading:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass  # every statement stood by itself

    async def all(self, query: Query, /, **params: Any) -> list[Row]:
        text, values = query.fill(self._database.dialect, params)
        try:
            return self._database._reader.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise problem_of(error) or error from error

    async def one(self, query: Query, /, **params: Any) -> Row | None:
        text, values = query.fill(self._database.dialect, params)
        try:
            cursor = self._database._reader.execute(text, values)
            row: Row | None = cursor.fetchone()
        except sqlite3.Error as error:
            raise problem_of(error) or error from error
        cursor.close()
        return row

    async def run(self, query: Query, /, **params: Any) -> int:
        raise RuntimeError("this transaction only reads")

    async def run_each(self, query: Query, each: Sequence[dict[str, Any]], /) -> None:
        raise RuntimeError("this transaction only reads")

    async def lock(self, *key: str) -> None:
        raise RuntimeError("this transaction only reads")

    async def ticket(self) -> int:
        return self._database.ticket()

    def after_commit(self, action: Callable[[], None]) -> None:
        raise RuntimeError("this transaction only reads")


class SqliteDatabase:
    is_shared = False

    def __init__(self, path: str | Path, *, synchronous: str = "FULL") -> None:
        self.path = Path(path)
        self.dialect = sqlite_dialect.dialect(paramstyle="qmark")
        self._synchronous = synchronous
        self._turn = Turns()
        self._batch: asyncio.Future[None] | None = None
        self._size = 0
        self._ticket = 0
        self._thread = ThreadPoolExecutor(1, "sqlite-commit")
        self._commits: set[asyncio.Task[None]] = set()
        self._writer: sqlite3.Connection
        self._reader: sqlite3.Connection

    async def start(self) -> None:
        self._writer = connect(self.path, synchronous=self._synchronous)
        self._reader = connect(self.path, synchronous=self._synchronous)
        self._reader.execute("PRAGMA query_only=ON").close()

    async def close(self) -> None:
        while self._commits:
            await asyncio.wait(self._commits)
        self._thread.shutdown()
        self._reader.close()
        self._writer.close()

    async def now(self) -> datetime:
        """The file has one writer, so its clock is this process's."""
        return datetime.now(UTC)

    def ticket(self) -> int:
        """The file has one control plane, so it need not be asked: the clock leads past those before a restart."""
        self._ticket = max(self._ticket + 1, time.time_ns() // 1000)
        return self._ticket

    def transaction(self) -> _Writing:
        return _Writing(self)

    def reading(self) -> _Reading:
        return _Reading(self)

    async def _begin(self) -> asyncio.Future[None]:
        await self._turn.acquire()
        try:
            if self._batch is None:
                with _translated():
                    self._writer.execute("BEGIN IMMEDIATE").close()
                self._batch = asyncio.get_running_loop().create_future()
                self._size = 0
            self._writer.execute("SAVEPOINT turn").close()
        except BaseException:
            self._turn.release()
            raise
        return self._batch

    async def _end(self, batch: asyncio.Future[None], *, keep: bool) -> None:
        if not self._writer.in_transaction:  # the disk is full: SQLite has undone the whole batch
            self._spoil(batch)
            if keep:
                await batch
            return
        if not keep:
            self._writer.execute("ROLLBACK TO turn").close()
        self._writer.execute("RELEASE turn").close()
        self._size += 1
        if self._turn.waiting and self._size < BATCH:
            self._turn.release()
        else:
            commit = asyncio.ensure_future(self._commit(batch))
            self._commits.add(commit)  # runs to its end even if we are cancelled
            commit.add_done_callback(self._commits.discard)
        if keep:
            await asyncio.shield(batch)

    def _spoil(self, batch: asyncio.Future[None]) -> None:
        """Nobody of the batch has stored anything, and all of them are told so."""
        self._batch = None
        if not batch.done():
            batch.set_exception(StoreFull())
            batch.exception()
        self._turn.release()

    async def _commit(self, batch: asyncio.Future[None]) -> None:
        self._batch = None
        try:
            if self._synchronous == "OFF":
                self._writer.execute("COMMIT").close()
            else:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._thread, self._writer.execute, "COMMIT")
        except sqlite3.Error as problem:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK").close()
            batch.set_exception(problem_of(problem) or problem)
            batch.exception()  # seen, even if every member of the batch rolled back
        else:
            batch.set_result(None)
        finally:
            self._turn.release()


def problem_of(error: sqlite3.Error) -> HaneulError | None:
    """What a caller is told of it; None if it is a mistake of ours."""
    if isinstance(error, sqlite3.IntegrityError):
        text = str(error)
        return Duplicate(columns=text.removeprefix(_UNIQUE)) if text.startswith(_UNIQUE) else None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreFull()
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StoreAway()
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreAway()
    if "pattern too complex" in str(error) or code == sqlite3.SQLITE_TOOBIG:
        return TooLong()
    return None


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise problem_of(error) or error from error


def _run(connection: sqlite3.Connection, text: str, values: list[Any]) -> sqlite3.Cursor:
    try:
        return connection.execute(text, values)
    except sqlite3.Error as error:
        raise problem_of(error) or error from error
