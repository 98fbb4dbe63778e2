"""The store: SQLite and PostgreSQL behind one port; tables derived from model Structs."""

from __future__ import annotations

from haneul.kernel.db.columns import by_code, derived_field
from haneul.kernel.db.narrow import Narrow, aside
from haneul.kernel.db.port import STATEMENTS, Busy, Database, Duplicate, Query, Row, Tx, Unstorable
from haneul.kernel.db.rows import (
    METADATA,
    Condition,
    Filter,
    Rows,
    Sort,
    Way,
    values_of,
)
from haneul.kernel.db.texts import among, containing, has_texts, like, matches, starting, text_at, texts_of
from haneul.kernel.db.turns import IN_BACKGROUND, ON_BEHALF_OF

__all__ = [
    "IN_BACKGROUND",
    "METADATA",
    "ON_BEHALF_OF",
    "Busy",
    "Condition",
    "Database",
    "Duplicate",
    "Filter",
    "Narrow",
    "Query",
    "Row",
    "Rows",
    "Sort",
    "Tx",
    "Unstorable",
    "Way",
    "among",
    "aside",
    "by_code",
    "containing",
    "derived_field",
    "has_texts",
    "like",
    "matches",
    "open_database",
    "starting",
    "text_at",
    "texts_of",
    "values_of",
]


def open_database(url: str, *, synchronous: str = "FULL") -> Database:
    """The database of a URL: `sqlite:///PATH` or `postgresql://...`. Not yet started."""
    if url.startswith("sqlite:///"):
        from haneul.kernel.db.sqlite import SqliteDatabase

        STATEMENTS.speak("sqlite")
        return SqliteDatabase(url.removeprefix("sqlite:///"), synchronous=synchronous)
    if url.startswith("postgresql://"):
        from haneul.kernel.db.postgresql import PostgresDatabase

        STATEMENTS.speak("postgresql")
        return PostgresDatabase(url)
    raise ValueError(f"not a database URL: {url!r} (sqlite:///PATH or postgresql://...)")
