"""What all lists have in common: limits, markers, sorting, filters, links."""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from haneul.kernel import times, truths
from haneul.kernel.clock import microseconds_text
from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.kernel.http import lists
from haneul.kernel.http.routes import Query
from haneul.services.block_storage import errors, policy, versions

MOST = 1000
MAX_INT = 2**31 - 1
LONGEST_LITERAL = 1024
PAGING = frozenset(
    {
        "limit",
        "marker",
        "offset",
        "sort",
        "sort_key",
        "sort_dir",
        "all_tenants",
        "with_count",
        "all_projects",
        "list_volume",
    }
)


NUMBERS = lists.Numbers(
    none="{name} must be an integer",
    small="{name} must be >= {least}",
    large="{name} must be <= {most}",
    refuse=lambda reason: errors.InvalidInput(reason=reason),
    is_strict=True,
)
SORTING = lists.Sorting(
    bad_key="Sort key is not valid",
    bad_direction="Unknown sort direction, must be 'desc' or 'asc'.",
    last=("created_at", "id"),
    joined=True,
    both="The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter.",
    is_single=True,
    refuse=lambda reason: errors.InvalidInput(reason=reason),
)


class Paging(msgspec.Struct, frozen=True):
    limit: int
    marker: str | None
    offset: int
    sort: list[Sort]


def paging(query: Query, sortable: Mapping[str, str]) -> Paging:
    """How much is asked for and in which order; 400 for what cannot be."""
    limit = NUMBERS.read(query, "limit", most=MAX_INT)
    offset = NUMBERS.read(query, "offset", most=MAX_INT) or 0
    return Paging(
        MOST if limit is None else min(limit, MOST),
        query.get("marker"),
        offset,
        SORTING.read(query, sortable),
    )


EVERYTHING = Paging(-1, None, 0, [])


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
    """The filters that members had before `versions.FILTERS_ARE_CHECKED`, if not all."""
    is_counted: bool = True
    """Whether one may ask how many there are."""
    links: str = ""
    """What the link to the next page is called, where that is not the name with `_links`."""

    async def find(self, ctx: Context, query: Query, page: Paging = EVERYTHING) -> list[Any]:
        """What the query asks for, of that page."""
        rows = await self.find_all(
            ctx,
            filters(
                ctx,
                query,
                self.filters,
                self.admins_filters,
                versions.FILTERS_ARE_CHECKED,
                windows=self.windows,
                old=self.old,
            ),
            all_projects=all_projects(ctx, query),
            sort=page.sort,
            marker=page.marker,
            limit=None if page.limit < 0 else page.limit + page.offset,
        )
        return rows[page.offset :]

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
        document = collection(ctx, self.name, path, shown, query, page, links=self.links)
        if self.is_counted and ctx.wants(versions.LISTS_ARE_COUNTED) and query.truth("with_count"):
            document["count"] = len(await self.find(ctx, query))
        return document


WINDOWS = {
    "group_id": versions.FILTER_BY_GROUP,
    "glance_metadata": versions.FILTER_BY_IMAGE_METADATA,
    "created_at": versions.FILTER_BY_TIME,
    "updated_at": versions.FILTER_BY_TIME,
}
"""Before these versions such a filter is ignored."""
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
    may_ask_all = ctx.may(policy.CONTEXT_IS_ADMIN, {})
    known = {**fields, **admins} if may_ask_all else dict(fields)
    if old is not None and not may_ask_all and not ctx.wants(since):
        known = {name: fields[name] for name in old}
    conditions, unknown = [], []
    for name, value in query.pairs:
        window = windows.get(name, WINDOWS.get(name, (3, 0)))
        if name.endswith("~"):
            window = versions.FILTER_BY_LIKENESS
        if name in PAGING or not ctx.wants(window):
            continue
        like = name.endswith("~") and may_ask_all
        field = known.get(name.removesuffix("~") if like else name)
        if field is None:
            unknown.append(name)
        elif like:
            conditions.append(Filter(field, "icontains", value))
        else:
            conditions += _conditions(ctx, field, value)
    if unknown and may_ask_all:
        conditions.append(lists.NEVER)
    elif unknown and ctx.wants(since):
        raise errors.InvalidInput(f"Invalid filters {','.join(unknown)} are found in query options.")
    return conditions


