"""PostgreSQL, through asyncpg: a pool, READ COMMITTED, and advisory locks for what is counted."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from haneul.kernel.db.port import Busy, Duplicate, Query, Row, Unstorable
from haneul.kernel.db.rows import TICKETS
from haneul.kernel.db.turns import Turns
from haneul.kernel.errors import StoreAway, StoreFull

POOL_SIZE = 10
DEADLINE_S = 60.0
"""A server that does not answer a statement within this is away."""
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
"""The server is away, or takes nothing from us."""


class PostgresTx:
    def __init__(self, database: PostgresDatabase, *, read_only: bool) -> None:
        self._database = database
        self._read_only = read_only
        self._after: list[Callable[[], None]] = []
        self._connection: Any = None
        self._transaction: Any = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None and not self._read_only

    async def _open(self) -> Any:
        if self._connection is None:
            await self._database._turns.acquire()
            try:
                with _translated():
                    self._connection = await self._database._pool.acquire()
            except BaseException:
                self._database._turns.release()
                raise
            if not self._read_only:
                self._transaction = self._connection.transaction()
                with _translated():
                    await self._transaction.start()
        return self._connection

    async def all(self, query: Query, /, **params: Any) -> list[Row]:
        connection = await self._open()
        text, values = query.fill(self._database.dialect, params)
        with _translated():
            return [tuple(row) for row in await connection.fetch(text, *values)]

    async def one(self, query: Query, /, **params: Any) -> Row | None:
        connection = await self._open()
        text, values = query.fill(self._database.dialect, params)
        with _translated():
            row = await connection.fetchrow(text, *values)
        return None if row is None else tuple(row)

    async def run(self, query: Query, /, **params: Any) -> int:
        if self._read_only:
            raise RuntimeError("this transaction only reads")
        connection = await self._open()
        text, values = query.fill(self._database.dialect, params)
        with _translated():
            tag = await connection.execute(text, *values)
        count = tag.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def run_each(self, query: Query, each: Sequence[dict[str, Any]], /) -> None:
        if self._read_only:
            raise RuntimeError("this transaction only reads")
        if each:
            connection = await self._open()
            text, rows = query.fill_each(self._database.dialect, each)
            with _translated():
                await connection.executemany(text, rows)

    async def lock(self, *key: str) -> None:
        if self._read_only:
            raise RuntimeError("this transaction only reads")
        digest = hashlib.blake2b("\0".join(key).encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big", signed=True)
        connection = await self._open()
        with _translated():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", number)

    async def ticket(self) -> int:
        connection = await self._open()
        with _translated():
            return int(await connection.fetchval(f"SELECT nextval('{TICKETS.name}')"))

    def after_commit(self, action: Callable[[], None]) -> None:
        self._after.append(action)

    async def _end(self, *, keep: bool) -> None:
        try:
            if self._transaction is not None:
                with _translated():
                    await (self._transaction.commit() if keep else self._transaction.rollback())
        finally:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                try:
                    await self._database._pool.release(connection)
                finally:
                    self._database._turns.release()
        if keep:
            for action in self._after:
                action()


class PostgresDatabase:
    is_shared = True

    def __init__(self, url: str) -> None:
        self.url = url
        self.dialect = asyncpg_dialect.dialect()
        self._pool: Any = None
        self._turns = Turns(POOL_SIZE)

    async def start(self) -> None:
        self._pool = await asyncpg.create_pool(
            self.url, min_size=1, max_size=POOL_SIZE, command_timeout=DEADLINE_S
        )

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    async def now(self) -> datetime:
        with _translated():
            moment: datetime = await self._pool.fetchval("SELECT clock_timestamp()")
        return moment

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTx]:
        tx = PostgresTx(self, read_only=False)
        try:
            yield tx
        except BaseException:
            await tx._end(keep=False)
            raise
        await tx._end(keep=True)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresTx]:
        tx = PostgresTx(self, read_only=True)
        try:
            yield tx
        finally:
            await tx._end(keep=False)


@contextlib.contextmanager
def _translated():
    try:
        yield
    except asyncpg.UniqueViolationError as problem:
        raise Duplicate(columns=getattr(problem, "constraint_name", None) or "key") from problem
    except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as problem:
        raise Busy from problem
    except (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError) as problem:
        raise Unstorable from problem
    except asyncpg.DiskFullError as problem:
        raise StoreFull from problem
    except _AWAY as problem:
        raise StoreAway from problem
    except asyncpg.InterfaceError as problem:
        if "clos" in str(problem):  # the connection is closed, or being closed: the server went away
            raise StoreAway from problem
        raise
