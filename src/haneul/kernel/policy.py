"""Who may do what: rules in the oslo.policy language, declared by services, overridable by operators.

A check answers yes, no, or "it depends" (None) when the target is not known yet: the HTTP layer asks
before anything was read and refuses only what no target could allow; the operation asks again with the
target in hand. Grammar (https://docs.openstack.org/oslo.policy/latest/admin/policy-yaml-file.html):

    check  = "@" | "!" | "role:" name | "rule:" name | attribute ":" value | value ":" "%(target)s"
    expr   = check | "not" expr | expr "and" expr | expr "or" expr | "(" expr ")"

Rules are a service's own: two services may have one of the same name, and `rule:` means the service's.
A rule may also say with what scope it can be asked for at all; a rule that another refers to counts with
its check only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import msgspec

from haneul.kernel.errors import BadRequest

Credentials = Mapping[str, Any]
Target = Mapping[str, Any] | None
Check = Callable[[Target, Credentials], bool | None]

_TOKEN = re.compile(r"""\s*(\(|\)|(?:'[^']*'|"[^"]*"|%\([^)]*\)s|[^\s()])+)""")
_TARGET = re.compile(r"%\(([^)]+)\)s")
_REFERENCE = re.compile(r"(?:^|[\s(])rule:([^\s()]+)")
_ROLE = re.compile(r"(?:^|[\s(])role:([^\s()%]+)", re.IGNORECASE)
_MISSING = object()


class Question:
    """A rule as it is asked: its check, and what of a target the answer depends on."""

    __slots__ = ("_fields", "_names", "check", "rule")

    def __init__(self, rule: Rule, check: Check, names: Iterable[str]) -> None:
        self.rule = rule
        self.check = check
        self._names = tuple(dict.fromkeys(names))
        """Of the attributes."""
        self._fields: dict[type, tuple[str, ...] | None] = {}
        """Those that a Struct of that type has; None: the target is looked at whole."""

    def sees(self, target: Any) -> tuple[Any, ...]:
        """Two targets for which this is the same get the same answer from the same asker."""
        kind = type(target)
        try:
            fields = self._fields[kind]
        except KeyError:
            fields = self._fields[kind] = self._fields_of(kind)
        if fields is None:
            return kind, *[_dig(target, name) for name in self._names]
        return kind, *[getattr(target, name) for name in fields]

    def answer(self, target: Any, credentials: Credentials) -> bool:
        """Whether they may do it to the target; None is any at all: whether there can be one."""
        if not covers_scope(self.rule, credentials):
            return False
        fields = self._fields.get(type(target))
        if target is None:
            return self.check(None, credentials) is not False
        seen = as_target(target) if fields is None else {name: getattr(target, name) for name in fields}
        return bool(self.check(seen, credentials))

    def _fields_of(self, kind: type) -> tuple[str, ...] | None:
        if issubclass(kind, Mapping):
            return None
        if issubclass(kind, msgspec.Struct):
            wanted = {part for name in self._names for part in (name, name.partition(".")[0])}
            return tuple(field for field in kind.__struct_fields__ if field in wanted)
        if kind is type(None):
            return ()
        raise TypeError(f"not a target: {kind!r}")


@dataclass(frozen=True)
class Rule:
    """A named rule: what it asks for, and what it protects."""

    name: str
    check: str
    description: str = ""
    scope: tuple[str, ...] = ("project",)
    """With which kinds of token it can be passed; empty: with all."""
    service: str = field(default="", compare=False)
    """Whose rule it is: names are a service's own, and so are the rules that it refers to."""

    @cached_property
    def key(self) -> str:
        """Its name beyond its service: `compute: rule`."""
        return f"{self.service}: {self.name}"

    def belongs_to(self, service: str) -> Rule:
        """The same rule, known as that service's: said once, when the services are put together."""
        object.__setattr__(self, "service", service)
        self.__dict__.pop("key", None)
        return self


def rule(name: str, check: str, description: str = "", scope: tuple[str, ...] = ("project",)) -> Rule:
    """Declare a rule; the text is checked when the policy is built."""
    return Rule(name, check, description, scope)


class PolicyError(BadRequest):
    code, message = "policy_syntax", "The rule {rule!r} cannot be read: {why}."


Overrides = Mapping[str, str | Mapping[str, str]]
"""By service: name -> text. A text in a service's place is for every service that has such a rule."""


@dataclass
class Policy:
    """All rules of the cloud, compiled.

    Each goes by its name, or by its key where several services have one of that name.
    """

    rules: dict[str, Rule] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    """What an operator should hear of their texts, though they can be used."""
    _checks: dict[str, Check] = field(default_factory=dict)
    _questions: dict[str, Question] = field(default_factory=dict)
    """By key."""
    _ids: dict[str, str] = field(default_factory=dict)
    """Key -> what the rule goes by."""

    @classmethod
    def build(cls, declared: Iterable[Rule], overrides: Overrides | None = None) -> Policy:
        """The policy of the declared rules, some replaced by an operator's texts.

        PolicyError names the rule that cannot be read, that refers to itself, or that a service has twice.
        """
        policy = cls()
        by_key: dict[str, Rule] = {}
        for each in declared:
            if each.key in by_key:
                raise PolicyError(rule=each.key, why="the service has two of that name")
            by_key[each.key] = each
        added = policy._override(by_key, overrides or {})
        times = Counter(each.name for each in by_key.values())
        policy._ids = {key: each.name if times[each.name] == 1 else key for key, each in by_key.items()}
        policy.rules = {policy._ids[key]: each for key, each in by_key.items()}
        for id in policy.rules:
            policy._require_an_end(id, ())
        for id in policy.rules:
            policy._check(id)
        for each in by_key.values():
            id = policy._ids[each.key]
            policy._questions[each.key] = Question(each, policy._checks[id], policy._names(id))
        referred = {(each, name) for each in policy.rules.values() for name in references(each)}
        ids = {policy.id(name, each.service) for each, name in referred}
        policy.warnings += [
            f"no service knows a rule {each.name!r}"
            for each in sorted(added, key=lambda each: each.key)
            if policy._ids[each.key] not in ids
        ]
        policy.warnings += [
            f"a rule refers to {name!r}, which is not there: nobody passes it"
            for name in sorted({name for each, name in referred if policy.id(name, each.service) is None})
        ]
        return policy

    def _override(self, by_key: dict[str, Rule], overrides: Overrides) -> list[Rule]:
        """The operator's texts are in place; the rules of which no service knows."""
        added: list[Rule] = []
        services = {each.service for each in by_key.values()}
        for section, texts in overrides.items():
            if isinstance(texts, str):
                owners = [each.service for each in by_key.values() if each.name == section] or [""]
                wanted = [(owner, section, texts) for owner in owners]
            elif section in services:
                wanted = [(section, name, text) for name, text in texts.items()]
            else:
                raise PolicyError(rule=section, why=f"no service has that name; there are: {_list(services)}")
            for service, name, text in wanted:
                known = by_key.get(f"{service}: {name}")
                new = replace(known, check=text) if known else Rule(name, text, scope=(), service=service)
                by_key[new.key] = new
                if known is None:
                    added.append(new)
        return added

    def id(self, name: str, service: str) -> str | None:
        """What the rule goes by that a rule of that service names; None if there is none."""
        return self._ids.get(f"{service}: {name}") or self._ids.get(f": {name}")

    def id_of(self, rule: Rule) -> str:
        """What the rule goes by."""
        return self._ids.get(rule.key, rule.name)

    def decide(self, rule: str | Rule, target: Target, credentials: Credentials) -> bool | None:
        """Yes, no, or None where it depends on a target that is not given."""
        if isinstance(rule, str):
            known = self.rules.get(rule)
            question = None if known is None else self._questions[known.key]
        else:
            question = self.question(rule)
        if question is None or not covers_scope(question.rule, credentials):
            return False
        return question.check(target, credentials)

    def question(self, rule: Rule) -> Question | None:
        """The rule as this policy has it; None: nobody passes it."""
        question = self._questions.get(rule.key)
        if question is None and (known := self.rules.get(rule.name)) is not None:
            question = self._questions[known.key]
        return question

    def _names(self, id: str) -> list[str]:
        """The attributes of a target for which the rule asks, itself or by another."""
        check = self.rules[id]
        return [
            *_TARGET.findall(check.check),
            *(name for other in self._referred_by(check) for name in self._names(other)),
        ]

    def roles_named(self, id: str) -> set[str]:
        """The roles that the rule speaks of, itself or by another."""
        check = self.rules.get(id)
        if check is None:
            return set()
        roles = {role.lower() for role in _ROLE.findall(check.check)}
        return roles.union(*(self.roles_named(other) for other in self._referred_by(check)))

    def _referred_by(self, rule: Rule) -> Iterator[str]:
        for name in references(rule):
            if (id := self.id(name, rule.service)) is not None:
                yield id

    def _require_an_end(self, id: str, above: tuple[str, ...]) -> None:
        if id in above:
            raise PolicyError(rule=id, why=f"it refers to itself by {' -> '.join((*above, id))}")
        for other in self._referred_by(self.rules[id]):
            self._require_an_end(other, (*above, id))

    def _check(self, id: str) -> Check:
        """The rule's check; it was compiled by the first that referred to it."""
        check = self._checks.get(id)
        if check is None:
            check = self._checks[id] = self._compile(self.rules[id])
        return check

    def _compile(self, declared: Rule) -> Check:
        text = declared.check.strip()
        if not text:
            return lambda target, credentials: True
        tokens = _TOKEN.findall(text)
        if "".join(tokens).replace(" ", "") != re.sub(r"\s+", "", text):
            raise PolicyError(rule=declared.name, why="unexpected character")
        check, rest = self._either(tokens, declared)
        if rest:
            raise PolicyError(rule=declared.name, why=f"unexpected {rest[0]!r}")
        return check

    def _either(self, tokens: list[str], of: Rule) -> tuple[Check, list[str]]:
        check, tokens = self._both(tokens, of)
        while tokens and tokens[0].lower() == "or":
            other, tokens = self._both(tokens[1:], of)
            check = _or(check, other)
        return check, tokens

    def _both(self, tokens: list[str], of: Rule) -> tuple[Check, list[str]]:
        check, tokens = self._one(tokens, of)
        while tokens and tokens[0].lower() == "and":
            other, tokens = self._one(tokens[1:], of)
            check = _and(check, other)
        return check, tokens

    def _one(self, tokens: list[str], of: Rule) -> tuple[Check, list[str]]:
        if not tokens:
            raise PolicyError(rule=of.name, why="it ends too early")
        head, rest = tokens[0], tokens[1:]
        if head.lower() == "not":
            check, rest = self._one(rest, of)
            return _not(check), rest
        if head == "(":
            check, rest = self._either(rest, of)
            if not rest or rest[0] != ")":
                raise PolicyError(rule=of.name, why="a bracket is not closed")
            return check, rest[1:]
        return self._leaf(head, of), rest

    def _leaf(self, text: str, of: Rule) -> Check:
        if text == "@":
            return lambda target, credentials: True
        if text == "!":
            return _nobody
        kind, colon, value = text.partition(":")
        if not colon:
            raise PolicyError(rule=of.name, why=f"{text!r} is not a check")
        if kind in ("http", "https"):
            raise PolicyError(rule=of.name, why="remote checks are not supported")
        if kind == "rule":
            referred = self.id(value, of.service)
            return _nobody if referred is None else self._check(referred)
        if kind == "role":
            return _role(value)
        return _generic(kind, value)


def _nobody(target: Target, credentials: Credentials) -> bool:
    return False


def as_target(target: Any) -> Mapping[str, Any] | None:
    if target is None or isinstance(target, Mapping):
        return target
    if isinstance(target, msgspec.Struct):
        return {f: getattr(target, f) for f in target.__struct_fields__}
    raise TypeError(f"not a target: {target!r}")


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def references(declared: Rule) -> Iterator[str]:
    """The names of the rules that it refers to."""
    for match in _REFERENCE.finditer(declared.check):
        yield match.group(1)


def scope_of(credentials: Credentials) -> str:
    """What the asker's token is for. One that is for nothing counts as a project's, as upstream."""
    if credentials.get("system_scope"):
        return "system"
    return "domain" if credentials.get("domain_id") else "project"


def covers_scope(rule: Rule, credentials: Credentials) -> bool:
    return not rule.scope or credentials.get("is_internal") is True or scope_of(credentials) in rule.scope


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
    value: Any = target
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _MISSING
        value = value[part]
    return value


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
        outcome = a(target, credentials)
        return None if outcome is None else not outcome

    return check
