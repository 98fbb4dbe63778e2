"""Bodies with one thing wrong: each field at each level as nothing, empty, of a wrong type, too long, left out; and
one field more in each object.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

LONG = "x" * 300
MORE = "unheard_of"
WRONG: dict[type, tuple[Any, ...]] = {
    str: (None, "", 5, [], {}, LONG),
    bool: (None, "", "x", "true", 5, []),
    int: (None, "", "x", "5", 1.5, -7, []),
    list: (None, "", [], {}, [None], [5]),
    dict: (None, "", {}, [], 5),
    type(None): ("x", 5, [], {}),
}


class Spoilt(NamedTuple):
    field: str
    value: str
    """As it is written in the table."""
    body: Any


def spoilt(body: Any) -> Iterator[Spoilt]:
    """The body as it is, and then with each thing wrong in turn."""
    yield Spoilt("", "as it is", body)
    for place, name in _places(body, ()):
        for value in WRONG[type(_at(body, place))]:
            yield Spoilt(name, _written(value), _with(body, place, value))
        if isinstance(place[-1], str):
            yield Spoilt(name, "left out", _without(body, place))
    for place, name in [((), ""), *_places(body, ())]:
        if isinstance(_at(body, place), dict):
            yield Spoilt(name, "one more", _with(body, (*place, MORE), "x"))


def _places(body: Any, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    inside = body.items() if isinstance(body, dict) else enumerate(body[:1]) if isinstance(body, list) else ()
    for key, value in inside:
        place = (*at, key)
        if isinstance(key, str) or not isinstance(value, dict):
            yield place, _name(place)
        yield from _places(value, place)


def _name(place: tuple[str | int, ...]) -> str:
    return ".".join(str(step) for step in place)


def _at(body: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        body = body[step]
    return body


def _with(body: Any, place: tuple[str | int, ...], value: Any) -> Any:
    made = copy.deepcopy(body)
    _at(made, place[:-1])[place[-1]] = value
    return made


def _without(body: Any, place: tuple[str | int, ...]) -> Any:
    made = copy.deepcopy(body)
    del _at(made, place[:-1])[place[-1]]
    return made


def _written(value: Any) -> str:
    return "too long" if value == LONG else json.dumps(value)
