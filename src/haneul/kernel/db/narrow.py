"""Lists of what few objects have: found along the index of that field, then sorted.

Without statistics a database cannot know that hardly any object fits, and walks along the order of the list
through all of them. So the fitting ones are counted first, up to `FEW`, which costs no more than a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from haneul.kernel.db.port import Query, Tx
from haneul.kernel.db.rows import Condition, Filter, Rows, Sort, Way

FEW = 1000
"""So many objects are sorted as quickly as a page of them is found among a hundred thousand."""
_BOUNDS = ("eq", "ge", "gt", "le", "lt")


def aside(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The same value, which no index serves."""
    return sa.func.coalesce(column, column)


class Narrow:
    """The way along the index of `indexed`, which is the field itself or what stands for it in an index.

    `others` are the fields by whose indexes nothing is to be found on this way; `conditions` hold on it and keep
    out what stands in the index for absent values.
    """

    def __init__(
        self,
        rows: Rows[Any],
        field: str,
        indexed: sa.ColumnElement[Any],
        *,
        others: Sequence[str],
        conditions: Sequence[Condition] = (),
    ) -> None:
        self._rows = rows
        self._field = field
        self._indexed = indexed
        columns = {field: indexed, **{other: aside(rows.c[other]) for other in others}}
        self._way = Way(field, rows.table, columns, conditions)

    async def way(self, tx: Tx, filters: Sequence[Filter], sort: Sequence[Sort] = ()) -> Way | None:
        """The way, if the filters leave few objects by this field and it does not order them anyway."""
        bounds = [f for f in filters if f.field == self._field and f.op in _BOUNDS]
        if not bounds or (sort and sort[0].field == self._field):
            return None
        shape = ("few", self._field, *(f.op for f in bounds))
        probe: Query = self._rows.cached(shape, lambda: self._probe(bounds))
        values = {f"f{i}": self._rows.value(self._field, f.value) for i, f in enumerate(bounds)}
        row = await tx.one(probe, few=FEW, **values)
        return self._way if row is not None and int(row[0]) < FEW else None

    def _probe(self, bounds: Sequence[Filter]) -> sa.Select[Any]:
        rows = sa.select(self._indexed).limit(sa.bindparam("few", type_=sa.BigInteger))
        for i, each in enumerate(bounds):
            rows = rows.where(self._rows.condition(each, f"f{i}", self._way))
        for _, condition, _ in self._way.conditions:
            rows = rows.where(condition)
        return sa.select(sa.func.count()).select_from(rows.subquery())
