"""Who may do what: rules in the oslo.policy language, declared by services, overridable by operators.

A check answers yes, no, or "it depends" (None) when the target is not known yet: the HTTP layer asks
before anything was read and refuses only what no target could allow; the operation asks again with the
target in hand. Grammar (https://docs.openstack.org/oslo.policy/latest/admin/policy-yaml-file.html):

    check  = "@" | "!" | "role:" name | "rule:" name | attribute ":" value | value ":" "%(target)s"
    expr   = check | "not" expr | expr "and" expr | expr "or" expr | "(" expr ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from haneul.kernel.errors import BadRequest

Credentials = Mapping[str, Any]
Target = Mapping[str, Any] | None
Check = Callable[[Target, Credentials], bool | None]

_TOKEN = re.compile(r"""\s*(\(|\)|(?:'[^']*'|"[^"]*"|%\([^)]*\)s|[^\s()])+)""")
_TARGET = re.compile(r"%\(([^)]+)\)s")


@dataclass(frozen=True)
class Rule:
    """A named rule: what it asks for, and what it protects."""

    name: str
    check: str
    description: str = ""
    scope: tuple[str, ...] = ("project",)


def rule(name: str, check: str, description: str = "", scope: tuple[str, ...] = ("project",)) -> Rule:
    """Declare a rule; the text is checked when the policy is built."""
    return Rule(name, check, description, scope)


class PolicyError(BadRequest):
    code, message = "policy_syntax", "The rule {rule!r} cannot be read: {why}."


@dataclass
class Policy:
    """All rules of the cloud, compiled."""

    rules: dict[str, Rule] = field(default_factory=dict)
    _checks: dict[str, Check] = field(default_factory=dict)

    @classmethod
    def build(cls, declared: Iterable[Rule], overrides: Mapping[str, str] | None = None) -> Policy:
        """The policy of the declared rules, some replaced by an operator's texts."""
        policy = cls()
        for each in declared:
            policy.rules[each.name] = each
        for name, text in (overrides or {}).items():
            known = policy.rules.get(name)
            policy.rules[name] = Rule(name, text, known.description if known else "")
        for each in policy.rules.values():
            policy._checks[each.name] = policy._compile(each)
        return policy

    def decide(self, name: str, target: Target, credentials: Credentials) -> bool | None:
        """Yes, no, or None where it depends on a target that is not given."""
        check = self._checks.get(name)
        return False if check is None else check(target, credentials)

    def _compile(self, declared: Rule) -> Check:
        text = declared.check.strip()
        if not text:
            return lambda target, credentials: True
        tokens = _TOKEN.findall(text)
        if "".join(tokens).replace(" ", "") != re.sub(r"\s+", "", text):
            raise PolicyError(rule=declared.name, why="unexpected character")
        check, rest = self._either(tokens, declared.name)
        if rest:
            raise PolicyError(rule=declared.name, why=f"unexpected {rest[0]!r}")
        return check

    def _either(self, tokens: list[str], name: str) -> tuple[Check, list[str]]:
        check, tokens = self._both(tokens, name)
        while tokens and tokens[0].lower() == "or":
            other, tokens = self._both(tokens[1:], name)
            check = _or(check, other)
        return check, tokens

    def _both(self, tokens: list[str], name: str) -> tuple[Check, list[str]]:
        check, tokens = self._one(tokens, name)
        while tokens and tokens[0].lower() == "and":
            other, tokens = self._one(tokens[1:], name)
            check = _and(check, other)
        return check, tokens

    def _one(self, tokens: list[str], name: str) -> tuple[Check, list[str]]:
        if not tokens:
            raise PolicyError(rule=name, why="it ends too early")
        head, rest = tokens[0], tokens[1:]
        if head.lower() == "not":
            check, rest = self._one(rest, name)
            return _not(check), rest
        if head == "(":
            check, rest = self._either(rest, name)
            if not rest or rest[0] != ")":
                raise PolicyError(rule=name, why="a bracket is not closed")
            return check, rest[1:]
        return self._leaf(head, name), rest

    def _leaf(self, text: str, name: str) -> Check:
        if text == "@":
            return lambda target, credentials: True
        if text == "!":
            return lambda target, credentials: False
        kind, colon, value = text.partition(":")
        if not colon:
            raise PolicyError(rule=name, why=f"{text!r} is not a check")
        if kind in ("http", "https"):
            raise PolicyError(rule=name, why="remote checks are not supported")
        if kind == "rule":
            return lambda target, credentials: self.decide(value, target, credentials)
        if kind == "role":
            return _role(value.lower())
        return _generic(kind, value)


def _role(wanted: str) -> Check:
    return lambda target, credentials: wanted in credentials["roles"]


def _generic(kind: str, value: str) -> Check:
    """`attribute:value`: what the asker has (or a quoted literal) against a text or the target's."""
    wanted = _TARGET.fullmatch(value)

    def check(target: Target, credentials: Credentials) -> bool | None:
        if wanted is None:
            expected: Any = value
        elif target is None:
            return None
        else:
            expected = _dig(target, wanted.group(1))
            if expected is None:
                return False
        have = kind[1:-1] if kind[:1] in "'\"" else credentials.get(kind)
        if have is None:
            return expected == "None"
        return str(have) == str(expected)

    return check


def _dig(target: Mapping[str, Any], name: str) -> Any:
    """The target's value: by its full name (`target.user.id`), or part by part."""
    if name in target:
        return target[name]
    found: Any = target
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def _and(a: Check, b: Check) -> Check:
    def check(target: Target, credentials: Credentials) -> bool | None:
        first = a(target, credentials)
        if first is False:
            return False
        second = b(target, credentials)
        if second is False:
            return False
        return None if first is None or second is None else True

    return check


def _or(a: Check, b: Check) -> Check:
    def check(target: Target, credentials: Credentials) -> bool | None:
        first = a(target, credentials)
        if first:
            return True
        second = b(target, credentials)
        if second:
            return True
        return None if first is None or second is None else False

    return check


def _not(a: Check) -> Check:
    def check(target: Target, credentials: Credentials) -> bool | None:
        found = a(target, credentials)
        return None if found is None else not found

    return check
