"""Whatever a caller sends has a bound, declared with its field; and no pattern of ours can be made to wander."""

from __future__ import annotations

import ast
import inspect
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import msgspec
import pytest

import haneul
from haneul import control_plane, service_folders
from haneul.kernel.http.answers import Answer
from haneul.kernel.http.bounds import Within

SOURCE = Path(haneul.__file__).parent
UNBOUNDED: dict[str, str] = {}
"""Fields without a bound, and why; may only shrink."""
NUMBERS, LENGTHS = ("ge", "gt", "le", "lt"), ("max_length",)


def unbounded(hint: Any, path: str, metas: tuple[Any, ...] = ()) -> Iterator[str]:
    """The places below the annotation at which anybody may send any amount."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        yield from unbounded(arguments[0], path, metas + hint.__metadata__)
    elif any(isinstance(m, Within) for m in metas):
        return
    elif origin in (types.UnionType, typing.Union):
        for each in arguments:
            yield from unbounded(each, path)
    elif hint is Any:
        yield path
    elif hint in (int, float):
        if not (_has(metas, ("le", "lt")) and _has(metas, ("ge", "gt"))):
            yield path
    elif hint is str:
        if not _has(metas, ("max_length",)) and not _is_short(metas):
            yield path
    elif origin in (list, dict, tuple, set) or hint in (list, dict, tuple, set):
        if not _has(metas, ("max_length",)):
            yield path
        for each in arguments:
            yield from unbounded(each, f"{path}[]")
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = typing.get_type_hints(hint, include_extras=True)
        for field in msgspec.structs.fields(hint):
            yield from unbounded(hints[field.name], f"{path}.{field.encode_name}")


def _has(metas: tuple[Any, ...], names: tuple[str, ...]) -> bool:
    return any(getattr(m, name, None) is not None for m in metas for name in names)


def _is_short(metas: tuple[Any, ...]) -> bool:
    """A pattern that says how long all of it may be, as that of an id does."""
    patterns = [m.pattern for m in metas if isinstance(m, msgspec.Meta) and m.pattern]
    return any(
        p.startswith("^") and p.endswith("$") and _parser.parse(p).getwidth()[1] < 100_000 for p in patterns
    )


def bodies() -> Iterator[tuple[str, Any]]:
    for service in service_folders.names():
        for route in control_plane.served(service).routes:
            if route.body is not None:
                hints = typing.get_type_hints(inspect.unwrap(route.handler), include_extras=True)
                yield f"{service} {route.method} {route.path}", hints.get(route.body_name, route.body)


def test_every_field_of_every_body_has_a_bound() -> None:
    missing = {
        f"{name} {place}"
        for name, body in bodies()
        for place in unbounded(body, getattr(body, "__name__", ""))
        if f"{name} {place}" not in UNBOUNDED
    }
    assert sorted(missing) == []


def shapes() -> Iterator[type[msgspec.Struct]]:
    """What bodies are read as after they were decoded: all Structs of the APIs but those of answers."""
    answers: set[Any] = set()
    found: set[Any] = set()
    for service in service_folders.names():
        for route in control_plane.served(service).routes:
            answers |= {each for shape in route.answers.values() for each in _structs(shape)}
        modules = [*service_folders.modules(service, "api")]
        if service == "identity":
            modules += service_folders.modules(service, "operations.methods")
        for module in modules:
            found |= {
                v
                for v in vars(module).values()
                if isinstance(v, type)
                and issubclass(v, msgspec.Struct)
                and v.__module__ == module.__name__
                and not issubclass(v, Answer)
            }
    yield from sorted(found - answers, key=lambda s: (s.__module__, s.__name__))


def _structs(hint: Any) -> Iterator[Any]:
    for each in typing.get_args(hint):
        yield from _structs(each)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
        for inner in typing.get_type_hints(hint, include_extras=True).values():
            yield from _structs(inner)


NOT_FROM_CALLERS = {
    "haneul.services.block_storage.api.lists": "how lists are made",
    "haneul.services.compute.api.server_disks": "what was made of block_device_mapping_v2, which has bounds",
    "haneul.services.image.api.schemas": "what is shown",
    "haneul.services.dashboard.api.calls": "what a page shows of its own calls",
}


def test_every_shape_that_a_body_is_read_as_has_bounds() -> None:
    missing = [
        f"{shape.__module__}.{place}"
        for shape in shapes()
        if shape.__module__ not in NOT_FROM_CALLERS
        for place in unbounded(shape, shape.__name__)
    ]
    assert missing == []


class Inner(msgspec.Struct):
    text: str
    number: typing.Annotated[int, msgspec.Meta(ge=1)]
    short: typing.Annotated[str, msgspec.Meta(pattern="^[a-f0-9]{32}$")]


class Outer(msgspec.Struct):
    inner: list[Inner]
    free: dict[str, Any]
    bound: typing.Annotated[Any, Within()]


def test_the_walker_sees_what_has_no_bound() -> None:
    assert set(unbounded(Outer, "o")) == {
        "o.inner",
        "o.inner[].text",
        "o.inner[].number",
        "o.free",
        "o.free[]",
    }


# -- patterns

CALLS = {"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "split"}
FROM_A_TABLE = {
    "commands/new.py": "the words of the developer who types the command",
    "services/compute/model/extra_specs.py": "the table KNOWN, which the test below reads",
    "services/compute/api/keypairs.py": "one of two constants",
    "services/network/model/normal_forms.py": "joined from constants: so many hexadecimal digits, so many times",
}
"""Modules whose patterns are named, not written, where they are used."""


def patterns() -> Iterator[tuple[str, str | None]]:
    """(where, the pattern that is given to `re` there; None if it is no constant)."""
    for path in sorted(SOURCE.rglob("*.py")):
        where = str(path.relative_to(SOURCE))
        if where.startswith("migrations/"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            is_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            if is_re and node.func.attr in CALLS:
                try:
                    pattern = ast.literal_eval(node.args[0])
                except ValueError:
                    pattern = None
                yield where, pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern


def repeats_in_repeats(parsed: Any, is_inside: bool = False) -> bool:
    """Whether something without an end is repeated without an end: the ways through it are without number."""
    for kind, argument in parsed:
        name = str(kind)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, inner = argument
            is_endless = most == _parser.MAXREPEAT
            if is_endless and is_inside:
                return True
            if repeats_in_repeats(inner, is_inside or is_endless):
                return True
        elif (name == "SUBPATTERN" and repeats_in_repeats(argument[3], is_inside)) or (
            name == "BRANCH" and any(repeats_in_repeats(each, is_inside) for each in argument[1])
        ):
            return True
    return False


KNOWN_TO_END = {
    "kernel/policy.py": "operators' text, of which no part that was taken is given back",
    "services/network/api/checks.py": "looks ahead that there are no more than 255 characters",
}


def test_patterns_of_ours_are_constants() -> None:
    assert {where for where, pattern in patterns() if pattern is None} <= FROM_A_TABLE.keys()


def test_no_pattern_of_ours_repeats_repetitions() -> None:
    from haneul.services.compute.model.extra_specs import KNOWN

    found = [(where, p) for where, p in patterns() if p is not None and where not in KNOWN_TO_END]
    found += [("extra_specs", p) for pair in KNOWN.items() for p in pair]
    assert [(where, p) for where, p in found if repeats_in_repeats(_parser.parse(p))] == []


@pytest.mark.parametrize("pattern", ["(a+)+", "(?:a*b?)*", "([a-z]+|x)*y"])
def test_the_reader_of_patterns_sees_repeats(pattern: str) -> None:
    assert repeats_in_repeats(_parser.parse(pattern))
    assert re.compile(pattern)
