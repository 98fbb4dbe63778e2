"""Patterns of others: what they match, which are refused, and that they cost what their length says."""

from __future__ import annotations

import time

import pytest

from haneul.kernel import access_rules
from haneul.kernel.http.schema import InvalidField, Schema, decode
from haneul.kernel.patterns import NotAPattern, Pattern
from haneul.services.compute.manifest import MANIFEST as COMPUTE


class Anything(Schema):
    """A body of which nothing is needed."""


def processor_time(work: object) -> float:
    """Seconds of this thread, the least of three."""
    found = []
    for _ in range(3):
        begun = time.thread_time()
        work()  # type: ignore[operator]
        found.append(time.thread_time() - begun)
    return min(found)


@pytest.mark.parametrize(
    ("pattern", "text", "is_there"),
    [
        ("^web-1$", "web-1", True),
        ("^web-1$", "web-11", False),
        (r"^(?=.*\d)(?=.*[a-z]).{8,}$", "abcdefg1", True),
        (r"^(?=.*\d)(?=.*[a-z]).{8,}$", "abcdefgh", False),
        (r"^(?!admin)[a-z()]+$", "adm", True),
        (r"^(?!adm[)(]n)[a-z()]+$", "adm)n", False),
    ],
)
def test_what_a_pattern_finds(pattern: str, text: str, is_there: bool) -> None:
    assert Pattern(pattern).search(text) is is_there
    assert Pattern(pattern).match(text) is is_there


@pytest.mark.parametrize(
    "pattern", ["(", r"(a)\1", "a(?=b)", "a{5000}", "(a{900}){900}", "x" * 5000, "^(?=a"]
)
def test_what_is_refused(pattern: str) -> None:
    with pytest.raises(NotAPattern):
        Pattern(pattern)


def test_repetitions_in_repetitions_cost_nothing() -> None:
    assert processor_time(lambda: Pattern("^(a+)+$").search("a" * 5000 + "b")) < 0.1


@pytest.mark.parametrize(
    ("path", "asked", "is_allowed"),
    [
        ("/v2.1/servers", "/compute/v2.1/servers", True),
        ("/v2.1/servers/*", "/compute/v2.1/servers/a", True),
        ("/v2.1/servers/*", "/compute/v2.1/servers/a/b", False),
        ("/v2.1/{kind}/a.b", "/compute/v2.1/x/a.b", True),
        ("/v2.1/{kind}/a.b", "/compute/v2.1/x/aXb", False),
        ("/v2.1/**", "/compute/v2.1/a/b\nc", True),
        ("/v2.1/{open", "/compute/v2.1/{open", True),
    ],
)
def test_access_rules(path: str, asked: str, is_allowed: bool) -> None:
    assert access_rules.allow([("compute", "GET", path)], COMPUTE, "GET", asked) is is_allowed


def test_stars_upon_stars_cost_nothing() -> None:
    rules = [("compute", "GET", "/" + "**a" * 40)]
    asked = "/" + "a" * 30 + "/" * 5000
    assert processor_time(lambda: access_rules.allow(rules, COMPUTE, "GET", asked)) < 0.1


@pytest.mark.parametrize(
    "body",
    [
        b"{" * 101 + b'"' + b'\\"' * 57_000,
        b"[" * 114_000,
        b'"' * 114_000,
        b'{"a":' * 20_000,
        b"[" + b'"\\\\",' * 28_000,
    ],
)
def test_a_body_is_looked_through_once(body: bytes) -> None:
    def refused() -> None:
        with pytest.raises(InvalidField):
            decode(Anything, body)

    assert processor_time(refused) < 0.2


def test_brackets_in_texts_are_no_nesting() -> None:
    text = b'{"a": "' + b'[\\"' * 200 + b'"}'
    assert decode(Anything, text) == Anything()
    with pytest.raises(InvalidField, match="nested deeper"):
        decode(Anything, b'{"a\\\\": ' + b"[" * 101 + b"]" * 101 + b"}")
