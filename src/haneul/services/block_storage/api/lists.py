"""What all lists have in common: limits, markers, sorting, filters, links."""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from haneul.kernel import times, truths
from haneul.kernel.clock import microseconds_text
from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.kernel.http.routes import Query
from haneul.services.block_storage import errors

MOST = 1000
MAX_INT = 2**31 - 1
LONGEST_LITERAL = 1024
PAGING = frozenset(
    {"limit", "marker", "offset", "sort", "sort_key", "sort_dir", "all_tenants", "with_count", "all_projects"}
)


class Paging(msgspec.Struct, frozen=True):
    limit: int
    marker: str | None
    offset: int
    sort: list[Sort]


def paging(query: Query, sortable: Mapping[str, str]) -> Paging:
    """How much is asked for and in which order; 400 for what cannot be."""
    limit = _integer(query, "limit")
    offset = _integer(query, "offset") or 0
    return Paging(
        MOST if limit is None else min(limit, MOST), query.get("marker"), offset, _sort(query, sortable)
    )


EVERYTHING = Paging(-1, None, 0, [])
FILTERS_SINCE, COUNTS_SINCE = (3, 31), (3, 45)


class Listing(msgspec.Struct, frozen=True):
    """How the things of one kind are listed: by what they can be sorted and found, and who finds them."""

    name: str
    find_all: Callable[..., Awaitable[list[Any]]]
    sortable: Mapping[str, str]
    filters: Mapping[str, str]
    admins_filters: Mapping[str, str]
    windows: Mapping[str, tuple[int, int]] = {}
    """Since when this kind may be asked for a field, where that is not as for the others."""
    old: Collection[str] | None = None
    """The filters that members had before `FILTERS_SINCE`, if not all."""

    async def find(self, ctx: Context, query: Query, page: Paging = EVERYTHING) -> list[Any]:
        """What the query asks for, of that page."""
        found = await self.find_all(
            ctx,
            filters(
                ctx,
                query,
                self.filters,
                self.admins_filters,
                FILTERS_SINCE,
                windows=self.windows,
                old=self.old,
            ),
            all_projects=all_projects(ctx, query),
            sort=page.sort,
            marker=page.marker,
            limit=None if page.limit < 0 else page.limit + page.offset,
        )
        return found[page.offset :]

    async def answer(
        self,
        ctx: Context,
        query: Query,
        path: str,
        views: Callable[[list[Any]], Awaitable[list[dict[str, Any]]]],
    ) -> dict[str, Any]:
        """The page as it is shown, with a link to the next, and the number of all if that is asked for."""
        page = paging(query, self.sortable)
        shown = await views(await self.find(ctx, query, page))
        found = collection(ctx, self.name, path, shown, query, page)
        if ctx.wants(COUNTS_SINCE) and query.truth("with_count"):
            found["count"] = len(await self.find(ctx, query))
        return found


