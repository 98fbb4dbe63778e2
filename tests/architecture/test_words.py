"""Names say what a thing is, and a truth's name is a truth's only."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT, place, tree

PRIVATE = {"found", "told", "said", "asked", "given"}
"""Participles for whatever comes back, comes in, or was sent. The thing has a name: `server`, `page`, `refusal`."""
LEFT = {
    "commands/doctor.py": 2,  # `haneul doctor --json` says so to programs
    "kernel/saga.py": 2,  # the name of a stored column, `operations.given`
    "kernel/saga_engine.py": 2,
    "compute/operations/history.py": 1,
    "compute/reconcilers/grown_volumes.py": 1,
    "image/store/images.py": 1,
}
"""How often such a name stands there; it only shrinks."""
CONDITION = "tuple[str, sa.ColumnElement[bool], dict[str, Any]]"
"""What a list is narrowed by: the same as `Condition`, in the module below the one that says so."""
TRUTHS = ("is_", "has_", "may_", "are_", "can_")
ASKS: dict[str, str] = {}
"""Functions that are named as truths and return something else, and why; it only shrinks."""


def names(path: Path) -> Iterator[str]:
    """All that the file names or uses by name: variables, arguments, functions, attributes."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name


def where(path: Path) -> str:
    is_services = path.is_relative_to(ROOT / "services")
    return place(path) if is_services else str(path.relative_to(ROOT))


def test_a_thing_is_called_by_its_name() -> None:
    counts = Counter(where(path) for path in ROOT.rglob("*.py") for name in names(path) if name in PRIVATE)
    assert dict(counts) == LEFT


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f"{where(path)}: {node.name}", node


def test_what_is_named_as_a_truth_returns_one() -> None:
    others = {
        name
        for name, node in functions()
        if node.name.lstrip("_").startswith(TRUTHS)
        and not _is_truth("" if node.returns is None else ast.unparse(node.returns))
    }
    assert others == ASKS.keys()


def _is_truth(annotation: str) -> bool:
    """A bool, one that may be unknown, a condition of the store, or a function that gives one."""
    return annotation in {
        "bool",
        "bool | None",
        "Condition",
        "sa.ColumnElement[bool]",
        CONDITION,
    } or annotation.endswith(("TypeGuard[Any]", ", bool]", "Awaitable[bool]]"))
