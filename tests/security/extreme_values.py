"""The most of everything: what a caller may put where a body or a query has a value."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec

from haneul.kernel.http.routes import Route

ROOM = 112_000
"""Bytes that fit into most bodies."""


def _filled(part: str, before: str = "", after: str = "") -> str:
    """The text with as many of the part as there is room for, once it is written as JSON."""
    return before + part * (ROOM // (len(json.dumps(part)) - 2)) + after


TEXTS = (
    _filled("x"), _filled(" "), _filled('"'), _filled("["), _filled("\n"), _filled("9"), _filled("a", after="!"),
    _filled("/**a"), _filled("{a}", before="/"), _filled("(a+)+", before="^", after="$"), _filled("a.", after="!"),
    _filled("%"), _filled("é"), _filled("1,"), _filled(":"), "(" * 40 + "a+" + ")+" * 40 + "$",
)  # fmt: skip
LISTS: tuple[Any, ...] = (
    [str(i) for i in range(14_000)], [{}] * 25_000, [None] * 20_000, [[]] * 25_000,
    [f"10.{i >> 8}.{i & 255}.0/24" for i in range(6300)], [f"10.{i >> 8}.{i & 255}.9" for i in range(8000)],
    [{"uuid": str(i)} for i in range(5000)], [{"id": str(i)} for i in range(6000)],
)  # fmt: skip
OBJECTS: tuple[Any, ...] = (
    {str(i): "x" for i in range(7000)},
    {"x" * 100_000: 1},
    {str(i): {} for i in range(7000)},
)
NUMBERS: tuple[Any, ...] = (2**31 - 1, -(2**31), 2**63 - 1, 2**63, 10**400, -1, 1e308)


def _nested(depth: int, opening: Any) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value] if opening == "[" else {"a": value}
    return value


DEEP: tuple[Any, ...] = (_nested(90, "["), _nested(90, "{"))
EXTREMES = (*TEXTS[:5], *LISTS, *OBJECTS, *NUMBERS, *DEEP)
OTHERS = (*TEXTS[1:3], *TEXTS[4:], *LISTS[2:], *OBJECTS[1:], *NUMBERS, *DEEP)
"""Shared out among the fields of a body."""
BRIEFLY = (TEXTS[0], TEXTS[3], LISTS[0], LISTS[1], OBJECTS[0], *NUMBERS[2:5], DEEP[0])
"""For fields that a schema decodes, all in the same way."""
PLACE = "here comes the most"
_WRITTEN: dict[int, str] = {}
QUERIES = (
    *(f"{name}={'x' * 8000}" for name in ("name", "id", "status", "sort_key", "sort", "marker", "fields", "limit")),
    *(f"{name}={'9' * 4000}" for name in ("limit", "offset", "page", "changes-since")),
    "&".join(f"tag={i}" for i in range(1500)), "&".join(f"tags={i}" for i in range(500)),
    "&".join(f"tags={i}" for i in range(250)), "tags=" + ",".join(str(i) for i in range(4000)),
    "&".join(f"p{i}=x" for i in range(6000)), "&".join(f"p{i}=x" for i in range(500)),
    "&".join(f"p{i}=x" for i in range(60)), "&".join(f"tag={i}" for i in range(250)),
    "&".join("name=x" for _ in range(250)), "&".join(f"id={i}" for i in range(250)),
    "&".join("sort_key=name&sort_dir=asc" for _ in range(250)), "sort=" + ",".join(["name:asc"] * 2000),
    "name=" + "(a%2B)%2B" * 500 + "$", "name=" + "in:" + ",".join(str(i) for i in range(3000)), "&" * 20_000,
    "metadata=" + "(" * 5000, "metadata={" + ",".join(f"'{i}':'x'" for i in range(1000)) + "}",
    "resources=" + ",".join(f"VCPU:{i}" for i in range(2000)), "member_of=in:" + ",".join(map(str, range(2000))),
)  # fmt: skip


def bodies(route: Route, right: list[dict[str, Any]]) -> Iterator[bytes]:
    """Bodies of the route with one value as large as it goes: of its schema, and of right ones, in turn."""
    for path in dict.fromkeys(paths(route.body, ())):
        around = json.dumps(_at(path, PLACE))
        for value in BRIEFLY if path else EXTREMES:
            yield _filled_in(around, value)
    for body in right:
        for number, path in enumerate(_leaves(body)):
            around = json.dumps(_with(body, path, PLACE))
            for value in (*BRIEFLY, *OTHERS[number % 4 :: 4]):
                yield _filled_in(around, value)


def _filled_in(around: str, value: Any) -> bytes:
    """Each value is written as JSON once: there are few of them, in thousands of bodies, and they are large."""
    if id(value) not in _WRITTEN:
        _WRITTEN[id(value)] = json.dumps(value)
    return around.replace(f'"{PLACE}"', _WRITTEN[id(value)], 1).encode()


def paths(hint: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every field that the schema has, by the names that lead to it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        yield from paths(arguments[0], path)
    elif origin in (types.UnionType, typing.Union):
        for each in arguments:
            yield from paths(each, path)
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield path
        hints = typing.get_type_hints(hint, include_extras=True)
        for field in msgspec.structs.fields(hint):
            yield from paths(hints[field.name], (*path, field.encode_name))
    else:
        yield path


def _at(path: tuple[str, ...], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))


def _with(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    return {**body, path[0]: _with(body[path[0]], path[1:], value)}
