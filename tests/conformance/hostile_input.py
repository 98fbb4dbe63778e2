"""Input that no honest client sends: bodies that are not what a route takes, queries, and spoilt values."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

LONG = "x" * 5000
BODIES: dict[str, bytes] = {
    "truncated": b'{"a": {"b": [1, 2',
    "list": b"[]",
    "list of lists": b"[[[]]]",
    "string": b'"text"',
    "number": b"7",
    "huge number": b"1" * 400,
    "null": b"null",
    "true": b"true",
    "empty": b"",
    "empty object": b"{}",
    "nothing but spaces": b"   ",
    "not text": b'{"a": "\xff\xfe"}',
    "half of a surrogate pair": b'{"name": "\\ud800"}',
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"a":' * 15_000 + b"1" + b"}" * 15_000,
    "long key": json.dumps({LONG: 1}).encode(),
    "key twice": b'{"a": 1, "a": 2}',
    "not a number": b'{"a": NaN}',
}
WRONG_INSIDE: tuple[Any, ...] = (None, [], [None], "text", 7, True, {}, {"": None}, {"name": LONG}, [[1]])
"""What may stand where a body has its resource, as in `{"server": ...}`."""
SPOILT: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**63, 2**70, -(2**70), 1e300, "", " ", "no-such", LONG, "\0", "é" * 300, "☃/../..",
    "\ud800", [], [None], ["x"], [{}], [[]], {}, {"a": None}, {"a": {"b": []}}, {LONG: LONG}, "1" * 30, "٣", "²",
    "0.0.0.0/0", "::/0", "::1%eth0", "9999-99-99T99:99:99", "10000-01-01", "0001-01-01T00:00:00+23:59",
)  # fmt: skip
"""What a value is replaced by."""
QUERY_NAMES = (
    "limit", "offset", "page", "marker", "sort", "sort_key", "sort_dir", "fields", "name", "id", "status",
    "changes-since", "created_at", "size_min", "user_id", "domain_id", "enabled", "resources", "in_tree",
    "member_of", "required", "fixed_ips", "tags", "page_reverse", "deleted", "all_tenants", "revision_number",
)  # fmt: skip
QUERY_VALUES = (
    "", "-1", "0", "99999999999999999999999", "%00", "%ff", "a:b", "a=b", "%C2%B2", "in:",
    "[]", "VCPU:%C2%B2", "VCPU:" + "9" * 5000, "x" * 3000,
)  # fmt: skip
QUERIES = tuple(f"{name}={value}" for name in QUERY_NAMES for value in QUERY_VALUES)
UNKNOWN_IDS = (
    "no-such",
    "%00",
    "%ff%fe",
    "..",
    "%2e%2e",
    "%C2%B2",
    "9" * 40,
    "-1",
    "x" * 3000,
    "%F0%9F%92%A9",
    "'",
)


T = TypeVar("T")


class Portions:
    """Deals values out to the places where they could stand: some to each, the next ones to the next place.

    Every value is tried at many places and every place with many values, in a fraction of the requests. Nothing is
    dealt by chance, so each run sends the same. `pytest --thorough` sends every value to every place.
    """

    def __init__(self, is_thorough: bool) -> None:
        self.is_thorough = is_thorough
        self._turn = 0

    def of(self, values: Sequence[T], parts: int) -> Sequence[T]:
        """One of so many parts of the values: the next one."""
        self._turn += 1
        return values if self.is_thorough else values[self._turn % parts :: parts]


def spoilt(body: Any, values: Callable[[], Sequence[Any]] = lambda: SPOILT) -> Iterator[Any]:
    """The body again and again, with one of its values replaced each time; `values` gives those for the next place."""
    for path in _paths(body):
        for value in values():
            other = copy.deepcopy(body)
            holder = other
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = value
            yield other


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        return
    for key, inner in pairs:
        yield (key,)
        for rest in _paths(inner):
            yield (key, *rest)
