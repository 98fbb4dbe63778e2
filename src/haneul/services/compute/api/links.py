"""Links: what stands beside things, and the way to the next page of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Query, lists
from haneul.services.compute.manifest import MANIFEST

MAX_LIMIT = 1000
"""How many things a page holds at most, as Nova's `max_limit`."""


def links(ctx: Context, path: str) -> list[dict[str, str]]:
    """`self` and `bookmark` of the thing at that path."""
    return [
        {"rel": "self", "href": f"{ctx.endpoint}{MANIFEST.path}/v2.1/{path}"},
        {"rel": "bookmark", "href": f"{ctx.endpoint}{MANIFEST.path}/{path}"},
    ]


def page_size(query: Query) -> int:
    """The limit that was asked for, within what a page may hold; 0 asks for nothing in particular."""
    return min(lists.NUMBERS.read(query, "limit") or MAX_LIMIT, MAX_LIMIT)


def next_links(
    ctx: Context, path: str, query: Query, page: Sequence[Any], size: int, marker: str
) -> list[dict[str, str]]:
    """The link to the page after this one; none if this one is not full."""
    is_full = len(page) >= size and bool(page)
    return lists.next_links(f"{ctx.endpoint}{MANIFEST.path}/v2.1/{path}", query, marker if is_full else None)
