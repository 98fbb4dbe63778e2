"""What stands where. Each exemption has a reason, and must still be one: the lists only shrink."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

from haneul import service_folders
from haneul.kernel.saga import Saga
from tests.architecture.source import ROOT, SERVICES, files, imports, place, tree

TESTS = Path(__file__).parents[1]
PRE_COMMIT = TESTS.parent / ".pre-commit-config.yaml"
EVERY = [path for service in SERVICES for path in files(service)]

ROOMS = {
    "__init__", "manifest", "lifecycle", "commands", "versions", "api", "public", "agent", "reconcilers", "operations", "sagas",
    "store", "model", "drivers", "policy", "errors", "events", "config", "migrations", "pages",
}  # fmt: skip
"""The names that parts of a service have; what each is for stands in ARCHITECTURE.md."""

SQL = {"store", "migrations"}
SQL_ELSEWHERE = {}

ROLES = {
    "identity/api/auth.py": "a token without roles has no catalogue",
    "identity/operations/token_contents.py": "a token shows its roles",
    "compute/operations/servers.py": "an image remembers the roles of who booted its server",
    "object_storage/operations/access.py": "access lists of containers may name roles",
    "image/operations/imports.py": "plugins are told of roles by their options",
    "image/operations/protections.py": "properties are protected by roles in the operator's file",
}
"""Who reads the roles of the asker, and why it is no question of what they may."""


def room(path: Path) -> str:
    """The part of its service that the file is in."""
    service = next(s for s in SERVICES if path.is_relative_to(service_folders.folder(s)))
    return path.relative_to(service_folders.folder(service)).parts[0].removesuffix(".py")


def test_every_file_has_a_room() -> None:
    assert [place(path) for path in EVERY if room(path) not in ROOMS] == []


def test_sql_is_in_the_store() -> None:
    elsewhere = {
        place(path)
        for path in EVERY
        if room(path) not in SQL and any(f"{name}.".startswith("sqlalchemy.") for name in imports(path))
    }
    assert elsewhere == SQL_ELSEWHERE.keys()


def test_the_api_asks_operations_and_not_the_store() -> None:
    guilty = [
        place(path)
        for service in SERVICES
        for path in files(service)
        if room(path) == "api"
        and any(f"{name}.".startswith(f"haneul.services.{service}.store.") for name in imports(path))
    ]
    assert guilty == []


def test_the_api_does_not_know_transactions() -> None:
    """What a query is asked with is for operations and collections, so no query is named above them."""
    assert [place(path) for path in EVERY if room(path) == "api" and "tx" in attributes(path)] == []


def attributes(path: Path) -> set[str]:
    """What the file asks of anything by a dot."""
    return {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}


def test_what_can_be_called_says_what_holds_afterwards() -> None:
    silent = [
        f"{place(path)}: {node.name}"
        for path in EVERY
        if room(path) in ("operations", "sagas", "public")
        for node in _public_functions(tree(path))
        if not ast.get_docstring(node)
    ]
    assert silent == []


def _public_functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Those of the module and of its public classes; a property is a field, and its name says what it is."""
    classes = [n for n in module.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    for node in (*module.body, *(each for one in classes for each in one.body)):
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if is_function and not node.name.startswith("_") and not _is_property(node):
            yield node


def _is_property(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(each) == "property" for each in function.decorator_list)


def test_who_loses_a_race_begins_again() -> None:
    """Sagas and reconcilers are begun again as a whole; what somebody waits for is, transaction by transaction.

    `ctx.transact` does that; with a transaction that is opened by hand the caller is refused, though nothing was wrong
    with what they asked.
    """
    waiting = ("api", "operations", "public")
    assert [p for p in EVERY if room(p) in waiting and "in_transaction" in attributes(p)] == []


def test_patterns_of_texts_are_escaped() -> None:
    """LIKE stands in one function of the kernel, whose texts have nothing special in them."""
    like = {str(p.relative_to(ROOT)) for p in ROOT.rglob("*.py") if re.search(r"\.i?like\(", p.read_text())}
    assert like == {"kernel/db/texts.py"}


def test_who_may_is_said_by_the_policy() -> None:
    """No file of a service asks whether somebody is an administrator, or for a role, but those that show it."""
    texts = {place(path): path.read_text() for path in EVERY}
    assert not [path for path, text in texts.items() if re.search(r"\.is_admin\b", text)]
    assert {path for path, text in texts.items() if re.search(r"\bauth\.roles\b", text)} == ROLES.keys()


def checked(by: str) -> set[str]:
    """The names that stand in calls of that check, or beside one that is called with a table of them."""
    names: set[str] = set()
    for path in sorted(TESTS.rglob("test_*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            calls = [n for n in ast.walk(function) if isinstance(n, ast.Call) and _name(n.func) == by]
            tables = function.decorator_list if calls else []
            for part in (*calls, *tables):
                names |= {n.id for n in ast.walk(part) if isinstance(n, ast.Name) and n.id.isupper()}
    return names


def _name(of: ast.expr) -> str:
    return of.id if isinstance(of, ast.Name) else ""


def sagas() -> Iterator[tuple[str, str, Saga]]:
    """(kind, the name in its module, saga)."""
    for service in SERVICES:
        for module in service_folders.modules(service, "sagas"):
            for name, value in vars(module).items():
                if isinstance(value, Saga) and name.isupper():
                    yield value.kind, name, value


def test_every_saga_is_seen_to_unwind() -> None:
    """One without undos has nothing to unwind: that it repeats is enough."""
    names = checked("assert_unwinds")
    assert not [
        kind
        for kind, name, saga in sagas()
        if name not in names and any(s.undo is not None for s in saga.steps)
    ]


def test_every_saga_is_seen_to_repeat() -> None:
    names = checked("assert_repeatable")
    assert not [kind for kind, name, _ in sagas() if name not in names]


@pytest.mark.parametrize("part", ["kernel", *(f"services/{service}" for service in SERVICES)])
def test_no_module_needs_itself(part: str) -> None:
    """No circle of imports, not those for annotations only either; a package is needed by whom it holds."""
    paths = {_module(path): path for path in (ROOT / part).rglob("*.py")}
    graph = {
        name: {target for each in imports(path) if (target := _target(each, paths)) not in (None, name)}
        for name, path in paths.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


def _target(name: str, paths: dict[str, Path]) -> str | None:
    """The module that has the name: itself, or where it is defined."""
    return name if name in paths else (above if (above := name.rpartition(".")[0]) in paths else None)


def test_the_lists_have_reasons() -> None:
    lists = (SQL_ELSEWHERE, ROLES)
    assert all(len(reason) > 10 for each in lists for reason in each.values())


def test_a_commit_runs_what_lint_runs() -> None:
    """`.pre-commit-config.yaml` has one hook: `make lint`."""
    hooks = [hook for repo in yaml.safe_load(PRE_COMMIT.read_text())["repos"] for hook in repo["hooks"]]
    assert [(hook["entry"], hook["pass_filenames"], hook["always_run"]) for hook in hooks] == [
        ("make lint", False, True)
    ]
