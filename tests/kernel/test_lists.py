"""The grammar of lists: the same in every API, each with its own words."""

from __future__ import annotations

import pytest

from haneul.kernel.db import Sort
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import Query, lists

FIELDS = {"name": "name", "uuid": "id", "id": "id", "age": None}
ONE = lists.Sorting("{key}? {keys}", "{direction}?", usual=("name",), is_single=True)
MANY = lists.Sorting("{key}?", "{direction}?", direction="asc", last=("id",), uneven="uneven")
JOINED = lists.Sorting(
    "{key}?",
    "{direction}?",
    usual=("name",),
    last=("at", "id"),
    last_direction="as all",
    joined=True,
    both="both",
    uneven="uneven",
    one_for_all=True,
)


@pytest.mark.parametrize(
    ("sorting", "query", "order"),
    [
        (ONE, "", [Sort("name", True)]),
        (ONE, "sort_key=uuid&sort_key=name&sort_dir=asc", [Sort("name")]),
        (ONE, "sort_key=&sort_dir=", [Sort("name", True)]),
        (MANY, "sort_key=name&sort_key=uuid&sort_dir=desc&sort_dir=asc", [Sort("name", True), Sort("id")]),
        (MANY, "sort_key=uuid&sort_key=id&sort_key=age", [Sort("id")]),
        (MANY, "sort_key=name&sort_dir=desc", [Sort("name", True), Sort("id", True)]),
        (JOINED, "sort=name:asc,uuid", [Sort("name"), Sort("id", True), Sort("at", True)]),
        (JOINED, "sort_key=name&sort_key=id&sort_dir=asc", [Sort("name"), Sort("id"), Sort("at")]),
    ],
)
def test_an_order_is_read_in_the_words_of_its_api(
    sorting: lists.Sorting, query: str, order: list[Sort]
) -> None:
    assert sorting.read(Query(query), FIELDS) == order


@pytest.mark.parametrize(
    ("sorting", "query", "words"),
    [
        (ONE, "sort_key=colour", "colour? name, uuid, id, age"),
        (ONE, "sort_dir=up", "up?"),
        (MANY, "sort_key=name&sort_dir=asc&sort_dir=asc", "uneven"),
        (JOINED, "sort=name&sort_dir=asc", "both"),
        (JOINED, "sort=name:up", "up?"),
        (JOINED, "sort_key=name&sort_key=id&sort_key=age&sort_dir=asc&sort_dir=asc", "uneven"),
    ],
)
def test_an_order_that_cannot_be_is_refused_in_its_words(
    sorting: lists.Sorting, query: str, words: str
) -> None:
    with pytest.raises(BadRequest) as refusal:
        sorting.read(Query(query), FIELDS)
    assert refusal.value.text == words


@pytest.mark.parametrize("text", ["x", "1e3", "-1", "9" * 5000, "11"])
def test_a_number_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="limit"):
        lists.NUMBERS.read(Query(f"limit={text}"), "limit", most=10)


def test_a_strict_number_has_digits_only() -> None:
    strict = lists.Numbers(is_strict=True)
    assert lists.NUMBERS.read(Query("limit=%2B5"), "limit") == 5
    assert strict.read(Query("limit=5"), "limit") == 5
    with pytest.raises(BadRequest):
        strict.read(Query("limit=%2B5"), "limit")


def test_a_time_with_colons_has_no_operator() -> None:
    assert lists.comparison("gte:5", str.isdigit) == ("gte", "5")
    assert lists.comparison("5", str.isdigit) == ("eq", "5")
    assert lists.comparison("12:30", lambda text: text[:1].isdigit()) == ("eq", "12:30")


def test_the_next_page_is_asked_the_same() -> None:
    query = Query("name=a%20b&marker=old&tag=x&tag=y")
    assert lists.next_links("/things", query, "new") == [
        {"rel": "next", "href": "/things?name=a+b&tag=x&tag=y&marker=new"}
    ]
    assert lists.next_links("/things", query, None) == []


def test_a_pair_of_json_is_found_word_for_word() -> None:
    found = lists.pair_condition("metadata", 'quo"te', "100%")
    assert (found.op, found.value) == ("contains", '"quo\\"te":"100%"')
