"""What a list of images can be asked: filters, order and page, in the API's own grammar."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from haneul.kernel import times, truths
from haneul.kernel.db import Filter, Sort
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import lists
from haneul.kernel.http.routes import Query
from haneul.services.image.config import ImageOptions

SORT_KEYS = ("name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at")
_WITH_IN = ("name", "id", "status", "container_format", "disk_format")
_TIMES = ("created_at", "updated_at")
_NUMBERS = ("size", "virtual_size", "min_disk", "min_ram")
_TEXTS = ("owner", "checksum", "os_hash_value", "os_hash_algo")
_HUGE = 2**63 - 1
"""Nothing is larger, so what is compared with more is compared with this."""
SORTING = lists.Sorting(
    bad_key="Invalid sort key: {key}. It must be one of the following: {keys}.",
    bad_direction="Invalid sort direction: {direction}",
    last=("created_at", "id"),
    last_direction="as all",
    joined=True,
    both="Old and new sorting syntax cannot be combined",
    uneven="Number of sort dirs does not match the number of sort keys",
    one_for_all=True,
)
_NOT_FILTERS = (
    "limit",
    "marker",
    "sort",
    "sort_key",
    "sort_dir",
    "member_status",
    "visibility",
    "tag",
    "deleted",
)


class Asked(NamedTuple):
    filters: list[Filter]
    tags: list[str]
    properties: list[tuple[str, str]]
    visibility: str | None
    member_status: str
    sort: list[Sort]
    marker: str | None
    limit: int


def read(query: Query, limits: ImageOptions) -> Asked:
    """The query, or a BadRequest that says what is wrong with it."""
    filters, properties = [], []
    for name in query.names():
        if name in _NOT_FILTERS:
            continue
        value = query.get(name, "") or ""
        known = _filter(name, value)
        if known is None:
            properties.append((name, value))
        else:
            filters.append(known)
    # Hidden images are in no list but one that asks for hidden ones.
    if not any(f.field == "os_hidden" for f in filters):
        filters.append(Filter("os_hidden", "eq", False))
    return Asked(
        filters,
        [tag.strip() for tag in query.all("tag")],
        properties,
        _one_of(query, "visibility", "community public private shared all", "Invalid visibility value: {}"),
        _one_of(query, "member_status", "pending accepted rejected all", "Invalid status: {}") or "accepted",
        SORTING.read(query, {key: key for key in SORT_KEYS}),
        query.get("marker"),
        page_size(query, limits),
    )


def page_size(query: Query, limits: ImageOptions, numbers: lists.Numbers = lists.NUMBERS) -> int:
    """How many are wanted, of as many as there may be; 0 is none."""
    limit = numbers.read(query, "limit")
    return min(limits.page_limit if limit is None else limit, limits.page_limit_max)


def _one_of(query: Query, name: str, allowed: str, complaint: str) -> str | None:
    value = query.get(name)
    if value is not None and value not in allowed.split() and not (name == "visibility" and not value):
        raise BadRequest(complaint.format(value))
    return value


def _filter(name: str, value: str) -> Filter | None:
    """The filter that a parameter means; None: it names a custom property."""
    # Version 1 had it; upstream says so instead of taking it for a custom property.
    if name == "changes-since":
        raise BadRequest('The "changes-since" filter is no longer available on v2.')
    if name in _WITH_IN:
        return _with_in(name, value)
    if name in _TIMES:
        return _time(name, value)
    if name in ("protected", "os_hidden"):
        return Filter(name, "eq", _truth(name, value))
    if name in _TEXTS:
        return Filter(name, "eq", value)
    if name in _NUMBERS:
        return Filter(name, "eq", _number(value))
    stem, _, edge = name.rpartition("_")
    if stem in _NUMBERS and edge in ("min", "max"):
        return Filter(stem, "ge" if edge == "min" else "le", _number(value))
    return None


def _with_in(name: str, value: str) -> Filter:
    operator, colon, rest = value.partition(":")
    if not colon:
        return Filter(name, "eq", value)
    if operator == "in":
        return Filter(name, "in", _split(rest))
    if operator == "eq":
        return Filter(name, "eq", rest)
    raise BadRequest(f"Unable to filter by unknown operator '{operator}'.")


def _split(text: str) -> list[str]:
    """Values between commas; double quotes hold a value with commas together."""
    values, current, is_quoted, was_quoted = [], "", False, False
    for i, character in enumerate(text):
        if character == '"' and (is_quoted or not current):
            at_end = i + 1 == len(text) or text[i + 1] == ","
            if is_quoted and not at_end:
                raise BadRequest(
                    f"Invalid filter value {text}. There is no comma after closing quotation mark."
                )
            is_quoted, was_quoted = not is_quoted, True
        elif character == "," and not is_quoted:
            values.append(current)
            current, was_quoted = "", False
        elif character == '"':
            raise BadRequest(f"Invalid filter value {text}. There is no comma before opening quotation mark.")
        else:
            current += character
    if is_quoted:
        raise BadRequest(f"Invalid filter value {text}. The quote is not closed.")
    if current or was_quoted or not values:
        values.append(current)
    return values


def _time(name: str, value: str) -> Filter:
    operator, text = lists.comparison(value, lambda text: _parse_time(text) is not None)
    if operator not in lists.COMPARISONS:
        raise BadRequest(f"Unable to filter by unknown operator '{operator}'.")
    if (at := _parse_time(text)) is None:
        raise BadRequest(f'Bad "{name}" query filter format. Use ISO 8601 DateTime notation.')
    return Filter(name, lists.COMPARISONS[operator], at)


def _parse_time(text: str) -> datetime | None:
    try:
        return times.read_query(text)
    except ValueError:
        return None


_IN_SMALL_LETTERS = truths.Words(("true",), ("false",), folds=False)
_IN_ANY_LETTERS = truths.Words(("true",), ("false",))


def _truth(name: str, value: str) -> bool:
    # One of the two is compared in any letters, the other in small ones only, as upstream does.
    is_true = (_IN_ANY_LETTERS if name == "os_hidden" else _IN_SMALL_LETTERS).read(value)
    if is_true is not None:
        return is_true
    raise BadRequest(f"Invalid value '{value}' for '{name}' filter. Valid values are 'true' or 'false'.")


def _number(value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = None
    if number is None:
        raise BadRequest("Unable to filter on a range with a non-numeric value.")
    return max(-_HUGE, min(number, _HUGE))
