"""Questions about texts that a caller may ask with any number of values, or with a pattern: one statement for all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

ESCAPE = "\\"
MATCHES = "haneul_matches"
"""SQLite's function (text, pattern), which its connections get from us."""


class among(sa.ColumnElement[bool]):
    """`column` is one of the texts in a JSON array parameter: one statement for any number of them.

    Where a `value` is given, it stands for a parameter that is not.
    """

    inherit_cache = True
    type = sa.Boolean()

    def __init__(self, column: Any, name: str, *, negated: bool = False, value: str | None = None) -> None:
        self.column = column
        self.param = (
            sa.bindparam(name, type_=sa.Text) if value is None else sa.bindparam(name, value, type_=sa.Text)
        )
        self.negated = negated

    def self_group(self, against: Any = None) -> Any:
        """Itself: SQLAlchemy would write `(...) = 1` on SQLite, which no index serves."""
        return self


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: Any, **kw: Any) -> str:
    word = "NOT IN" if element.negated else "IN"
    column, param = compiler.process(element.column, **kw), compiler.process(element.param, **kw)
    return f"{column} {word} (SELECT value FROM json_each({param}))"


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: Any, **kw: Any) -> str:
    """With an array: for `IN (SELECT ...)` the planner counts on a hundred texts, and reads the whole table."""
    word = "<> ALL" if element.negated else "= ANY"
    column, param = compiler.process(element.column, **kw), compiler.process(element.param, **kw)
    return f"{column}::text {word} (ARRAY(SELECT jsonb_array_elements_text({param}::jsonb)))"


class texts_of(FunctionElement[Any]):
    """The texts of a JSON array, as rows."""

    inherit_cache = True
    name = "each"


@compiles(texts_of, "sqlite")
def _texts_sqlite(element: texts_of, compiler: Any, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(texts_of, "postgresql")
def _texts_postgresql(element: texts_of, compiler: Any, **kw: Any) -> str:
    return f"jsonb_array_elements_text(({compiler.process(element.clauses, **kw)})::jsonb)"


class text_at(FunctionElement[str]):
    """The text at a place in a JSON object, or null: `text_at(column, "drivers", "volumes")`."""

    inherit_cache = True
    type = sa.Text()
    name = "text_at"

    def __init__(self, column: Any, *path: str) -> None:
        super().__init__(column, *(sa.literal(word, sa.Text) for word in path))


@compiles(text_at, "sqlite")
def _text_at_sqlite(element: text_at, compiler: Any, **kw: Any) -> str:
    column, *path = (compiler.process(each, **kw) for each in element.clauses)
    words = " || '.' || ".join(path)
    return f"json_extract({column}, '$.' || {words})"


@compiles(text_at, "postgresql")
def _text_at_postgresql(element: text_at, compiler: Any, **kw: Any) -> str:
    column, *path = (compiler.process(each, **kw) for each in element.clauses)
    return f"({column}::jsonb #>> ARRAY[{', '.join(f'{word}::text' for word in path)}])"


class matches(FunctionElement[bool]):
    """The text has the pattern somewhere; `kernel.patterns` has read it before."""

    inherit_cache = True
    type = sa.Boolean()
    name = "matches"


@compiles(matches, "sqlite")
def _matches_sqlite(element: matches, compiler: Any, **kw: Any) -> str:
    return f"{MATCHES}({compiler.process(element.clauses, **kw)})"


@compiles(matches, "postgresql")
def _matches_postgresql(element: matches, compiler: Any, **kw: Any) -> str:
    text, wanted = element.clauses
    return f"{compiler.process(text, **kw)} ~ {compiler.process(wanted, **kw)}"


def has_texts(
    column: sa.ColumnElement[Any], parameter: str, values: Iterable[str]
) -> tuple[str, sa.ColumnElement[bool], dict[str, Any]]:
    """What a list is asked about a column of texts (a JSON array), by upstream's name of the parameter.

    `...`: it has all of the values; `...-any`: some; `not-...`: not all of them; `not-...-any`: none.
    """
    name = parameter.replace("-", "_")
    wanted = list(dict.fromkeys(values))
    params: dict[str, Any] = {name: msgspec.json.encode(wanted).decode()}
    value = texts_of(column).table_valued(sa.column("value", sa.Text)).c.value
    if parameter.endswith("-any"):
        has: sa.ColumnElement[bool] = sa.exists(sa.select(value).where(among(value, name)))
    else:
        params[f"{name}_most"] = len(wanted)
        number = sa.select(sa.func.count(sa.distinct(value))).where(among(value, name)).scalar_subquery()
        has = number == sa.bindparam(f"{name}_most", type_=sa.BigInteger)
    return parameter, sa.not_(has) if parameter.startswith("not-") else has, params


def like(column: sa.ColumnElement[Any], name: str, *, folded: bool = False) -> sa.ColumnElement[bool]:
    """The text has what the parameter of that name says, a text of `containing`, `starting` or `ending`.

    `folded`: whatever the case of its letters.
    """
    pattern: sa.ColumnElement[str] = sa.bindparam(name, type_=sa.Text)
    if folded:
        return sa.func.lower(column).like(sa.func.lower(pattern), escape=ESCAPE)
    return column.like(pattern, escape=ESCAPE)


def containing(text: str) -> str:
    return f"%{_ordinary(text)}%"


def starting(text: str) -> str:
    return f"{_ordinary(text)}%"


def ending(text: str) -> str:
    return f"%{_ordinary(text)}"


def _ordinary(text: str) -> str:
    """The text with what is special in patterns made ordinary."""
    return text.replace(ESCAPE, ESCAPE * 2).replace("%", ESCAPE + "%").replace("_", ESCAPE + "_")
