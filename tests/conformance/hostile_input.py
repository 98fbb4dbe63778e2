"""Input that no honest client sends: bodies that are not what a route takes, queries, and spoilt values."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

LONG = "x" * 5000
for _kind in ("v2.1", "v2.0"):  # an image's patches: JSON by another name
    schemathesis.serializer.alias(f"application/openstack-images-{_kind}-json-patch", "application/json")
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
QUERIES = tuple(
    f"{name}={value}"
    for name in (
        "limit", "offset", "page", "marker", "sort", "sort_key", "sort_dir", "fields", "name", "id", "status",
        "changes-since", "created_at", "size_min", "user_id", "domain_id", "enabled", "resources", "in_tree",
        "member_of", "required", "fixed_ips", "tags", "page_reverse", "deleted", "all_tenants", "revision_number",
    )
    for value in (
        "", "-1", "0", "99999999999999999999999", "%00", "%ff", "a:b", "a=b", "%C2%B2", "in:",
        "[]", "VCPU:%C2%B2", "VCPU:" + "9" * 5000, "x" * 3000,
    )
)  # fmt: skip
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


def generated(document: dict[str, Any], examples: int) -> Iterator[Any]:
    """Cases of every operation in an OpenAPI document, right ones and wrong ones; the same in every run."""
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            yield from _drawn(found.ok().as_strategy(mode), examples)


def _drawn(strategy: Any, examples: int) -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def collect(case: Any) -> None:
        found.append(case)

    with suppress(Unsatisfiable):  # a route without a body and without names in its path takes nothing wrong
        collect()
    return found


def spoilt(body: Any) -> Iterator[Any]:
    """The body again and again, with one of its values replaced each time."""
    for path in _paths(body):
        for value in SPOILT:
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
