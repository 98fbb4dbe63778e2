"""Which places in the services ask the database, in which test, on which kind: what one run has that another lacks.

    pytest --places .places.jsonl tests                                     # notes what each test asks of SQLite
    pytest --places .places.jsonl --database postgresql tests/services      # and what the cover asks of PostgreSQL
    python -m tests.places .places.jsonl rest                               # the tests that would ask what is lacking
    python -m tests.places .places.jsonl check                              # fails, and names what ran on SQLite only
    python -m tests.places .places.jsonl cover                              # writes tests/postgresql_cover.txt

A second run of every test on PostgreSQL takes as long as the first and shows little: what depends on the database are
the statements. So the second run is of few tests, the cover, which together ask each statement that the first run asks.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from types import FrameType
from typing import Any
from zlib import crc32

import pytest

from haneul.kernel.db.port import Duplicate, Query
from haneul.kernel.db.postgresql import PostgresTx
from haneul.kernel.db.sqlite import SqliteTx
from tests.seconds import processor_s

SERVICES = str(Path("haneul", "services")) + "/"
COVER = Path(__file__).parent / "postgresql_cover.txt"
OWN = "tests/services/"
REFUSED = " is refused"
BOOT_S = 0.1
"""What a test costs beyond what is measured: it keeps the cover from many small tests."""


class Places:
    """Notes for each test the nearest line of a service below each query, and the statement; and where a key that
    exists is refused, and where a lock is taken.

    Of SQLite what the services' own tests ask is noted: what nobody asks but a sweep of all there is has no test. A test
    that brings its own database is noted if that is PostgreSQL; the second run cannot give it another one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asked: dict[str, set[str]] = {}
        self._notes: dict[str, dict[str, Any]] = {}
        self._numbers: dict[str, int] = {}
        self._is_noted = False
        self._dialect = ""
        self._undo = pytest.MonkeyPatch()

    def pytest_sessionstart(self) -> None:
        fill, refuse, lock = (
            Query.fill,
            Duplicate.__init__,
            {each: each.lock for each in (SqliteTx, PostgresTx)},
        )

        def filled(query: Query, dialect: Any, params: dict[str, Any]) -> tuple[str, list[Any]]:
            made = fill(query, dialect, params)
            self._note(dialect.name, f"{crc32(made[0].encode()):08x}", "", sys._getframe(1))
            return made

        def refused(error: Duplicate, **fields: Any) -> None:
            self._note(self._dialect, "", REFUSED, sys._getframe(1))
            refuse(error, **fields)

        async def locked(tx: Any, *key: str) -> None:
            self._note("sqlite" if isinstance(tx, SqliteTx) else "postgresql", "", " locks", sys._getframe(1))
            await lock[type(tx)](tx, *key)  # pyright: ignore[reportArgumentType]

        self._undo.setattr(Query, "fill", filled)
        self._undo.setattr(Duplicate, "__init__", refused)
        for kind in lock:
            self._undo.setattr(kind, "lock", locked)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._asked = {}
        self._is_noted = "databases" in getattr(item, "fixturenames", ()) and not item.get_closest_marker(
            "sweep"
        )
        before = processor_s()
        outcome = yield
        for dialect, places in self._asked.items():
            notes = self._notes.setdefault(dialect, {"dialect": dialect, "tests": {}, "seconds": {}})
            numbers = self._numbers
            name = plain(item.nodeid)
            notes["tests"][name] = [numbers.setdefault(place, len(numbers)) for place in sorted(places)]
            notes["seconds"][name] = round(processor_s() - before, 2)
        return outcome

    def pytest_sessionfinish(self) -> None:
        self._undo.undo()
        lines = [json.dumps(notes | {"places": list(self._numbers)}) + "\n" for notes in self._notes.values()]
        with self._path.open("ab", buffering=0) as file:  # whole: other workers of xdist add theirs
            file.write("".join(lines).encode())

    def _note(self, dialect: str, statement: str, event: str, frame: FrameType | None) -> None:
        self._dialect = dialect
        if dialect == "sqlite" and not self._is_noted:
            return
        while frame is not None:
            _, _, place = frame.f_code.co_filename.partition(SERVICES)
            if place:
                self._asked.setdefault(dialect, set()).add(f"{place}:{frame.f_lineno}{event}\t{statement}")
                return
            frame = frame.f_back


