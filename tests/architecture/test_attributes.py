"""Whatever a create or an update accepts is done: `attributes.tsv` says of each attribute what, and who sees it there.

A line: service, resource (the shape that bodies are read as), attribute, what it does in the world, and the test
that sees it there; or `label` for what is only said again, and `todo` where nobody has looked, or it is not done.
"""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from haneul import service_folders
from haneul.kernel.http.tables import Resource
from haneul.services.image.api import schemas
from tests.architecture.test_bounds import NOT_FROM_CALLERS, _structs, bodies, shapes

TABLE = Path(__file__).with_name("attributes.tsv")
TESTS = Path(__file__).parents[1]
TODO = 0
"""Lines that say `todo`; may only shrink."""


class Line(NamedTuple):
    service: str
    resource: str
    attribute: str
    what: str
    seen: str


def lines() -> list[Line]:
    return [Line(*line.split("\t")) for line in TABLE.read_text().splitlines()]


def accepted() -> set[tuple[str, str, str]]:
    found: set[tuple[str, str, str]] = set()
    for name, body in bodies():
        for shape in _structs(body):
            found |= set(_attributes(name.split()[0], shape))
    for shape in shapes():
        if shape.__module__ not in NOT_FROM_CALLERS:
            found |= set(_attributes(shape.__module__.split(".")[2], shape))
    for module in service_folders.modules("network", "api"):
        for resource in vars(module).values():
            if isinstance(resource, Resource):
                settable = [a.name for a in resource.attributes if a.check is not None]
                found |= {("network", resource.name, name) for name in settable}
    image = schemas._IMAGE.items()
    found |= {("image", "image", name) for name, schema in image if not schema.get("readOnly")}
    return found


def _attributes(service: str, shape: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    """All but those that only hold another shape, whose own attributes are told of."""
    hints = typing.get_type_hints(shape)
    for field in msgspec.structs.fields(shape):
        if not any(True for _ in _structs(hints[field.name])):
            yield service, shape.__name__, field.encode_name


@cache
def functions_of(path: str) -> dict[str, str]:
    """The tests in the file, and the source of each."""
    text = (TESTS / path).read_text()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.name: ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, kinds) and node.name.startswith("test_")
    }


def test_every_attribute_has_its_line() -> None:
    told = [line[:3] for line in lines()]
    assert sorted(accepted() - set(told)) == [], "these attributes have no line"
    assert sorted(set(told) - accepted()) == [], "these are not accepted any more"
    assert told == sorted(set(told))


def test_the_tests_that_see_them_are_there() -> None:
    missing = []
    for line in lines():
        assert line.what, line
        if line.seen in ("label", "todo"):
            continue
        path, _, name = line.seen.partition("::")
        if not (TESTS / path).exists() or name not in functions_of(path):
            missing.append(line)
    assert missing == []


def test_what_nobody_has_looked_at_only_shrinks() -> None:
    todo = [line for line in lines() if line.seen == "todo"]
    assert len(todo) == TODO, "a line was done: lower TODO; or one came: do it, or refuse it as upstream does"
