"""Where the time of the tests goes: a pytest plugin that writes a line for each test, and the table made of them.

    pytest --seconds .seconds.tsv tests      # adds a line for each test: seconds, processor seconds, test
    python -m tests.seconds .seconds.tsv     # writes the slowest fifty into docs/testing.md

Processor seconds are those of the test's own process and of the children that ended in it. On a busy machine they say
more than the clock does.
"""

from __future__ import annotations

import re
import resource
import sys
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "testing.md"
BEGINS, ENDS = "<!-- slowest: begins -->\n", "<!-- slowest: ends -->\n"
ROWS = 50


def processor_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


class Seconds:
    """Adds up what setup, call and teardown of each test took. Under xdist the workers measure and the first writes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._before = 0.0
        self._spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        report = yield
        now = processor_s()
        report.processor_s, self._before = now - self._before, now
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        self._before = processor_s()

    def pytest_runtest_logreport(self, report: Any) -> None:
        spent = self._spent[report.nodeid]
        spent[0] += report.duration
        spent[1] += report.processor_s
        if report.when == "teardown":
            del self._spent[report.nodeid]
            if self._path is not None:
                with self._path.open("a") as file:
                    file.write(f"{spent[0]:.2f}\t{spent[1]:.2f}\t{report.nodeid}\n")


def slowest(lines: list[str]) -> str:
    """The table, of lines that the plugin wrote. A test that ran more than once has a line for each run."""
    rows = sorted(
        (
            (float(seconds), float(processor), re.sub(r"@[\w./-]*$", "", test))
            for seconds, processor, test in (line.rstrip("\n").split("\t") for line in lines)
        ),
        reverse=True,
    )
    total, busy = sum(row[0] for row in rows), sum(row[1] for row in rows)
    folders: dict[str, list[float]] = defaultdict(list)
    for _, processor, test in rows:
        folders[_folder(test)].append(processor)
    table = [
        f"{len(rows)} runs of tests took {total:.0f} seconds, {busy:.0f} of the processor.\n",
        "| folder | tests | seconds of the processor |",
        "|---|---|---|",
        *(
            f"| `{folder}` | {len(spent)} | {sum(spent):.0f} |"
            for folder, spent in sorted(folders.items(), key=lambda each: -sum(each[1]))
        ),
        "",
        "| seconds | of the processor | test |",
        "|---|---|---|",
    ]
    table += [f"| {seconds:.1f} | {processor:.1f} | `{test}` |" for seconds, processor, test in rows[:ROWS]]
    return "\n".join(table) + "\n"


def _folder(test: str) -> str:
    """The folder for a whole part of the system."""
    parts = test.partition("::")[0].split("/")[:-1]
    return "/".join(parts[: 3 if parts[1:2] == ["services"] else 2])


def main(paths: list[str]) -> None:
    lines = [line for path in paths for line in Path(path).read_text().splitlines()]
    before, _, rest = PAGE.read_text().partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    PAGE.write_text(before + BEGINS + "\n" + slowest(lines) + "\n" + ENDS + after)


if __name__ == "__main__":
    main(sys.argv[1:])