def plain(nodeid: str) -> str:
    """The test's name without the group that xdist adds."""
    return re.sub(r"@[\w./-]*$", "", nodeid)


class Notes:
    """What was noted, by kind of database."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.tests: dict[str, dict[str, set[str]]] = {"sqlite": {}, "postgresql": {}}
        self.seconds: dict[str, float] = {}
        for line in lines:
            notes = json.loads(line)
            names, tests = notes["places"], self.tests[notes["dialect"]]
            for test, numbers in notes["tests"].items():
                tests.setdefault(test, set()).update(names[number] for number in numbers)
            self.seconds.update(notes["seconds"])

    def lacking(self) -> set[str]:
        """The lines that asked SQLite and not PostgreSQL.

        Which of several at the same time is refused is a matter of time, so no refusal must have been.
        """
        seen = {
            dialect: {_line(place) for places in tests.values() for place in places if REFUSED not in place}
            for dialect, tests in self.tests.items()
        }
        return seen["sqlite"] - seen["postgresql"]

    def rest(self) -> list[str]:
        """Few tests that ask what is lacking."""
        lacking = self.lacking()
        wanted = {
            test: {_line(place) for place in places} & lacking
            for test, places in self.tests["sqlite"].items()
        }
        return chosen(wanted, self.seconds)

    def cover(self, before: list[str]) -> list[str]:
        """Few tests that ask every statement. Those that were chosen before stay as long as they add something."""
        tests = self.tests["sqlite"]
        kept = chosen({test: tests[test] for test in before if test in tests}, self.seconds)
        seen = {place for test in kept for place in tests[test]}
        return sorted(kept + chosen({test: places - seen for test, places in tests.items()}, self.seconds))


def _line(place: str) -> str:
    return place.partition("\t")[0]


def chosen(tests: dict[str, set[str]], seconds: dict[str, float]) -> list[str]:
    """A few cheap ones of these tests that together have each place: what adds most in its time goes first."""
    left = {test: set(places) for test, places in tests.items() if places}
    names = []
    while left:
        best = max(left, key=lambda test: (len(left[test]) / (seconds.get(test, 0) + BOOT_S), test))
        names.append(best)
        places = left.pop(best)
        for other in list(left):
            left[other] -= places
            if not left[other]:
                del left[other]
    return _without_needless(names, tests)


def _without_needless(names: list[str], tests: dict[str, set[str]]) -> list[str]:
    """What was chosen early may have become needless by what was chosen late."""
    count = Counter(place for name in names for place in tests[name])
    kept = list(names)
    for name in names:
        if all(count[place] > 1 for place in tests[name]):
            kept.remove(name)
            count.subtract(tests[name])
    return kept


def cover() -> list[str]:
    """The tests that are to run on PostgreSQL too."""
    lines = COVER.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def write(names: list[str]) -> None:
    comment = "# Tests that together ask each statement, written by `make cover` after `make test`: tests/places.py.\n"
    COVER.write_text(comment + "".join(f"{name}\n" for name in names))


def main(path: str, wish: str) -> int:
    notes = Notes(Path(path).read_text().splitlines())
    if wish == "rest":
        sys.stdout.writelines(f"{name}\n" for name in notes.rest())
    elif wish == "cover":
        write(notes.cover(cover()))
    else:
        lacking = sorted(notes.lacking())
        for place in lacking:
            print(f"never asked of PostgreSQL: {SERVICES}{place}")
        return 1 if lacking else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
