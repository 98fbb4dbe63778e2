"""The things of one kind as an API asks for them: one by its id, some by a field, a page of a list.

A service declares its own in `operations/collections.py`: of which table, what the asker sees in lists, and by which
names lists are narrowed beside plain comparisons of fields. The API hands over what the request says (filters,
values for those names, an order, a limit) and never names a query: how a thing is looked for is changed in the store,
and nowhere above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.db import Condition, Filter, Narrow, Rows, Sort, has_texts

T = TypeVar("T", bound=msgspec.Struct)
Narrowed = Mapping[str, Any]
"""The names by which a list is narrowed, and the value of each."""
TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")
"""Names by which every collection of things with tags is narrowed; the value is the texts."""


class Collection(Generic[T]):
    """`kind` is what such a thing is called; `visible` gives conditions on what the asker sees in lists.

    `by` has the names by which lists are narrowed: each makes a condition of its value. `narrow` is the way where few
    things fit.
    """

    def __init__(
        self,
        rows: Rows[T],
        kind: str = "",
        *,
        visible: Callable[[Context], Sequence[Condition]] | None = None,
        by: Mapping[str, Callable[[Any], Condition]] | None = None,
        narrow: Narrow | None = None,
    ) -> None:
        self.rows = rows
        self.kind = kind
        self._visible = visible
        self._by = by or {}
        self._narrow = narrow

    # -- what such a thing is

    @property
    def fields(self) -> tuple[str, ...]:
        return self.rows.model.__struct_fields__

    @property
    def has_one_key(self) -> bool:
        """Whether one text says which thing is meant."""
        return len(self.rows.key) == 1

    def type_of(self, field: str) -> type[bool] | type[int] | type[str]:
        """What values of the field are compared as."""
        column = self.rows.c[field].type
        if isinstance(column, sa.Boolean):
            return bool
        return int if isinstance(column, sa.BigInteger) else str

    # -- one, some

    async def get(self, ctx: Context, *key: str) -> T | None:
        """The thing with this key, whoever asks."""
        return await self.rows.get(ctx.tx, *key)

    async def first(self, ctx: Context, **equal: Any) -> T | None:
        """Any thing with these values, whoever asks."""
        return await self.rows.first(ctx.tx, **equal)

    async def find(self, ctx: Context, **equal: Any) -> list[T]:
        """All things with these values, whoever asks."""
        return await self.rows.find(ctx.tx, **equal)

    async def among(self, ctx: Context, field: str, values: Iterable[str]) -> list[T]:
        """All things whose field has one of these values, whoever asks."""
        return await self.rows.among(ctx.tx, field, values)

    # -- a list

    async def page(
        self,
        ctx: Context,
        filters: Sequence[Filter] = (),
        narrowed: Narrowed | None = None,
        *,
        sort: Sequence[Sort] = (),
        after: T | None = None,
        limit: int | None = None,
    ) -> list[T]:
        """One page of the asker's list, in one query; see `Rows.page`."""
        way = await self._narrow.way(ctx.tx, filters, sort) if self._narrow else None
        extra = self._conditions(ctx, narrowed)
        return await self.rows.page(
            ctx.tx, filters, sort=sort, after=after, limit=limit, extra=extra, way=way
        )

    async def on_list(
        self, ctx: Context, key: str, filters: Sequence[Filter] = (), narrowed: Narrowed | None = None
    ) -> T | None:
        """The thing with this key, if the asker's list holds it."""
        wanted = [*filters, Filter(self.rows.key[0], "eq", key)]
        things = await self.rows.page(ctx.tx, wanted, limit=1, extra=self._conditions(ctx, narrowed))
        return things[0] if things else None

    def _conditions(self, ctx: Context, narrowed: Narrowed | None) -> list[Condition]:
        conditions = [self._condition(name, value) for name, value in (narrowed or {}).items()]
        return [*conditions, *self._visible(ctx)] if self._visible is not None else conditions

    def _condition(self, name: str, value: Any) -> Condition:
        if name in self._by:
            return self._by[name](value)
        if name in TAG_FILTERS:
            return has_texts(self.rows.c.tags, name, value)
        raise TypeError(f"lists of {self.rows.table.name} are not narrowed by {name}")
