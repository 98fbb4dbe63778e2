"""What the tests say of themselves: the slowest of them, and what only one kind of database was asked."""

from __future__ import annotations

import ast
import json

from tests.changed import beside
from tests.conformance.hostile_input import Portions
from tests.places import COVER, Notes, cover
from tests.seconds import slowest

ROOT = COVER.parent.parent


def test_the_slowest_come_first_and_under_their_own_name() -> None:
    lines = ["1.00\t0.50\ttests/x.py::test_x[u@h]\n", "9.00\t2.00\ttests/a/b.py::test_y@tests/a/b.py\n"]
    shown = slowest(lines).splitlines()
    assert shown[0] == "2 runs of tests took 10 seconds, 2 of the processor."
    assert "| `tests/a` | 1 | 2 |" in shown
    assert shown[-2:] == [
        "| 9.0 | 2.0 | `tests/a/b.py::test_y` |",
        "| 1.0 | 0.5 | `tests/x.py::test_x[u@h]` |",
    ]


def noted(dialect: str, tests: dict[str, list[str]]) -> str:
    places = sorted({place for asked in tests.values() for place in asked})
    numbers = {test: [places.index(place) for place in asked] for test, asked in tests.items()}
    seconds = dict.fromkeys(tests, 1.0)
    return json.dumps({"dialect": dialect, "places": places, "tests": numbers, "seconds": seconds})


def test_a_line_that_postgresql_never_saw_is_named_and_so_is_who_would_show_it() -> None:
    notes = Notes(
        [
            noted("sqlite", {"one": ["a.py:1\tx", "a.py:2\ty"], "two": ["a.py:2\ty"]}),
            noted("postgresql", {"three": ["a.py:2\tz"]}),
        ]
    )
    assert notes.lacking() == {"a.py:1"}
    assert notes.rest() == ["one"]


def test_few_tests_cover_every_statement_and_those_that_were_chosen_stay() -> None:
    tests = {"all": ["a x", "b x"], "first": ["a x"], "second": ["b x"], "third": ["b y"], "none": []}
    notes = Notes([noted("sqlite", tests)])
    assert notes.cover([]) == ["all", "third"]
    assert notes.cover(["first", "gone"]) == ["first", "second", "third"]
    assert notes.cover(["first", "none", "all"]) == ["all", "third"]


def test_every_value_has_its_turn_and_a_thorough_run_sends_all() -> None:
    few, all_of_them = Portions(False), Portions(True)
    values = range(7)
    assert {value for _ in range(3) for value in few.of(values, 3)} == set(values)
    assert len(few.of(values, 3)) <= 3
    assert list(all_of_them.of(values, 3)) == list(values)


def test_what_postgresql_is_to_see_is_there() -> None:
    names = {name.partition("[")[0] for name in cover()}
    files = {name.partition("::")[0] for name in names}
    there = {
        f"{file}::{item.name}"
        for file in files
        if (ROOT / file).exists()
        for item in ast.parse((ROOT / file).read_text()).body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert names - there == set(), "`make cover` after `make test`, or take these lines out"


def test_the_tests_beside_what_was_changed_are_found() -> None:
    paths = [
        "src/haneul/services/image/store/images.py",
        "src/haneul/supervisor.py",
        "src/haneul/kernel/db/rows.py",
    ]
    places = ["tests/architecture", "tests/kernel", "tests/services/image", "tests/test_supervisor.py"]
    assert beside([*paths, "README.md", "tests/conftest.py"]) == places
    assert beside(["tests/services/image/test_data.py"]) == [
        "tests/architecture",
        "tests/services/image/test_data.py",
    ]
    assert beside(["tests/services/image/importing.py", "tests/services/image/test_data.py"]) == [
        "tests/architecture",
        "tests/services/image",
    ]
