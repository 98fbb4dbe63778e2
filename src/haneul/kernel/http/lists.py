"""The grammar of lists: how long a page is, in which order, compared by what, and where the next page is.

It is the same in every API; each brings its own words as data: a `Numbers` for limits, a `Sorting` for orders.
The store's side of it is `Rows.page`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from haneul.kernel.db import Filter, Sort
from haneul.kernel.errors import BadRequest, HaneulError
from haneul.kernel.http.routes import Query

Refusal = Callable[[str], HaneulError]
"""The error of an API for a text that says what is wrong."""

# -- how many


@dataclass(frozen=True)
class Numbers:
    """How an API reads the numbers of a query, and in which words it refuses others."""

    none: str = "{name} param must be an integer"
    small: str = "{name} param must be at least {least}"
    large: str = "{name} param must be at most {most}"
    refuse: Refusal = BadRequest
    is_strict: bool = False
    """Only digits are a number: no plus, no spaces."""

    def read(
        self, query: Query, name: str, *, least: int = 0, most: int | None = None, empty: bool = False
    ) -> int | None:
        """The number of that name; None: there is none, or where `empty` is one, nothing stands there."""
        text = query.get(name)
        if text is None or (empty and not text):
            return None
        number = self._number(text)
        words = {"name": name, "text": text[:80], "least": least, "most": most}
        if number is None:
            raise self.refuse(self.none.format(**words))
        if number < least:
            raise self.refuse(self.small.format(**words))
        if most is not None and number > most:
            raise self.refuse(self.large.format(**words))
        return number

    def _number(self, text: str) -> int | None:
        if self.is_strict and not (text.isascii() and text.removeprefix("-").isdigit()):
            return None
        try:
            return int(text)
        except ValueError:  # also what has thousands of digits
            return None


NUMBERS = Numbers()


# -- in which order


@dataclass(frozen=True)
class Sorting:
    """How an API says an order: `sort_key` and `sort_dir`, and where `joined`, `sort=key:direction,...`."""

    bad_key: str
    """In which words a key is refused: {key}, {keys}."""
    bad_direction: str
    """{direction}"""
    usual: Sequence[str] = ("created_at",)
    """The keys, where none is named."""
    direction: Literal["asc", "desc"] = "desc"
    """The direction, where none is named."""
    last: Sequence[str] = ()
    """Fields that decide between what is equal so far."""
    last_direction: Literal["asc", "desc", "as all", "as the last"] = "as the last"
    """`as all`: as the keys if these agree, else descending."""
    joined: bool = False
    both: str = ""
    """In which words the old and the new way together are refused."""
    is_single: bool = False
    """Of several keys only the last counts."""
    uneven: str = ""
    """In which words too few or too many directions are refused; without them, the usual stands for those missing."""
    one_for_all: bool = False
    """A single direction is that of every key."""
    refuse: Refusal = BadRequest

    def read(self, query: Query, fields: Mapping[str, str | None]) -> list[Sort]:
        """The order by the fields that the keys stand for, each once; a key of None is known and orders nothing."""
        order: list[Sort] = []
        for key, direction in self.pairs(query):
            if key not in fields:
                raise self.refuse(self.bad_key.format(key=key, keys=", ".join(fields)))
            field = fields[key]
            if field is not None and all(s.field != field for s in order):
                order.append(Sort(field, direction == "desc"))
        is_descending = self._last_is_descending(order)
        return order + [Sort(f, is_descending) for f in self.last if all(s.field != f for s in order)]

    def pairs(self, query: Query) -> list[tuple[str, str]]:
        """(key, direction) as the query has them."""
        if self.joined and (text := query.get("sort")) is not None:
            if "sort_key" in query or "sort_dir" in query:
                raise self.refuse(self.both)
            parts = [part.partition(":") for part in text.split(",")]
            return self._paired(
                [k.strip() for k, _, _ in parts], [d.strip() or self.direction for _, _, d in parts]
            )
        keys, directions = ([text.strip() for text in query.all(n)] for n in ("sort_key", "sort_dir"))
        if self.is_single:
            keys, directions = [k for k in keys[-1:] if k], [d for d in directions[-1:] if d]
        if self.uneven and len(directions) > self.one_for_all and len(directions) != len(keys):
            raise self.refuse(self.uneven)
        keys = keys or list(self.usual)
        if self.one_for_all and len(directions) == 1:
            directions *= len(keys)
        return self._paired(keys, directions + [self.direction] * (len(keys) - len(directions)))

    def _paired(self, keys: list[str], directions: list[str]) -> list[tuple[str, str]]:
        for direction in directions:
            if direction not in ("asc", "desc"):
                raise self.refuse(self.bad_direction.format(direction=direction))
        return list(zip(keys, directions, strict=False))

    def _last_is_descending(self, order: Sequence[Sort]) -> bool:
        match self.last_direction:
            case "as all":
                return len({s.descending for s in order}) != 1 or order[0].descending
            case "as the last":
                return order[-1].descending if order else self.direction == "desc"
            case direction:
                return direction == "desc"


# -- compared by what

COMPARISONS = {"eq": "eq", "neq": "ne", "gt": "gt", "gte": "ge", "lt": "lt", "lte": "le"}
"""The operators that stand before a value: those of the wire, and those of `Filter`."""


def comparison(text: str, is_value: Callable[[str], bool]) -> tuple[str, str]:
    """(operator, value) of `gte:5`; what is a value as it stands, colon or not, is to be equal."""
    operator, colon, value = text.partition(":")
    return ("eq", text) if not colon or is_value(text) else (operator, value)


def pair_condition(field: str, key: str, value: object) -> Filter:
    """The object in this JSON column has the key with this value: such a pair stands in it word for word."""
    return Filter(field, "contains", msgspec.json.encode({key: value}).decode()[1:-1])


NEVER = Filter("id", "in", [])
"""Finds nothing."""


# -- how much of each


def chosen(query: Query, views: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each view the fields that `fields` names, whether it has them or not; all of it where none is named."""
    only = {name for name in query.all("fields") if name}
    if not only:
        return list(views)
    return [{name: value for name, value in view.items() if name in only} for view in views]


# -- where the next page is


def address(url: str, query: Query, *, without: Collection[str] = ("marker",), **more: str | None) -> str:
    """The list's address with the same question, and more; what is None is left out."""
    pairs = [pair for pair in query.pairs if pair[0] not in without]
    pairs += [(name, value) for name, value in more.items() if value is not None]
    return f"{url}?{urlencode(pairs)}" if pairs else url


def next_links(
    url: str, query: Query, marker: str | None, *, without: Collection[str] = ("marker",)
) -> list[dict[str, str]]:
    """The link to the page after the one that ends with this marker; none if nothing comes after it."""
    if marker is None:
        return []
    return [{"rel": "next", "href": address(url, query, without=without, marker=marker)}]
