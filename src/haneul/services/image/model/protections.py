"""Who may do what with which custom properties, as operators write it down.

A section's name is a regular expression; the first section that finds something in a property's name
decides about it. Each of `create`, `read`, `update` and `delete` lists roles, or names one policy rule;
`@` is everybody and `!` nobody. What no section speaks of is nobody's.
"""

from __future__ import annotations

import configparser
from collections.abc import Callable, Collection
from typing import NamedTuple

from haneul.kernel.patterns import NotAPattern, Pattern

OPERATIONS = ("create", "read", "update", "delete")
INTERNAL = "os_glance"
"""Properties that the service itself sets; no section decides about them."""


class Protection(NamedTuple):
    pattern: Pattern
    allowed: dict[str, tuple[str, ...]]
    """Per operation the roles, or the rule."""


def read(text: str) -> list[Protection]:
    """The sections in their order; ValueError says what is wrong with them."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as problem:
        raise ValueError(str(problem)) from None
    return [_section(name, dict(parser.items(name))) for name in parser.sections()]


def _section(name: str, rules: dict[str, str]) -> Protection:
    try:
        pattern = Pattern(name)
    except NotAPattern as problem:
        raise ValueError(f"[{name}] is no regular expression: {problem}") from None
    allowed = {}
    for operation in OPERATIONS:
        if operation not in rules:
            raise ValueError(f"[{name}] does not say who may {operation}")
        words = tuple(word.strip().lower() for word in rules[operation].split(",") if word.strip())
        if "@" in words and "!" in words:
            raise ValueError(f"[{name}] lets everybody and nobody {operation}")
        allowed[operation] = words
    return Protection(pattern, allowed)


def allows(
    protections: list[Protection], name: str, operation: str, holds: Callable[[Collection[str]], bool]
) -> bool:
    """Whether somebody may do this to the property; `holds` says if one of the words fits them."""
    if name.startswith(INTERNAL):
        return True
    for each in protections:
        if each.pattern.search(name):
            words = each.allowed[operation]
            return "@" in words or ("!" not in words and holds(words))
    return False
