"""Rows of model objects: a table derived from a Struct, and the queries that every table needs.

The Struct says what the thing is; here stand only its keys and indexes. Columns have the names and
kinds of the fields: text, integers, floats, truths and times are columns of their own, everything else
is stored as JSON text. Times are text, ISO 8601 in UTC with microseconds, so that they sort.
"""

from __future__ import annotations

import asyncio
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from haneul.kernel.clock import seconds_text
from haneul.kernel.db.columns import derived_names, is_optional, kind
from haneul.kernel.db.port import STATEMENTS, Query, Tx
from haneul.kernel.db.texts import among, containing, ending, like, matches, starting
from haneul.kernel.errors import BadRequest, StaleRow

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TICKETS = sa.Sequence("haneul_tickets", 4_000_000_000_000_000, data_type=sa.BigInteger, metadata=METADATA)
"""Where tickets are from when several processes share a store. It begins beyond every clock's microseconds."""

MOST_CONDITIONS = 64
"""Of one list; each makes its statement longer. Any number of values of one field is one condition."""
PIECE = 1000
"""So many objects are made of rows before others have their turn."""

T = TypeVar("T", bound=msgspec.Struct)
Condition = tuple[str, sa.ColumnElement[bool], Mapping[str, Any]]
"""A name that stands for the condition's text, the condition, its parameters."""


class Filter(NamedTuple):
    """`field op value`; ops: eq ne in not_in gt ge lt le contains icontains starts ends matches null set."""

    field: str
    op: str
    value: Any = None


class Sort(NamedTuple):
    field: str
    descending: bool = False


class Way(NamedTuple):
    """A table through which the objects of another are found, instead of from that itself."""

    name: str
    """Stands for the text of the join."""
    join: sa.FromClause
    columns: Mapping[str, sa.ColumnElement[Any]]
    """Fields that the table has too: they are compared and sorted by there, so that its indexes serve."""
    conditions: Sequence[Condition]


class Acting(typing.Protocol):
    """Who writes at some time: a context."""

    @property
    def tx(self) -> Tx: ...

    def now(self) -> datetime: ...


