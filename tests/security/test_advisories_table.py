"""The table of advisories in docs/security.md says what is so: every test that it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROWS = [line.split("\t") for line in (Path(__file__).parent / "advisories.tsv").read_text().splitlines()]
DOCUMENT = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- advisories -->\n", "<!-- end of advisories -->"
CANNOT = "cannot apply: "


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, kinds))


def parts_of(answer: str) -> list[str]:
    """The tests, each by itself, or the reason."""
    return re.split(r"; (?=tests/)", answer)


def rendered() -> str:
    lines = ["| advisory | about | class | our test, or why it cannot apply |", "|---|---|---|---|"]
    for name, about, kind, answer in ROWS:
        parts = [f"`{part}`" if part.startswith("tests/") else part for part in parts_of(answer)]
        lines.append(f"| {name} | {about} | {kind} | {'<br>'.join(parts)} |")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_a_test_or_a_reason(row: list[str]) -> None:
    assert len(row) == 4 and all(row), row
    assert re.fullmatch(r"OSSA-20\d\d-\d{3}|OSSN-\d{4}", row[0])
    for part in parts_of(row[3]):
        if part.startswith("tests/"):
            path, _, name = part.partition("::")
            assert name in functions_of(path), part
        else:
            assert part.startswith(CANNOT), part


def test_every_advisory_has_one_row_in_order() -> None:
    names = [row[0] for row in ROWS]
    assert names == sorted(set(names))
    assert len([n for n in names if n.startswith("OSSA")]) >= 165
    assert len([n for n in names if n.startswith("OSSN")]) >= 81


def test_every_test_that_names_an_advisory_is_in_its_row() -> None:
    """And the other way about: a test's docstring that says it stands for one is not forgotten in the table."""
    answers = {row[0]: row[3] for row in ROWS}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for each in ast.walk(ast.parse(path.read_text())):
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.name.startswith("test_"):
                for name in re.findall(r"OSS[AN]-[\d-]+\d", ast.get_docstring(each) or ""):
                    if name in answers:
                        assert "tests/" in answers[name], f"{each.name} stands for {name}"


def test_the_document_has_the_table(request: pytest.FixtureRequest) -> None:
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    if request.config.getoption("--rewrite-golden"):
        DOCUMENT.write_text(f"{before}{BEGIN}{rendered()}{END}{after}")
        return
    assert table == rendered(), (
        "pytest tests/security/test_advisories_table.py --rewrite-golden writes it anew"
    )
