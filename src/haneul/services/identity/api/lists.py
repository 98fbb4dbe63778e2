"""How identity's lists are asked for and answered: filters, pages, links."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from haneul.kernel import times, truths
from haneul.kernel.collection import Collection, Narrowed
from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http import lists as grammar
from haneul.kernel.http.routes import Query, Request
from haneul.services.identity import config
from haneul.services.identity.manifest import MANIFEST

T = TypeVar("T", bound=msgspec.Struct)
LARGEST_PAGE = 1_000_000
PIECE = 1000
OPERATORS = {
    "contains": "contains",
    "icontains": "icontains",
    "startswith": "starts",
    "istartswith": "starts",
    "endswith": "ends",
    "iendswith": "ends",
}


def base(ctx: Context) -> str:
    """The URL below which the resources of version 3 are."""
    return f"{ctx.endpoint}{MANIFEST.path}/v3"


def links(ctx: Context, path: str) -> dict[str, str]:
    return {"self": f"{base(ctx)}/{path}"}


def whole(ctx: Context, request: Request, collection: str, views: list[Any], **more: Any) -> dict[str, Any]:
    """A list that is not paged."""
    return {"links": _list_links(ctx, request, None), collection: views, **more}


def page(
    ctx: Context, request: Request, collection: str, views: list[Any], following: str | None
) -> dict[str, Any]:
    """A page of a list; `following` is the marker of the next one, if there may be one."""
    document: dict[str, Any] = {"links": _list_links(ctx, request, following), collection: views}
    if following:
        document["truncated"] = True
    return document


async def listing(
    ctx: Context,
    request: Request,
    query: Query,
    of: Collection[T],
    collection: str,
    view: Callable[[Context, T], dict[str, Any]],
    *,
    texts: Sequence[str] = ("name",),
    truths: Sequence[str] = (),
    fixed: Sequence[Filter] = (),
    narrowed: Narrowed | None = None,
) -> dict[str, Any]:
    """One page of the things that the query string asks for.

    `texts` and `truths` are the fields that it may filter by; `fixed` and `narrowed` hold in any case.
    Parameters that mean nothing are ignored.
    """
    limit = longest_page(ctx, query)
    wanted = [*fixed, *filters(query, texts, truths)]
    after = await _marker(ctx, query, of, fixed, narrowed)
    things = await of.page(ctx, wanted, narrowed, after=after, limit=limit)
    following = things[-1].id if len(things) == limit else None  # type: ignore[attr-defined]
    views: list[Any] = []
    for start in range(0, len(things), PIECE):
        views += [view(ctx, each) for each in things[start : start + PIECE]]
        await asyncio.sleep(0)  # a list may be of everybody: others have their turn
    return page(ctx, request, collection, views, following)


def longest_page(ctx: Context, query: Query) -> int:
    """How many are wanted at most, and may be."""
    return min(grammar.NUMBERS.read(query, "limit", least=1) or LARGEST_PAGE, _longest(ctx))


def _longest(ctx: Context) -> int:
    """How long a list may be at all."""
    return ctx.options(config.IdentityOptions).list_limit or LARGEST_PAGE


def filters(query: Query, texts: Sequence[str], truths: Sequence[str] = ()) -> list[Filter]:
    """`name=x`, `name__contains=x` and their kind, for the fields that may be filtered by."""
    conditions = []
    for parameter, value in query.pairs:
        field, _, operator = parameter.partition("__")
        if field in truths and not operator:
            conditions.append(Filter(field, "eq", _is_true(value)))
        elif field in texts and not operator:
            conditions.append(Filter(field, "eq", value))
        elif field in texts and operator in OPERATORS:
            conditions.append(Filter(field, OPERATORS[operator], value))
    return conditions


def only(query: Query, *names: str) -> None:
    """Raise for what such a list cannot be asked: upstream refuses it for some, and ignores it for others."""
    for parameter, _ in query.pairs:
        if parameter not in names:
            raise BadRequest(f"Additional properties are not allowed ('{parameter}' was unexpected)")


def expiry_filters(query: Query) -> list[Filter]:
    """`password_expires_at=lt:2027-01-01T00:00:00Z` and its kind."""
    conditions = []
    for value in query.all("password_expires_at"):
        operator, text = grammar.comparison(value, lambda text: text[:1].isdigit())
        if operator not in grammar.COMPARISONS:
            raise BadRequest(
                f"The given operator {operator} is not valid. It must be one of the following: 'eq', 'neq', "
                "'lt', 'lte', 'gt', or 'gte'."
            )
        try:
            at = times.read(text)
        except ValueError:
            raise BadRequest(
                "Timestamp not in expected format. The server could not comply with the request since it is "
                "either malformed or otherwise incorrect. The client is assumed to be in error."
            ) from None
        conditions.append(Filter("password_expires_at", grammar.COMPARISONS[operator], at))
    return conditions


def _is_true(value: str) -> bool:
    """As upstream reads it: everything that does not say no."""
    return truths.COMMON.read(value) is not False


async def _marker(
    ctx: Context,
    query: Query,
    of: Collection[T],
    fixed: Sequence[Filter],
    narrowed: Narrowed | None,
) -> T | None:
    """The last of the page before. One that the asker's list cannot have is as unknown as one that is not there."""
    marker = query.get("marker")
    if marker is None:
        return None
    if not of.has_one_key:
        raise BadRequest("This list cannot be paged.")
    marked = await of.on_list(ctx, marker, fixed, narrowed)
    if marked is None:
        raise NotFound(f"Marker {marker} could not be found.")
    return marked


def _list_links(ctx: Context, request: Request, following: str | None) -> dict[str, str | None]:
    here = f"{ctx.endpoint}{request.path}"
    after = None
    if following is not None:
        after = grammar.address(here, Query(request.query_string), marker=following)
    address = f"{here}?{request.query_string}" if request.query_string else here
    return {"next": after, "self": address, "previous": None}
