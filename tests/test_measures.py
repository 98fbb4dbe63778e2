"""What the tests say of themselves: the slowest of them, and queries that only one kind of database was asked."""

from __future__ import annotations

from tests.conformance.hostile_input import Portions
from tests.places import lacking
from tests.seconds import slowest


def test_the_slowest_come_first_and_under_their_own_name() -> None:
    lines = ["1.00\t0.50\ttests/a.py::test_x[u@h]\n", "9.00\t2.00\ttests/b.py::test_y@tests/b.py\n"]
    shown = slowest(lines).splitlines()
    assert shown[0] == "2 runs of tests took 10 seconds, 2 of the processor."
    assert shown[-2:] == ["| 9.0 | 2.0 | `tests/b.py::test_y` |", "| 1.0 | 0.5 | `tests/a.py::test_x[u@h]` |"]


def test_a_query_that_postgresql_never_saw_is_named() -> None:
    assert lacking(["sqlite\ta.py:1\n", "sqlite\ta.py:2\n", "postgresql\ta.py:2\n"]) == ["a.py:1"]


def test_every_value_has_its_turn_and_a_thorough_run_sends_all() -> None:
    few, all_of_them = Portions(False), Portions(True)
    values = range(7)
    assert {value for _ in range(3) for value in few.of(values, 3)} == set(values)
    assert len(few.of(values, 3)) <= 3
    assert list(all_of_them.of(values, 3)) == list(values)