def _integer(query: Query, name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not text.lstrip("-").isdigit() or not text.isascii() or len(text) > 20:
        raise errors.InvalidInput(reason=f"{name} must be an integer")
    number = int(text)
    if number < 0:
        raise errors.InvalidInput(reason=f"{name} must be >= 0")
    if number > MAX_INT:
        raise errors.InvalidInput(reason=f"{name} must be <= {MAX_INT}")
    return number


def _sort(query: Query, sortable: Mapping[str, str]) -> list[Sort]:
    text = query.get("sort")
    if text is not None and ("sort_key" in query or "sort_dir" in query):
        raise errors.InvalidInput(
            reason="The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the "
            "'sort' parameter."
        )
    if text is None:
        pairs = [(query.get("sort_key") or "created_at", query.get("sort_dir") or "desc")]
    else:
        parts = (part.strip().partition(":") for part in text.split(",") if part.strip())
        pairs = [(key, direction or "desc") for key, _, direction in parts]
    order = []
    for key, direction in pairs:
        if direction not in ("asc", "desc"):
            raise errors.InvalidInput(reason="Unknown sort direction, must be 'desc' or 'asc'.")
        if key not in sortable:
            raise errors.InvalidInput(reason="Sort key is not valid")
        if all(s.field != sortable[key] for s in order):
            order.append(Sort(sortable[key], direction == "desc"))
    for key in ("created_at", "id"):
        if all(s.field != key for s in order):
            order.append(Sort(key, order[-1].descending if order else True))
    return order


NEVER = Filter("id", "in", [])
"""Finds nothing."""
WINDOWS = {"group_id": (3, 10), "glance_metadata": (3, 4), "created_at": (3, 60), "updated_at": (3, 60)}
"""Before these versions such a filter is ignored."""
QUOTA_SINCE, BOOTABLE_SINCE, LIKE_SINCE = (3, 65), (3, 2), (3, 34)
ANYTHING, NONE = "(anything)", "(none)"
"""Stand for what is asked elsewhere, and for a field that nothing here has: groups, migrations."""


def filters(
    ctx: Context,
    query: Query,
    fields: Mapping[str, str],
    admins: Mapping[str, str],
    since: tuple[int, int],
    *,
    windows: Mapping[str, tuple[int, int]] = {},
    old: Collection[str] | None = None,
) -> list[Filter]:
    """The conditions in the query string.

    Members may ask for `fields`; of anything else from `since` on they are told, and before it is ignored.
    Administrators may ask for everything, and what nothing has finds nothing.
    """
    known = {**fields, **admins} if ctx.is_admin else dict(fields)
    if old is not None and not ctx.is_admin and not ctx.wants(since):
        known = {name: fields[name] for name in old}
    found, unknown = [], []
    for name, value in query.pairs:
        window = LIKE_SINCE if name.endswith("~") else windows.get(name, WINDOWS.get(name, (3, 0)))
        if name in PAGING or not ctx.wants(window):
            continue
        like = name.endswith("~") and ctx.is_admin
        field = known.get(name.removesuffix("~") if like else name)
        if field is None:
            unknown.append(name)
        elif like:
            found.append(Filter(field, "icontains", value))
        else:
            found += _conditions(ctx, field, value)
    if unknown and ctx.is_admin:
        found.append(NEVER)
    elif unknown and ctx.wants(since):
        raise errors.InvalidInput(f"Invalid filters {','.join(unknown)} are found in query options.")
    return found


_TRUTHS = truths.Words(("true", "1", "yes"), ("false", "0", "no"))


def _conditions(ctx: Context, field: str, value: str) -> list[Filter]:
    if field == ANYTHING:
        return []
    if field in ("metadata", "extra_specs"):
        return _pairs(field, value)
    if field in ("created_at", "updated_at"):
        return [_compared(field, part) for part in value.split(",")]
    if field == NONE:
        return [NEVER]
    if field.startswith("="):
        return [] if field == f"={value}" else [NEVER]
    if field == "consumes_quota":  # everything does
        return [] if ctx.wants(QUOTA_SINCE) and _truth(field, value) else [NEVER]
    if field == "bootable" and _TRUTHS.read(value) is None and not ctx.wants(BOOTABLE_SINCE):
        return [Filter(field, "eq", True)]
    if field in ("bootable", "multiattach"):
        return [Filter(field, "eq", _truth(field, value))]
    if field == "size":
        is_number = value.isascii() and value.isdigit() and len(value) <= 9
        return [Filter(field, "eq", int(value)) if is_number else NEVER]
    return [Filter(field, "eq", value)]


def _truth(field: str, value: str) -> bool:
    is_true = _TRUTHS.read(value)
    if is_true is None:
        raise errors.InvalidInput(reason=f"{field}={value}")
    return is_true


_OPERATORS = {"gt": "gt", "gte": "ge", "lt": "lt", "lte": "le", "eq": "eq", "neq": "ne"}


def _compared(field: str, text: str) -> Filter:
    """`gt:2026-01-01T00:00:00` and the like; a time alone is that very time."""
    operator, colon, rest = text.partition(":")
    op, at = (_OPERATORS[operator], rest) if colon and operator in _OPERATORS else ("eq", text)
    try:
        return Filter(field, op, times.read(at))
    except ValueError:
        raise errors.InvalidInput(reason=f"Invalid {field} value: {text}") from None


def _pairs(field: str, text: str) -> list[Filter]:
    """`{'key': 'value'}` as conditions on the stored JSON, in which such a pair stands word for word."""
    try:
        found = ast.literal_eval(text) if len(text) <= LONGEST_LITERAL else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return [NEVER]
    wanted = (msgspec.json.encode({str(k): str(v)}).decode()[1:-1] for k, v in found.items())
    return [Filter(field, "contains", pair) for pair in wanted]


def collection(
    ctx: Context, name: str, path: str, views: Sequence[dict[str, Any]], query: Query, page: Paging
) -> dict[str, Any]:
    """The page, with a link to the next one if it is full."""
    found: dict[str, Any] = {name: list(views)}
    if views and len(views) == page.limit:
        rest = [(k, v) for k, v in query.pairs if k not in ("marker", "offset")]
        text = urlencode([*rest, ("marker", views[-1]["id"])])
        href = f"{ctx.endpoint}/volume/v3{path}?{text}"
        found[f"{name}_links"] = [{"rel": "next", "href": href}]
    return found


def links(ctx: Context, kind: str, id: str) -> list[dict[str, str]]:
    base = f"{ctx.endpoint}/volume"
    return [
        {"rel": "self", "href": f"{base}/v3/{kind}/{id}"},
        {"rel": "bookmark", "href": f"{base}/{kind}/{id}"},
    ]


def all_projects(ctx: Context, query: Query) -> bool:
    return ctx.is_admin and bool(query.truth("all_tenants"))


def time(at: Any) -> str | None:
    """A time as this API writes it: no zone, six digits of a second."""
    return None if at is None else microseconds_text(at)
