"""Answers in each version, and what the tests hold against them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import UNSET, UnsetType, field

from haneul.kernel.context import Context
from haneul.kernel.errors import Conflict, NotFound
from haneul.kernel.http import Answer, Content, Routes, since, until
from haneul.kernel.http.answers import in_version, some_of
from tests import answers


class Thing(Answer):
    id: Annotated[int, until("1.4")] | Annotated[str, since("1.5")]
    kind: str = field(name="x:kind")
    colour: Annotated[str | UnsetType, since("1.2")] = UNSET
    size: Annotated[int, since("1.3")]
    old: Annotated[int, until("1.2")]


class Things(Answer):
    things: list[Thing]


class ThingNotFound(NotFound):
    code = "thing_not_found"


def fits(shape: Any, version: tuple[int, int], body: Any) -> bool:
    return not answers.first_misfit(shape, version, msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("version", "thing", "is_right"),
    [
        ((1, 1), {"id": 1, "x:kind": "k", "old": 1}, True),
        ((1, 1), {"id": 1, "x:kind": "k", "old": 1, "colour": "red"}, False),
        ((1, 1), {"id": 1, "x:kind": "k"}, False),
        ((1, 2), {"id": 1, "x:kind": "k", "old": 1, "colour": "red"}, True),
        ((1, 2), {"id": 1, "x:kind": "k", "old": 1}, True),
        ((1, 3), {"id": 1, "x:kind": "k", "size": 3}, True),
        ((1, 3), {"id": 1, "x:kind": "k"}, False),
        ((1, 4), {"id": "a", "x:kind": "k", "size": 3}, False),
        ((1, 5), {"id": "a", "x:kind": "k", "size": 3}, True),
        ((1, 5), {"id": 1, "x:kind": "k", "size": 3}, False),
        ((1, 5), {"id": "a", "x:kind": "k", "size": 3, "more": 1}, False),
        ((1, 5), {"id": "a", "x:kind": None, "size": 3}, False),
    ],
)
def test_an_answer_has_the_fields_of_its_version_and_no_others(
    version: tuple[int, int], thing: dict[str, Any], is_right: bool
) -> None:
    assert fits(Things, version, {"things": [thing]}) == is_right


def test_what_no_version_changes_is_the_same_type_in_all() -> None:
    class Plain(Answer):
        id: str

    assert in_version(Plain, (1, 1)) is Plain
    assert in_version(Plain, None) is Plain


def test_all_versions_at_once_need_only_what_all_have() -> None:
    _, parts = msgspec.json.schema_components([in_version(Thing, None)])
    described = parts["Thing"]
    assert described["required"] == ["id", "x:kind"]
    assert described["properties"]["size"]["description"] == "Since 1.3."
    assert described["properties"]["id"] == {"type": "string", "description": "Since 1.5."}


def test_who_chooses_fields_gets_some_of_them() -> None:
    assert fits(some_of(Thing), (1, 3), {"x:kind": "k"})
    assert not fits(some_of(Thing), (1, 3), {"kind": "k"})


def declared(**options: Any) -> Any:
    routes = Routes(errors=(Conflict,))

    @routes.get("/things/{id}", **options)
    async def show(ctx: Context, id: str) -> dict[str, Any]:
        return {}

    return routes.routes[0]


class Sent:
    """An answer as the application has it when it is done."""

    def __init__(
        self, status: int, data: bytes | None = None, content_type: str = "application/json"
    ) -> None:
        self.status, self.data, self.content_type, self.stream = status, data, content_type, None


@pytest.mark.parametrize(
    ("options", "sent", "wrong"),
    [
        ({"answer": Things}, Sent(200, b'{"things":[]}'), ""),
        ({"answer": Things}, Sent(200, b'{"thing":[]}'), "unknown field"),
        ({"answer": Things}, Sent(200), "no JSON body"),
        ({"answer": Things}, Sent(202, b'{"things":[]}'), "not among its answers"),
        ({"answer": Things, "other_answers": {202: None}}, Sent(202), ""),
        ({"answer": Things, "other_answers": {202: None}}, Sent(202, b"{}"), "has a body"),
        ({"answer": Things | None}, Sent(200), ""),
        ({"answer": None}, Sent(200), ""),
        ({"answer": Content(("text/xml",))}, Sent(200, b"<x/>", "text/xml; charset=utf-8"), ""),
        ({"answer": Content(("text/xml",))}, Sent(200, b"{}"), "content type"),
    ],
)
def test_what_is_not_as_declared_is_told(options: dict[str, Any], sent: Sent, wrong: str) -> None:
    difference = answers.difference(declared(**options), (1, 5), sent)
    assert wrong in difference if wrong else difference == ""


def test_an_error_that_was_not_declared_is_told() -> None:
    route = declared(answer=Things, errors=(ThingNotFound,))
    assert answers.undeclared_error(route, ThingNotFound()) == ""
    assert answers.undeclared_error(route, Conflict()) == ""
    assert "NotFound" in answers.undeclared_error(route, NotFound())
