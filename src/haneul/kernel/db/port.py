"""What the rest of Haneul knows of a database: transactions, queries, and the ways to fail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ClauseElement
from sqlalchemy.engine import Dialect

from haneul.kernel.errors import BadRequest, Conflict

Row = tuple[Any, ...]


class Duplicate(Conflict):
    """A unique key exists already; `columns` names it as the database does."""

    code, message = "duplicate", "A row with the same {columns} exists."


class Busy(Conflict):
    """The database asks to run the whole transaction again (deadlock, serialization)."""

    code, message = "busy", "The database asks to try again."


class Unstorable(BadRequest):
    """PostgreSQL has no place for the character NUL."""

    code, message = "unstorable", "A text has a character that cannot be stored."


class TooLong(BadRequest):
    """A text, or a pattern to look for, is longer than the database takes."""

    code, message = "too_long", "A text is longer than can be looked for."


class Query:
    """A statement, compiled once per dialect and then only filled in.

    Named parameters (`bindparam("id")`) are given at each call; literals in the statement are kept.
    """

    __slots__ = ("_compiled", "statement")

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {}

    def fill(self, dialect: Dialect, params: dict[str, Any]) -> tuple[str, list[Any]]:
        """The SQL text and its positional values."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            made = self.statement.compile(dialect=dialect)
            names = tuple(getattr(made, "positiontup", None) or ())
            compiled = str(made), names, dict(made.params or {})
            self._compiled[dialect.name] = compiled
        text, names, literals = compiled
        return text, [params[name] if name in params else literals[name] for name in names]


class Tx(Protocol):
    """One transaction. It begins at its first statement, so that an unused one costs nothing."""

    @property
    def is_open(self) -> bool: ...

    async def all(self, query: Query, /, **params: Any) -> list[Row]: ...

    async def one(self, query: Query, /, **params: Any) -> Row | None: ...

    async def run(self, query: Query, /, **params: Any) -> int:
        """Carry the statement out; how many rows it touched."""
        ...

    async def lock(self, *key: str) -> None:
        """Nobody else holds this key until the transaction ends."""
        ...

    async def ticket(self) -> int:
        """A number larger than all that anybody was given before, whether this transaction is kept or not."""
        ...

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do this once the transaction has been committed, and only then."""
        ...


class Database(Protocol):
    @property
    def dialect(self) -> Dialect: ...

    @property
    def is_shared(self) -> bool:
        """Whether other processes write to it too."""
        ...

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def now(self) -> datetime:
        """The time by the database's own clock."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Commit at the end of the block, roll back if it raises."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Tx]:
        """Read what is committed; writing is an error."""
        ...
