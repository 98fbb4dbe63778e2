"""The pages of `docs/howto/` tell what works: their code is the toy service's, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.howto import PAGES, TOP, written

TOY = TOP / "tests/toy_service/services/greetings"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_is_the_toys(page: Path) -> None:
    assert page.read_text() == written(page), "python -m tests.howto"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_files_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text()
    links = [page.parent / link for link in re.findall(r"\]\(([^)#:]+)\)", text)]
    files = [TOP / name for name in re.findall(r"`((?:src|tests|docs)/[\w./-]+)`", text)]
    assert [str(path) for path in (*links, *files) if path.stem != "NAME" and not path.exists()] == []


def test_every_part_of_the_toy_is_told_of() -> None:
    told = {name for page in PAGES for name in re.findall(r"include (\S+?)(?::\w+)? -->", page.read_text())}
    parts = {str(p.relative_to(TOP)) for p in TOY.rglob("*.py") if p.name != "__init__.py"}
    second = {part for part in parts if "ribbon" in part}
    """What `haneul new resource` and `haneul new saga` copy; the pages show the first resource."""
    assert parts - told - second == {str((TOY / name).relative_to(TOP)) for name in UNTOLD}


UNTOLD = ("api/faults.py", "events.py", "operations/verification.py")
"""Parts that a reader finds by looking: they are a few lines each."""
