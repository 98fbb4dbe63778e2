"""Who may do what: rules in the oslo.policy language, declared by services, overridable by operators.

A check answers yes, no, or "it depends" (None) when the target is not known yet: the HTTP layer asks
before anything was read and refuses only what no target could allow; the operation asks again with the
target in hand. Grammar (https://docs.openstack.org/oslo.policy/latest/admin/policy-yaml-file.html):

    check  = "@" | "!" | "role:" name | "rule:" name | attribute ":" value | value ":" "%(target)s"
    expr   = check | "not" expr | expr "and" expr | expr "or" expr | "(" expr ")"

A rule may also say with what scope it can be asked for at all; a rule that another refers to counts with
its check only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from haneul.kernel.errors import BadRequest

Credentials = Mapping[str, Any]
Target = Mapping[str, Any] | None
Check = Callable[[Target, Credentials], bool | None]

_TOKEN = re.compile(r"""\s*(\(|\)|(?:'[^']*'|"[^"]*"|%\([^)]*\)s|[^\s()])+)""")
_TARGET = re.compile(r"%\(([^)]+)\)s")
_REFERENCE = re.compile(r"(?:^|[\s(])rule:([^\s()]+)")
_ROLE = re.compile(r"(?:^|[\s(])role:([^\s()%]+)", re.IGNORECASE)
_MISSING = object()


@dataclass(frozen=True)
class Rule:
    """A named rule: what it asks for, and what it protects."""

    name: str
    check: str
    description: str = ""
    scope: tuple[str, ...] = ("project",)
    """With which kinds of token it can be passed; empty: with all."""


def rule(name: str, check: str, description: str = "", scope: tuple[str, ...] = ("project",)) -> Rule:
    """Declare a rule; the text is checked when the policy is built."""
    return Rule(name, check, description, scope)


class PolicyError(BadRequest):
    code, message = "policy_syntax", "The rule {rule!r} cannot be read: {why}."


@dataclass
class Policy:
    """All rules of the cloud, compiled."""

    rules: dict[str, Rule] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    """What an operator should hear of their texts, though they can be used."""
    _checks: dict[str, Check] = field(default_factory=dict)

    @classmethod
    def build(cls, declared: Iterable[Rule], overrides: Mapping[str, str] | None = None) -> Policy:
        """The policy of the declared rules, some replaced by an operator's texts.

        PolicyError names the rule that cannot be read, or that refers to itself.
        """
        policy = cls({each.name: each for each in declared})
        unknown = set(overrides or ()) - set(policy.rules)
        for name, text in (overrides or {}).items():
            known = policy.rules.get(name)
            policy.rules[name] = replace(known, check=text) if known else Rule(name, text, scope=())
        for each in policy.rules.values():
            policy._checks[each.name] = policy._compile(each)
        for name in policy.rules:
            policy._require_an_end(name, ())
        referred = {other for each in policy.rules.values() for other in references(each)}
        policy.warnings += [f"no service knows a rule {name!r}" for name in sorted(unknown - referred)]
        policy.warnings += [
            f"a rule refers to {name!r}, which is not there: nobody passes it"
            for name in sorted(referred - set(policy.rules))
        ]
        return policy

    def decide(self, name: str, target: Target, credentials: Credentials) -> bool | None:
        """Yes, no, or None where it depends on a target that is not given."""
        asked = self.rules.get(name)
        if asked is None or not covers_scope(asked, credentials):
            return False
        return self._checks[name](target, credentials)

    def roles_named(self, name: str) -> set[str]:
        """The roles that the rule speaks of, itself or by another."""
        asked = self.rules.get(name)
        if asked is None:
            return set()
        found = {role.lower() for role in _ROLE.findall(asked.check)}
        return found.union(*(self.roles_named(other) for other in references(asked)))

    def _require_an_end(self, name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise PolicyError(rule=name, why=f"it refers to itself by {' -> '.join((*above, name))}")
        if name in self.rules:
            for other in references(self.rules[name]):
                self._require_an_end(other, (*above, name))

    def _referred(self, name: str, target: Target, credentials: Credentials) -> bool | None:
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
            return lambda target, credentials: self._referred(value, target, credentials)
        if kind == "role":
            return _role(value)
        return _generic(kind, value)


def references(declared: Rule) -> Iterator[str]:
    """The names of the rules that it refers to."""
    for match in _REFERENCE.finditer(declared.check):
        yield match.group(1)


def scope_of(credentials: Credentials) -> str:
    """What the asker's token is for. One that is for nothing counts as a project's, as upstream."""
    if credentials.get("system_scope"):
        return "system"
    return "domain" if credentials.get("domain_id") else "project"


def covers_scope(asked: Rule, credentials: Credentials) -> bool:
    return not asked.scope or credentials.get("is_internal") is True or scope_of(credentials) in asked.scope


def _role(wanted: str) -> Check:
    names = _TARGET.findall(wanted)
    role = wanted.lower()
    if not names:
        return lambda target, credentials: role in credentials["roles"]

    def check(target: Target, credentials: Credentials) -> bool | None:
        name = _filled(wanted, names, target)
        if name is None:
            return None
        return name is not _MISSING and str(name).lower() in credentials["roles"]

    return check


def _generic(kind: str, value: str) -> Check:
    """`attribute:value`: what the asker has (or a literal) against a text or the target's.

    What is not set equals nothing but `None`, said so in the rule: an asker without a domain is not in the
    domain of a thing without one.
    """
    names = _TARGET.findall(value)
    is_quoted = kind[:1] in ("'", '"')

    def check(target: Target, credentials: Credentials) -> bool | None:
        expected = _filled(value, names, target) if names else value
        if expected is None:
            return None
        if expected is _MISSING:
            return False
        if is_quoted or kind == "None":
            return (kind[1:-1] if is_quoted else kind) == expected
        have = _dig(credentials, kind)
        if have is _MISSING or have is None:
            return value == "None"
        if isinstance(have, list | tuple):
            return expected in map(str, have)
        return str(have) == expected

    return check


def _filled(text: str, names: list[str], target: Target) -> Any:
    """The text with the target's values; None if there is no target, `_MISSING` if that lacks one."""
    if target is None:
        return None
    values = {name: _dig(target, name) for name in names}
    if _MISSING in values.values():
        return _MISSING
    return _TARGET.sub(lambda match: str(values[match.group(1)]), text)


def _dig(target: Mapping[str, Any], name: str) -> Any:
    """The target's value: by its full name (`target.user.id`), or part by part; `_MISSING` without one."""
    if name in target:
        return target[name]
    found: Any = target
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _MISSING
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
