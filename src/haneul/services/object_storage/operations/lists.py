"""One way to list containers, and objects: from name to name, with what lies deeper gathered at a delimiter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from haneul.kernel.db import Filter, Rows, Sort, Tx

T = TypeVar("T", bound=msgspec.Struct)
MOST = 10_000
"""Entries of one list."""
AT_ONCE = 1000
"""So many rows are read at a time."""


class Wish(NamedTuple):
    """What a list is asked for with. Empty texts are no condition."""

    limit: int = MOST
    marker: str = ""
    end_marker: str = ""
    prefix: str = ""
    delimiter: str = ""
    is_reverse: bool = False


class Entry(NamedTuple, Generic[T]):
    """Something in a list: a thing, or the common beginning of the names of several."""

    name: str
    thing: T | None


class _Bounds(NamedTuple):
    """Where names are still to be read; None is no bound."""

    above: str | None
    """They come after this one..."""
    least: str | None
    """...are not before this one..."""
    below: str | None
    """...and come before this one."""


async def page(
    tx: Tx, rows: Rows[T], within: dict[str, str], wish: Wish, listed_as: Callable[[T], T]
) -> list[Entry[T]]:
    """The entries, in the order of names. Each read goes on behind what was found, so deep folders are leapt over.

    `listed_as` gives of a thing what its line needs: all that was ever said of ten thousand is much.
    """
    low, high = (wish.end_marker, wish.marker) if wish.is_reverse else (wish.marker, wish.end_marker)
    tops = [end for end in (high, after_all(wish.prefix) if wish.prefix else "") if end]
    bounds = _Bounds(low or None, wish.prefix or None, min(tops) if tops else None)
    entries: list[Entry[T]] = []
    at_once = min(wish.limit, AT_ONCE)
    while len(entries) < wish.limit:
        listed = await _read(tx, rows, within, bounds, at_once, wish.is_reverse)
        before = len(entries)
        folder = ""
        for thing in listed:
            name: str = getattr(thing, "name")  # noqa: B009 - what is listed has one
            if folder and name.startswith(folder):
                continue
            folder = _folder(name, wish)
            if folder and folder == (wish.end_marker if wish.is_reverse else wish.marker):
                pass  # it was the last of the page before
            elif len(entries) < wish.limit:
                entries.append(Entry(folder, None) if folder else Entry(name, listed_as(thing)))
        is_at_end = bool(folder) and not wish.is_reverse and not after_all(folder)
        if len(listed) < at_once or len(entries) >= wish.limit or is_at_end:
            return entries
        last: str = getattr(listed[-1], "name")  # noqa: B009
        if wish.is_reverse:
            bounds = bounds._replace(below=folder or last)
        elif folder:
            bounds = bounds._replace(above=None, least=after_all(folder))
        else:
            bounds = bounds._replace(above=last)
        at_once = min(AT_ONCE, max(2 * (len(entries) - before), 8))
    return entries


async def _read(
    tx: Tx, rows: Rows[T], within: dict[str, str], bounds: _Bounds, limit: int, is_reverse: bool
) -> list[T]:
    filters = [Filter(field, "eq", value) for field, value in within.items()]
    above, least, below = bounds
    if above is not None and (least is None or above >= least):
        filters.append(Filter("name", "gt", above))
    elif least is not None:
        filters.append(Filter("name", "ge", least))
    if below is not None:
        filters.append(Filter("name", "lt", below))
    order: list[Any] = [Sort(field) for field in within]
    return await rows.page(tx, filters, sort=[*order, Sort("name", is_reverse)], limit=limit)


def _folder(name: str, wish: Wish) -> str:
    """The beginning that stands for the name in the list, if it goes on behind a delimiter."""
    if not wish.delimiter:
        return ""
    at = name.find(wish.delimiter, len(wish.prefix))
    return name[: at + len(wish.delimiter)] if at >= 0 else ""


def after_all(prefix: str) -> str:
    """The first text behind all that begin with the prefix; empty if there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            following = 0xE000 if last == 0xD7FF else last + 1  # between them are no characters
            return prefix[:-1] + chr(following)
        prefix = prefix[:-1]
    return ""
