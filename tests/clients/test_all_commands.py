"""Every command of the stock client, and every option of it, is tried by some scenario here.

The client's parsers say what there is. What is tried is read from the scenarios' files: the first words of
each call of `run`, `json`, `names` or `refused`, so commands and options are written out there. A release of
the client with a new command or option fails here until somebody has looked at it.
"""

from __future__ import annotations

import ast
import warnings
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

with warnings.catch_warnings():  # the client's libraries warn of each other
    warnings.simplefilter("ignore")
    from openstackclient.shell import OpenStackShell

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]  # the client's own
CALLS = {"run", "json", "names", "refused"}
SHAPING = {  # how an answer is printed
    *("--format", "--column", "--quote", "--noindent", "--max-width", "--fit-width", "--print-empty"),
    *("--prefix", "--sort-column", "--sort-ascending", "--sort-descending", "--variable", "--help"),
}
LEFT_OUT = {
    "access rule list": {"--user", "--user-domain"},  # 'function' object has no attribute 'list'
    "credential list": {"--user-domain"},  # the client compares with a whole domain and never finds the user
}
"""Options that no server can make work."""


def offered(group: str) -> dict[str, set[str]]:
    """The commands of a group and their options; several spellings of an option are one."""
    return {point.name.replace("_", " "): _options(point) for point in entry_points(group=group)}


def _options(point: EntryPoint) -> set[str]:
    name = point.name.replace("_", " ")
    actions = point.load()(OpenStackShell(), None, name).get_parser(name)._actions
    shown = (action.option_strings for action in actions if action.help != "==SUPPRESS==")
    return {names[-1] for names in shown if names} - SHAPING - LEFT_OUT.get(name, set())


def tried(known: set[str]) -> dict[str, set[str]]:
    """The commands that the scenarios call, with the options they give them."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in Path(__file__).parent.rglob("test_*.py"):
        for line in _lines(ast.parse(file.read_text())):
            words = line.split()
            name = next((n for n in (" ".join(words[:i]) for i in (6, 5, 4, 3, 2)) if n in known), None)
            if name:
                found[name] |= {word.split("=")[0] for word in words if word.startswith("--")}
    return found


def _lines(tree: ast.Module) -> Iterator[str]:
    """The texts in each call of a client, joined; a name there stands for the texts that its function gives it."""
    for function in tree.body:
        named: dict[str, list[str]] = {}
        for each in ast.walk(function):
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
                named[each.targets[0].id] = _texts(each.value, named)
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in CALLS
            ):
                yield " ".join(text for each in node.args for text in _texts(each, named))


def _texts(node: ast.AST, named: dict[str, list[str]]) -> list[str]:
    texts = [str(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant)]
    names = (each.id for each in ast.walk(node) if isinstance(each, ast.Name))
    return texts + [text for name in names for text in named.get(name, [])]


@pytest.mark.parametrize("group", ["openstack.identity.v3", "openstack.image.v2"])
def test_every_command_and_option_is_tried(group: str) -> None:
    commands = offered(group)
    done = tried(set(commands))
    assert commands, group
    assert set(commands) - set(done) == set()
    assert {f"{name} {option}" for name in commands for option in commands[name] - done[name]} == set()
