"""Which places in the services ask the database, on which kind: what one run of the tests has that another lacks.

    pytest --places .places.tsv tests/services                        # adds the places, with the kind of database
    pytest --places .places.tsv --database postgresql tests/services
    python -m tests.places .places.tsv                                # fails, and names what ran on SQLite only

So the second run, on PostgreSQL, may leave out what shows nothing new (marker `wire`): no query gets lost by it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

from haneul.kernel.db.port import Query

SERVICES = str(Path("haneul", "services")) + "/"


class Places:
    """Notes the nearest line of a service below each query, while a test of the services runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[str] = set()
        self._is_noting = False
        self._fill = Query.fill

    def pytest_sessionstart(self) -> None:
        places = self

        def fill(query: Query, dialect: Any, params: dict[str, Any]) -> tuple[str, list[Any]]:
            if places._is_noting:
                places._note(dialect.name, sys._getframe(1))
            return places._fill(query, dialect, params)

        Query.fill = fill

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._is_noting = nodeid.startswith("tests/services/")

    def pytest_sessionfinish(self) -> None:
        Query.fill = self._fill
        with self._path.open("a") as file:
            file.writelines(f"{place}\n" for place in sorted(self._seen))

    def _note(self, dialect: str, frame: FrameType | None) -> None:
        while frame is not None:
            _, _, place = frame.f_code.co_filename.partition(SERVICES)
            if place:
                self._seen.add(f"{dialect}\t{place}:{frame.f_lineno}")
                return
            frame = frame.f_back


def lacking(lines: list[str]) -> list[str]:
    """What ran on SQLite and not on PostgreSQL."""
    seen: dict[str, set[str]] = {"sqlite": set(), "postgresql": set()}
    for dialect, place in (line.rstrip("\n").split("\t") for line in lines):
        seen[dialect].add(place)
    return sorted(seen["sqlite"] - seen["postgresql"])


def main(path: str) -> int:
    places = lacking(Path(path).read_text().splitlines())
    for place in places:
        print(f"never asked of PostgreSQL: {SERVICES}{place}")
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
