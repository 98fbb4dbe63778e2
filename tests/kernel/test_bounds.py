"""What is beyond a bound is refused in upstream's words, with the field and the value."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest

from haneul.kernel.db import Query as Statement
from haneul.kernel.db.port import Statements
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, InvalidField, Query, Schema, UnsetType
from haneul.kernel.http.bounds import FEW, Document, Number, Text, Within
from haneul.kernel.http.routes import MOST_PAIRS, MOST_VALUES, encode, encoded
from haneul.kernel.http.schema import decode


class Thing(Schema):
    name: Text = ""
    size: Number = 0
    tags: Annotated[list[Text], FEW] | UnsetType = UNSET
    labels: Annotated[dict[Text, Text], FEW] | UnsetType = UNSET
    free: Document | UnsetType = UNSET
    others: Annotated[list[Document], FEW] | UnsetType = UNSET


class Body(Schema):
    thing: Thing


@pytest.mark.parametrize(
    ("thing", "field", "words"),
    [
        ({"name": "x" * 256}, "thing.name", "is too long"),
        (
            {"size": 2**63},
            "thing.size",
            "9223372036854775808 is greater than the maximum of 9223372036854775807",
        ),
        ({"tags": ["a"] * 65}, "thing.tags", "a list of 65 is too long"),
        ({"tags": ["a", "x" * 256]}, "thing.tags[1]", "is too long"),
        ({"labels": {"a": "b", "k": "x" * 256}}, "thing.labels.k", "is too long"),
        ({"labels": dict.fromkeys(map(str, range(65)), "x")}, "thing.labels", "an object of 65 is too long"),
        ({"free": {"a": ["x" * 70_000]}}, "thing.free.a", "is too long"),
        ({"free": {"a": {"b": [0] * 1001}}}, "thing.free.a.b", "more than 1000 items"),
        ({"free": {"a": 2**70}}, "thing.free.a", "is greater than the maximum"),
        ({"others": [{}, {"a": "x" * 70_000}]}, "thing.others.a", "is too long"),
    ],
)
def test_what_is_beyond_a_bound_is_named(thing: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        decode(Body, msgspec.json.encode({"thing": thing}))
    assert refusal.value.details["field"] == field
    assert words in refusal.value.details["why"]
    assert len(refusal.value.text) < 1000


def test_what_is_within_passes() -> None:
    thing = {"name": "x" * 255, "size": 2**63 - 1, "tags": ["a"] * 64, "free": {"a": [{"b": None}] * 1000}}
    assert decode(Body, msgspec.json.encode({"thing": thing})).thing.free == thing["free"]


def test_within_counts_every_list_text_and_number() -> None:
    bounds = Within(items=2, longest=3)
    assert bounds.problem({"a": [1, "abc"], "b": {"c": True}}) is None
    assert bounds.problem([[1, 2, 3]]) is not None
    assert bounds.problem({"a": "abcd"}) is not None


@pytest.mark.parametrize(
    "text",
    [
        "&".join(f"a{i}=1" for i in range(MOST_PAIRS + 1)),
        "&".join("a=1" for _ in range(MOST_VALUES + 1)),
        "x" * 300,
    ],
)
def test_queries_have_limits(text: str) -> None:
    with pytest.raises(BadRequest):
        Query(text)


def test_a_query_gives_every_value_in_order() -> None:
    query = Query("a=1&b=2&a=3&c")
    assert (query.get("a"), query.all("a"), query.names()) == ("3", ["1", "3"], ["a", "b", "c"])
    assert ("c" in query, "d" in query, query.get("d"), query.all("d")) == (True, False, None, [])


def test_statements_are_kept_up_to_a_number() -> None:
    import sqlalchemy as sa

    made: list[int] = []

    def maker(number: int) -> Any:
        def make() -> Any:
            made.append(number)
            return sa.select(sa.literal_column(str(number)))

        return make

    statements = Statements(2)
    kept: list[Statement] = [statements.get(i, maker(i)) for i in (1, 2, 1, 3, 1, 2)]
    assert (made, len(statements)) == ([1, 2, 3, 2], 2)
    assert kept[0] is kept[2] is kept[4]


async def test_long_lists_are_encoded_as_short_ones() -> None:
    value = {"links": {"next": None}, "things": [{"id": i, "name": "é"} for i in range(3500)], "n": 1}
    assert await encoded(value) == encode(value)