_TRUTHS = truths.Words(("true", "1", "yes"), ("false", "0", "no"))


def _conditions(ctx: Context, field: str, value: str) -> list[Filter]:
    if field == ANYTHING:
        return []
    if field in ("metadata", "extra_specs"):
        return _pairs(field, value)
    if field in ("created_at", "updated_at"):
        return [_compared(field, part) for part in value.split(",")]
    if field == NONE:
        return [lists.NEVER]
    if field.startswith("="):
        return [] if field == f"={value}" else [lists.NEVER]
    if field == "consumes_quota":  # everything does
        return [] if ctx.wants(versions.USE_OF_QUOTAS) and _truth(field, value) else [lists.NEVER]
    if field == "bootable" and _TRUTHS.read(value) is None and not ctx.wants(versions.BOOTABLE_IS_A_TRUTH):
        return [Filter(field, "eq", True)]
    if field in ("bootable", "multiattach"):
        return [Filter(field, "eq", _truth(field, value))]
    if field == "size":
        is_number = value.isascii() and value.isdigit() and len(value) <= 9
        return [Filter(field, "eq", int(value)) if is_number else lists.NEVER]
    return [Filter(field, "eq", value)]


def _truth(field: str, value: str) -> bool:
    is_true = _TRUTHS.read(value)
    if is_true is None:
        raise errors.InvalidInput(reason=f"{field}={value}")
    return is_true


def _compared(field: str, text: str) -> Filter:
    """`gt:2026-01-01T00:00:00` and the like; a time alone is that very time."""
    operator, at = lists.comparison(text, lambda text: text.partition(":")[0] not in lists.COMPARISONS)
    try:
        return Filter(field, lists.COMPARISONS[operator], times.read(at))
    except ValueError:
        raise errors.InvalidInput(reason=f"Invalid {field} value: {text}") from None


def _pairs(field: str, text: str) -> list[Filter]:
    """`{'key': 'value'}` as conditions on the stored JSON."""
    try:
        pairs = ast.literal_eval(text) if len(text) <= LONGEST_LITERAL else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        pairs = None
    if not isinstance(pairs, dict):
        return [lists.NEVER]
    return [lists.pair_condition(field, str(k), str(v)) for k, v in pairs.items()]


def collection(
    ctx: Context,
    name: str,
    path: str,
    views: Sequence[dict[str, Any]],
    query: Query,
    page: Paging,
    *,
    links: str = "",
) -> dict[str, Any]:
    """The page, with a link to the next one if it is full."""
    document: dict[str, Any] = {name: list(views)}
    if views and len(views) == page.limit:
        url = f"{ctx.endpoint}/volume/v3{path}"
        document[links or f"{name}_links"] = lists.next_links(
            url, query, views[-1]["id"], without=("marker", "offset")
        )
    return document


def links(ctx: Context, kind: str, id: str) -> list[dict[str, str]]:
    base = f"{ctx.endpoint}/volume"
    return [
        {"rel": "self", "href": f"{base}/v3/{kind}/{id}"},
        {"rel": "bookmark", "href": f"{base}/{kind}/{id}"},
    ]


def all_projects(ctx: Context, query: Query) -> bool:
    """Whether every project's are asked for, by somebody who may."""
    return ctx.may(policy.CONTEXT_IS_ADMIN, {}) and bool(query.truth("all_tenants"))


def time(at: Any) -> str | None:
    """A time as this API writes it: no zone, six digits of a second."""
    return None if at is None else microseconds_text(at)
