"""What the source says that a route can raise is among its errors.

From the handler on, each call that can be told by its name is followed, through operations and other services'
doors; `raise`, `missing=` and `hidden=` name what can be raised there. What is called by another name (an action
of a table, a method of a store) is seen by the tests instead: see `tests/answers.py`.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from haneul import control_plane
from haneul.kernel.errors import HaneulError
from haneul.kernel.http.answers import COMMON_ERRORS
from tests.architecture.source import SERVICES, tree

CANNOT = {
    "block_storage create_from_source": (
        {"BackupNotFound", "InvalidBackup"},
        "a group's volumes are made of volumes or snapshots, and of no backup",
    ),
    "block_storage restore_backup": (
        {"GroupNotFound", "InvalidSnapshot", "SnapshotNotFound"},
        "the new volume is made of the backup, of no snapshot, and in no group",
    ),
    "compute create_server": (
        {"BackupNotFound", "GroupNotFound", "InvalidBackup"},
        "a server's volumes are made of images, snapshots and volumes, of no backup, and in no group",
    ),
}
"""Handlers that can raise less than what they call: which errors they cannot, and why. It only shrinks."""


@pytest.mark.parametrize("service", SERVICES)
def test_every_error_of_a_route_is_declared(service: str) -> None:
    missing: dict[str, set[str]] = {}
    for route in control_plane.served(service).routes:
        errors = {
            error.__name__
            for error in reachable(route.handler)
            if error.status < 500 and error not in COMMON_ERRORS and not issubclass(error, route.errors)
        }
        if errors:
            missing.setdefault(f"{service} {route.handler.__name__}", set()).update(errors)
    known = {name: cannot for name, (cannot, _) in CANNOT.items() if name.startswith(f"{service} ")}
    assert {name: sorted(rest) for name in missing if (rest := missing[name] - known.get(name, set()))} == {}
    assert {name: sorted(rest) for name in known if (rest := known[name] - missing.get(name, set()))} == {}


@cache
def reachable(handler: Any) -> frozenset[type[HaneulError]]:
    return frozenset(raised_by(inspect.unwrap(handler), {}))


def raised_by(function: Any, known: dict[Any, set[type[HaneulError]]]) -> set[type[HaneulError]]:
    """What comes out of it; whoever catches a kind of error lets none of it through."""
    if function in known:
        return known[function]
    known[function] = set()
    raised, calls, caught = said(function)
    found = {error for each in calls for error in raised_by(each, known) if not issubclass(error, caught)}
    known[function] = found | raised
    return known[function]


@cache
def said(function: Any) -> tuple[set[type[HaneulError]], list[Any], tuple[type, ...]]:
    """(what the function itself raises, whom it calls, what it catches)."""
    errors: set[type[HaneulError]] = set()
    calls: list[Any] = []
    caught: list[type] = []
    for node in ast.walk(definition(function) or ast.Pass()):
        named: list[ast.expr] = []
        if isinstance(node, ast.Raise) and node.exc is not None:
            named = [node.exc]
        elif isinstance(node, ast.ExceptHandler) and node.type is not None:
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            caught += [k for each in kinds if isinstance(k := value_of(each, function), type)]
        elif isinstance(node, ast.Call):
            does_in_transaction = isinstance(node.func, ast.Attribute) and node.func.attr == "transact"
            called = value_of(node.args[0] if does_in_transaction else node.func, function)
            if inspect.isfunction(called):
                calls.append(inspect.unwrap(called))
            named = [k.value for k in node.keywords if k.arg in ("missing", "hidden")]
        for each in named:
            kind = value_of(each.func if isinstance(each, ast.Call) else each, function)
            if isinstance(kind, type) and issubclass(kind, HaneulError):
                errors.add(kind)
    return errors, calls, tuple(caught)


def definition(function: Callable[..., Any]) -> ast.AST | None:
    """Its source, if it is a service's, or of the routes that the kernel makes of a service's tables."""
    if not function.__module__.startswith(("haneul.services.", "haneul.kernel.http.tables.")):
        return None
    code = function.__code__
    for node in ast.walk(tree(Path(code.co_filename))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == function.__name__:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first <= code.co_firstlineno <= node.lineno:
                return node
    return None


def value_of(node: ast.expr, function: Callable[..., Any]) -> Any:
    """What a name stands for in that function: in its closure, or in its module."""
    if isinstance(node, ast.Attribute):
        return getattr(value_of(node.value, function), node.attr, None)
    if not isinstance(node, ast.Name):
        return None
    if node.id in function.__code__.co_freevars:
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
        return cells[node.id].cell_contents
    return getattr(sys.modules[function.__module__], node.id, None)
