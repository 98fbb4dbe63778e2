"""What the rest of Haneul knows of a database: transactions, queries, and the ways to fail."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
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

    Named parameters (`bindparam("id")`) are given at each call; literals in the statement are kept. One that
    `is_passing` keeps its text alone, which is a twentieth of it: it is for the first dialect that asks.
    """

    __slots__ = ("_compiled", "_is_passing", "statement")

    def __init__(self, statement: ClauseElement, *, is_passing: bool = False) -> None:
        self.statement: Any = statement
        self._is_passing = is_passing
        self._compiled: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {}

    def fill(self, dialect: Dialect, params: dict[str, Any]) -> tuple[str, list[Any]]:
        """The SQL text and its positional values."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            made = self.statement.compile(dialect=dialect)
            names = tuple(getattr(made, "positiontup", None) or ())
            compiled = str(made), names, dict(made.params or {})
            self._compiled[dialect.name] = compiled
            if self._is_passing:
                self.statement = None
        text, names, literals = compiled
        try:
            return text, [params[name] for name in names]
        except KeyError:
            return text, [params[name] if name in params else literals[name] for name in names]

    def fill_each(self, dialect: Dialect, each: Sequence[dict[str, Any]]) -> tuple[str, list[list[Any]]]:
        """The same for several at once; there is at least one."""
        return self.fill(dialect, each[0])[0], [self.fill(dialect, params)[1] for params in each]


class Statements:
    """The queries that were used last, by their shape: callers choose shapes, so not all can be kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._dialect = ""
        self._queries: OrderedDict[Any, Query] = OrderedDict()

    def __len__(self) -> int:
        return len(self._queries)

    def get(self, shape: Any, make: Callable[[], ClauseElement]) -> Query:
        """The query of that shape, made if it is not there."""
        query = self._queries.get(shape)
        if query is None:
            query = self._queries[shape] = Query(make(), is_passing=True)
            if len(self._queries) > self._most:
                self._queries.popitem(last=False)
        else:
            self._queries.move_to_end(shape)
        return query

    def speak(self, dialect: str) -> None:
        """From now on they are for this kind of database."""
        if dialect != self._dialect:
            self._dialect = dialect
            self._queries.clear()


STATEMENTS = Statements(1000)
"""Of all tables together: what a busy cloud asks again and again are some three hundred."""


class Tx(Protocol):
    """One transaction. It begins at its first statement, so that an unused one costs nothing."""

    @property
    def is_open(self) -> bool: ...

    async def all(self, query: Query, /, **params: Any) -> list[Row]: ...

    async def one(self, query: Query, /, **params: Any) -> Row | None: ...

    async def run(self, query: Query, /, **params: Any) -> int:
        """Carry the statement out; how many rows it touched."""
        ...

    async def run_each(self, query: Query, each: Sequence[dict[str, Any]], /) -> None:
        """Carry the statement out with each of these parameters."""
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