def values_of(fields: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    """A function that gives these values of a thing."""
    if len(fields) == 1:
        return lambda thing: (getattr(thing, fields[0]),)
    return attrgetter(*fields) if fields else lambda thing: ()


class Rows(Generic[T]):
    """The stored objects of one Struct.

    `key` is the primary key; `indexes` and `unique` hold tuples of field names, `sorts` those that lists are
    sorted by though they may be absent; `derived` gives fields that are computed in the query and never stored. A Struct with a `generation: int` field is written
    back only over the generation that was read.
    """

    def __init__(
        self,
        model: type[T],
        name: str,
        *,
        key: Sequence[str] = ("id",),
        indexes: Iterable[Sequence[str]] = (),
        unique: Iterable[Sequence[str]] = (),
        sorts: Iterable[Sequence[str]] = (),
        derived: Callable[[sa.Table], Mapping[str, sa.ColumnElement[Any]]] | None = None,
    ) -> None:
        self.model = model
        self.key = tuple(key)
        hints = typing.get_type_hints(model, include_extras=True)
        self._names = tuple(f.name for f in msgspec.structs.fields(model))
        self._kinds = {n: kind(hints[n]) for n in self._names}
        computed = set(derived_names(model)) if derived else set()
        self._stored = tuple(n for n in self._names if n not in computed)
        columns = [
            sa.Column(n, self._kinds[n].column, nullable=is_optional(hints[n]), primary_key=n in self.key)
            for n in self._stored
        ]
        self.table = sa.Table(name, METADATA, *columns)
        for fields in unique:
            self.table.append_constraint(sa.UniqueConstraint(*fields))
        for fields in indexes:
            sa.Index(None, *(self.table.c[f] for f in fields))
        self.derived = dict(derived(self.table)) if derived else {}
        if set(self.derived) != computed:
            raise TypeError(f"{name}: derived fields are {sorted(computed)}, given {sorted(self.derived)}")
        for fields in sorts:
            sa.Index(f"ix_{name}_sorted_{'_'.join(fields)}", *(self.sortable(f) for f in fields))
        self.selected = [self.derived[n].label(n) if n in self.derived else self.c[n] for n in self._names]
        self._ins = [(i, k) for i, n in enumerate(self._names) if (k := self._kinds[n].back)]
        self._outs = [(n, out) for n in self._stored if (out := self._kinds[n].out)]
        self._values = values_of(self._stored)
        self._versioned = "generation" in self._stored
        self._stamp = seconds_text if hints.get("updated_at") in (str, str | None) else None

    @property
    def c(self) -> sa.sql.base.ReadOnlyColumnCollection[str, sa.Column[Any]]:
        return self.table.c

    # -- between rows and objects

    def load(self, row: Sequence[Any]) -> T:
        """The object that a row of `selected` stands for."""
        values = list(row)
        for i, back in self._ins:
            if values[i] is not None:
                values[i] = back(values[i])
        return self.model(*values)

    def dump(self, thing: T) -> dict[str, Any]:
        """The stored columns of the object, by name."""
        values = dict(zip(self._stored, self._values(thing), strict=True))
        for name, out in self._outs:
            value = values[name]
            if value is not None:
                values[name] = out(value)
        return values

    def value(self, field: str, value: Any) -> Any:
        """One value of that field as it is stored."""
        out = self._kinds[field].out
        return out(value) if out is not None and value is not None and not isinstance(value, str) else value

    def read(self, field: str, stored: Any) -> Any:
        """One value of that field from how it is stored."""
        back = self._kinds[field].back
        return back(stored) if back is not None and stored is not None else stored

    # -- queries

    def cached(self, shape: Any, make: Callable[[], sa.ClauseElement]) -> Query:
        """The query of that shape, made at its first use, and again once it was long out of use."""
        return STATEMENTS.get((self.table.name, shape), make)

    def select(self) -> sa.Select[Any]:
        return sa.select(*self.selected)

    def _is(self, fields: Iterable[str], prefix: str = "") -> list[sa.ColumnElement[bool]]:
        return [self.c[f] == sa.bindparam(prefix + f, type_=self.c[f].type) for f in fields]

    async def get(self, tx: Tx, *key: str | int) -> T | None:
        """The object with this primary key, or None."""
        query = self.cached("get", lambda: self.select().where(*self._is(self.key)))
        row = await tx.one(query, **dict(zip(self.key, key, strict=True)))
        return None if row is None else self.load(row)

    async def first(self, tx: Tx, **equal: Any) -> T | None:
        """Any object with these values, or None."""
        query = self.cached(
            ("first", *equal), lambda: self.select().where(*self._is(equal)).order_by(*self._order()).limit(1)
        )
        row = await tx.one(query, **{f: self.value(f, v) for f, v in equal.items()})
        return None if row is None else self.load(row)

    async def find(self, tx: Tx, **equal: Any) -> list[T]:
        """All objects with these values, in the order of their keys."""
        query = self.cached(
            ("find", *equal), lambda: self.select().where(*self._is(equal)).order_by(*self._order())
        )
        return await self._loaded(await tx.all(query, **{f: self.value(f, v) for f, v in equal.items()}))

    async def among(self, tx: Tx, field: str, values: Iterable[str], **equal: Any) -> list[T]:
        """All objects whose text field has one of these values."""
        query = self.cached(
            ("among", field, *equal),
            lambda: (
                self.select()
                .where(among(self.c[field], "__values"), *self._is(equal))
                .order_by(*self._order())
            ),
        )
        wanted = msgspec.json.encode(list(values)).decode()
        return await self._loaded(await tx.all(query, __values=wanted, **equal))

    async def count(self, tx: Tx, **equal: Any) -> int:
        query = self.cached(
            ("count", *equal),
            lambda: sa.select(sa.func.count()).select_from(self.table).where(*self._is(equal)),
        )
        row = await tx.one(query, **{f: self.value(f, v) for f, v in equal.items()})
        return int(row[0]) if row else 0

    async def add(self, tx: Tx, thing: T) -> T:
        """Store a new object; `Duplicate` if one of its unique keys is taken."""
        await tx.run(self.cached("add", self._add), **self.dump(thing))
        return thing

    async def add_all(self, tx: Tx, things: Iterable[T]) -> None:
        """Store new objects, by one statement; `Duplicate` if a unique key of any is taken."""
        values = [self.dump(thing) for thing in things]
        if len(values) == 1:
            await tx.run(self.cached("add", self._add), **values[0])
        else:
            await tx.run_each(self.cached("add", self._add), values)

    def _add(self) -> Any:
        return sa.insert(self.table).values({n: sa.bindparam(n, type_=self.c[n].type) for n in self._stored})

    async def put(self, tx: Tx, thing: T) -> T:
        """Store the object in place of what has its key, if anything has.

        For tables with no other unique key: PostgreSQL tells the second of two that come at once of that
        one instead.
        """
        await tx.run(self.cached("put", self._put), **self.dump(thing))
        return thing

    def _put(self) -> Any:
        if any(isinstance(c, sa.UniqueConstraint) for c in self.table.constraints):
            raise TypeError(f"{self.table.name} has more than one unique key")
        # PostgreSQL's construct, which SQLite's dialect writes out in the same words
        new = insert(self.table).values({n: sa.bindparam(n, type_=self.c[n].type) for n in self._stored})
        changes = {n: new.excluded[n] for n in self._stored if n not in self.key}
        return new.on_conflict_do_update(index_elements=self.key, set_=changes)

    async def update(self, tx: Tx, thing: T) -> T:
        """Write the object back; `StaleRow` if it is gone or was written since it was read."""
        values = {f"new_{n}": v for n, v in self.dump(thing).items()}
        keys = {n: values[f"new_{n}"] for n in self.key}
        if self._versioned:
            keys["generation"] = values["new_generation"]
            values["new_generation"] += 1
        query = self.cached(
            "update",
            lambda: (
                sa.update(self.table)
                .where(*self._is(keys))
                .values(
                    {
                        n: sa.bindparam(f"new_{n}", type_=self.c[n].type)
                        for n in self._stored
                        if n not in self.key
                    }
                )
            ),
        )
        if not await tx.run(query, **keys, **values):
            raise StaleRow(what=f"{self.table.name} {'/'.join(str(keys[k]) for k in self.key)}")
        if self._versioned:
            return msgspec.structs.replace(thing, generation=values["new_generation"])
        return thing

    async def change(self, acting: Acting, thing: T, **changes: Any) -> T:
        """The object with these changes, written back as changed now."""
        now = acting.now()
        changes.setdefault("updated_at", self._stamp(now) if self._stamp else now)
        return await self.update(acting.tx, msgspec.structs.replace(thing, **changes))

    async def remove(self, tx: Tx, **equal: Any) -> int:
        """Remove all objects with these values; how many there were."""
        if not equal:
            raise TypeError("remove needs a condition")
        query = self.cached(("remove", *equal), lambda: sa.delete(self.table).where(*self._is(equal)))
        return await tx.run(query, **{f: self.value(f, v) for f, v in equal.items()})

    async def remove_before(self, tx: Tx, field: str, end: Any, *, most: int) -> int:
        """Remove up to `most` objects whose field is less than that, the least ones first; how many."""
        return await tx.run(
            self.cached(("remove before", field), lambda: self._remove_before(field)),
            end=self.value(field, end),
            most=most,
        )

    def _remove_before(self, field: str) -> Any:
        keys = [self.c[name] for name in self.key]
        key = keys[0] if len(keys) == 1 else sa.tuple_(*keys)
        column = self.c[field]
        oldest = sa.select(*keys).where(column < sa.bindparam("end", type_=column.type)).order_by(column)
        return sa.delete(self.table).where(key.in_(oldest.limit(sa.bindparam("most", type_=sa.BigInteger))))

    async def page(
        self,
        tx: Tx,
        filters: Sequence[Filter] = (),
        *,
        sort: Sequence[Sort] = (),
        after: T | None = None,
        limit: int | None = None,
        extra: Sequence[Condition] = (),
        any_of: Sequence[Condition] = (),
        way: Way | None = None,
    ) -> list[T]:
        """One page of a list, in one query.

        The keys are appended to `sort`, so the order is total; `after` is the last object of the page
        before. `extra` holds further conditions as (a name that stands for the condition's text, the
        condition, its parameters). At least one of `any_of` must hold, if there are any: each is searched
        by itself, up to the limit, so that each can use the index that serves it. With a `way` they are found
        through its table.
        """
        if len(filters) + len(extra) > MOST_CONDITIONS:
            raise BadRequest(f"A list cannot be asked for by more than {MOST_CONDITIONS} conditions.")
        if way is not None:
            extra = [*way.conditions, *extra]
        order = [*sort, *(Sort(k) for k in self.key if k not in {s.field for s in sort})]
        shape = (
            "page",
            tuple((f.field, f.op) for f in filters),
            tuple(order),
            after is not None,
            limit is not None,
            tuple(name for name, _, _ in extra),
            tuple(name for name, _, _ in any_of),
            way and way.name,
        )
        query = self.cached(
            shape, lambda: self._page(filters, order, after is not None, limit, extra, any_of, way)
        )
        params: dict[str, Any] = {}
        for i, f in enumerate(filters):
            params[f"f{i}"] = self._filter_value(f)
        for _, _, more in (*extra, *any_of):
            params.update(more)
        if after is not None:
            for s in order:
                value = self.value(s.field, getattr(after, s.field))
                params[f"m_{s.field}"] = value
        if limit is not None:
            params["limit"] = limit
        return await self._loaded(await tx.all(query, **params))

    async def _loaded(self, rows: Sequence[Sequence[Any]]) -> list[T]:
        """The objects of these rows; between the pieces of a long list others have their turn."""
        loaded = [self.load(row) for row in rows[:PIECE]]
        for start in range(PIECE, len(rows), PIECE):
            await asyncio.sleep(0)
            loaded += [self.load(row) for row in rows[start : start + PIECE]]
        return loaded

    def _order(self) -> list[sa.ColumnElement[Any]]:
        return [self.c[k] for k in self.key]

    def _page(
        self,
        filters: Sequence[Filter],
        order: Sequence[Sort],
        has_marker: bool,
        limit: int | None,
        extra: Sequence[Condition],
        any_of: Sequence[Condition],
        way: Way | None,
    ) -> sa.Select[Any]:
        if any_of:
            key = self._expression(self.key[0], way)
            parts = [
                self._ordered(sa.select(key), filters, order, has_marker, limit, [*extra, one], way)
                for one in any_of
            ]
            statement = sa.union_all(*(sa.select(part.subquery()) for part in parts))
            return self._ordered(
                self.select().where(self.c[self.key[0]].in_(statement)), (), order, False, limit, ()
            )
        return self._ordered(self.select(), filters, order, has_marker, limit, extra, way)

    def _ordered(
        self,
        statement: sa.Select[Any],
        filters: Sequence[Filter],
        order: Sequence[Sort],
        has_marker: bool,
        limit: int | None,
        extra: Sequence[Condition],
        way: Way | None = None,
    ) -> sa.Select[Any]:
        if way is not None:
            statement = statement.select_from(way.join)
        for i, f in enumerate(filters):
            statement = statement.where(self.condition(f, f"f{i}", way))
        for _, condition, _ in extra:
            statement = statement.where(condition)
        if has_marker:
            statement = statement.where(self._beyond(order, way))
        for s in order:
            column = self.sortable(s.field, way)
            statement = statement.order_by(column.desc() if s.descending else column.asc())
        if limit is not None:
            statement = statement.limit(sa.bindparam("limit", type_=sa.BigInteger))
        return statement

    def _expression(self, field: str, way: Way | None = None) -> sa.ColumnElement[Any]:
        if way is not None and field in way.columns:
            return way.columns[field]
        return self.derived[field] if field in self.derived else self.c[field]

    def sortable(self, field: str, way: Way | None = None) -> sa.ColumnElement[Any]:
        """The field with absent values before all others, on every database alike."""
        column = self._expression(field, way)
        if field in self.derived or not self.c[field].nullable:
            return column
        if isinstance(self.c[field].type, sa.Text):
            return sa.func.coalesce(column, sa.literal_column("''"))
        return sa.func.coalesce(column, sa.literal_column("-1"))

    def _beyond(self, order: Sequence[Sort], way: Way | None) -> sa.ColumnElement[bool]:
        """(a, b, c) comes after the marker's, each in its own direction.

        That a is not before the marker's is said apart, because an index of expressions serves nothing else.
        """
        columns = [self.sortable(s.field, way) for s in order]
        markers = [self._marker(s.field) for s in order]
        if len(order) > 1 and len({s.descending for s in order}) == 1:
            row, mark = sa.tuple_(*columns), sa.tuple_(*markers)
            begun = columns[0] <= markers[0] if order[0].descending else columns[0] >= markers[0]
            return sa.and_(begun, row < mark if order[0].descending else row > mark)
        choices = []
        for i, s in enumerate(order):
            same = [c == m for c, m in zip(columns[:i], markers[:i], strict=True)]
            column, marker = columns[i], markers[i]
            choices.append(sa.and_(*same, column < marker if s.descending else column > marker))
        return sa.or_(*choices)

    def _marker(self, field: str) -> sa.ColumnElement[Any]:
        kind = self._kinds[field].column
        if isinstance(kind, sa.Boolean):  # never absent, and not to be mixed with numbers on PostgreSQL
            return sa.bindparam(f"m_{field}", type_=kind)
        absent = sa.literal_column("''" if isinstance(kind, sa.Text) else "-1")
        return sa.func.coalesce(sa.bindparam(f"m_{field}", type_=kind), absent)

    def condition(self, f: Filter, name: str, way: Way | None = None) -> sa.ColumnElement[bool]:
        """The filter as it stands in a statement, its value the parameter of that name."""
        column = self._expression(f.field, way)
        param = sa.bindparam(name, type_=self._kinds[f.field].column)
        match f.op:
            case "eq":
                return column == param
            case "ne":
                return column != param
            case "gt":
                return column > param
            case "ge":
                return column >= param
            case "lt":
                return column < param
            case "le":
                return column <= param
            case "in":
                return among(column, name)
            case "not_in":
                return among(column, name, negated=True)
            case "contains" | "starts" | "ends":
                return like(column, name)
            case "icontains":
                return like(column, name, folded=True)
            case "matches":
                return matches(column, sa.bindparam(name, type_=sa.Text))
            case "null":
                return column.is_(None)
            case "set":
                return column.is_not(None)
        raise ValueError(f"unknown filter operator {f.op!r}")

    def _filter_value(self, f: Filter) -> Any:
        if f.op in ("in", "not_in"):
            return msgspec.json.encode([self.value(f.field, v) for v in f.value]).decode()
        if f.op in ("contains", "icontains"):
            return containing(str(f.value))
        if f.op == "starts":
            return starting(str(f.value))
        if f.op == "ends":
            return ending(str(f.value))
        return self.value(f.field, f.value)
