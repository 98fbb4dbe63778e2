"""Mapping rules: what an identity provider says of somebody, turned into a user, groups and projects here.

A rule has requirements (`remote`) on the attributes of an assertion, and results (`local`). A rule whose
requirements all hold adds its results, in which `{0}`, `{1}`, ... stand for the values of those
requirements that only name an attribute or filter its values, in their order.

Values are put into results as values, never as text that is read again: somebody whose group is called
`['admins']` is in a group of that odd name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.patterns import pattern
from haneul.services.identity.errors import CannotMap
from haneul.services.identity.model.rules import DomainNamed, Local, Project, Remote, Rule, rules_of

Assertion = Mapping[str, Sequence[str]]
"""The attributes of somebody, each with its values."""

T = TypeVar("T")
_PLACE = re.compile(r"\{\{|\}\}|\{(\d+)\}")
_WHOLE = re.compile(r"\{(\d+)\}")
_JSON = "JSON:"


class AttributeMapping(msgspec.Struct, frozen=True):
    """Version 2.0 lets a result's domain count for its user and projects; 3.0 also takes roles away."""

    id: str
    rules: list[Any]
    schema_version: str = "1.0"

    @property
    def takes_roles_away(self) -> bool:
        """Whether roles on projects that are no longer asserted are lost."""
        return self.schema_version == "3.0"


class Place(NamedTuple):
    """A domain by id or by name; neither means the domain of the identity provider."""

    id: str | None = None
    name: str | None = None


class MappedUser(NamedTuple):
    """Who somebody is; `is_local` means a user that exists here already."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    domain: Place = Place()
    is_local: bool = False


class MappedGroup(NamedTuple):
    name: str
    domain: Place


class MappedProject(NamedTuple):
    name: str
    roles: tuple[str, ...]
    domain: Place


class Mapped(NamedTuple):
    """What all rules that applied say together."""

    user: MappedUser
    group_ids: tuple[str, ...] = ()
    groups: tuple[MappedGroup, ...] = ()
    projects: tuple[MappedProject, ...] = ()


class _Result(NamedTuple):
    """A result of a rule that applied, with the values for its places."""

    local: Local
    values: Sequence[Sequence[str]]


def of_text(attributes: Mapping[str, str]) -> dict[str, list[str]]:
    """An assertion from attributes whose values are separated by semicolons, as web servers give them."""
    return {name: text.split(";") for name, text in attributes.items()}


def apply(mapping: AttributeMapping, assertion: Assertion) -> Mapped:
    """What the mapping makes of the assertion; CannotMap if it makes nothing of it."""
    results = list(_results(rules_of(mapping.rules, mapping.schema_version), assertion))
    if not results:
        raise CannotMap
    is_first = mapping.schema_version == "1.0"
    default = Place() if is_first else _last_domain(results)
    return Mapped(
        _user(results, default),
        tuple(dict.fromkeys(id for each in results for id in _group_ids(each))),
        tuple(dict.fromkeys(group for each in results for group in _groups(each))),
        _projects(results, uses_domain=not is_first),
    )


def _results(rules: Iterable[Rule], assertion: Assertion) -> Iterable[_Result]:
    for rule in rules:
        values = _values(rule.remote, assertion)
        if values is not None:
            for local in rule.local:
                yield _Result(local, values)


def _values(requirements: Iterable[Remote], assertion: Assertion) -> list[Sequence[str]] | None:
    """The values that the requirements give, in their order; None if one of them does not hold."""
    columns: list[Sequence[str]] = []
    for each in requirements:
        values = assertion.get(each.type)
        if not values:
            return None
        if each.any_one_of is not UNSET:
            if not _matching(each.any_one_of, values, each.regex):
                return None
        elif each.not_any_of is not UNSET:
            if _matching(each.not_any_of, values, each.regex):
                return None
        elif each.blacklist is not UNSET:
            refused = _matching(each.blacklist, values, each.regex)
            columns.append([value for value in values if value not in refused])
        elif each.whitelist is not UNSET:
            columns.append(_matching(each.whitelist, values, each.regex))
        else:
            columns.append(values)
    return columns


def _matching(wanted: list[Any], values: Sequence[str], regex: bool | UnsetType) -> list[str]:
    """Those of the values that are wanted, each once."""
    if regex is True:
        matching = [v for v in values if any(pattern(str(each)).search(v) for each in wanted)]
    else:
        matching = [v for v in values if v in wanted]
    return list(dict.fromkeys(matching))


def _filled(template: str, values: Sequence[Sequence[str]]) -> str:
    """The template with its places filled; several values are written as a list."""

    def put(place: re.Match[str]) -> str:
        if place[1] is None:
            return place[0][0]
        value = _value(values, int(place[1]))
        # Upstream fills in Python's way of writing a list, and reads it back so where several are meant.
        return value[0] if len(value) == 1 else str(list(value))

    return _PLACE.sub(put, template)


def _value(values: Sequence[Sequence[str]], index: int) -> Sequence[str]:
    if index >= len(values):
        raise CannotMap(f"Local section in the mapping refers to a remote match {index} that does not exist.")
    return values[index]


def _many(template: str, values: Sequence[Sequence[str]]) -> list[str]:
    """The values that a template for several stands for: a place of its own, a list, or one text."""
    if place := _WHOLE.fullmatch(template):
        return list(_value(values, int(place[1])))
    try:
        written = ast.literal_eval(template)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        written = None
    if isinstance(written, list):
        return [one for each in written for one in _many(str(each), values)]
    return [_filled(template, values)]


def _given(value: T | UnsetType) -> T | None:
    return None if isinstance(value, UnsetType) else value


def _text(template: str | UnsetType, values: Sequence[Sequence[str]]) -> str | None:
    return None if isinstance(template, UnsetType) else _filled(template, values)


def _place(domain: DomainNamed | UnsetType, values: Sequence[Sequence[str]]) -> Place | None:
    if isinstance(domain, UnsetType):
        return None
    return Place(_text(domain.id, values), _text(domain.name, values))


def _last_domain(results: Iterable[_Result]) -> Place:
    """The domain of the last result that names one."""
    place = Place()
    for each in results:
        place = _place(each.local.domain, each.values) or place
    return place


def _user(results: Iterable[_Result], default: Place) -> MappedUser:
    """The first user that the results name."""
    for local, values in results:
        user = _given(local.user)
        if user is not None and user != type(user)():
            return MappedUser(
                _text(user.id, values),
                _text(user.name, values),
                _text(user.email, values),
                _place(user.domain, values) or default,
                user.type == "local",
            )
    return MappedUser(domain=default)


def _group_ids(result: _Result) -> Iterable[str]:
    group, ids = _given(result.local.group), _given(result.local.group_ids)
    if group is not None and group.id is not UNSET:
        yield _filled(group.id, result.values)
    if ids is not None:
        yield from _many(ids, result.values)


def _groups(result: _Result) -> Iterable[MappedGroup]:
    local, values = result
    group, names = _given(local.group), _given(local.groups)
    if group is not None and group.name is not UNSET:
        yield MappedGroup(_filled(group.name, values), _place(group.domain, values) or Place())
    if names is None:
        return
    domain = _place(local.domain, values)
    for name in _many(names, values):
        if domain is not None:
            yield MappedGroup(name, domain)
        elif name.startswith(_JSON):
            yield _group_written_out(name.removeprefix(_JSON))
        else:
            raise CannotMap("Invalid rule: both 'groups' and 'domain' keywords must be specified.")


class _Group(msgspec.Struct):
    name: str
    domain: DomainNamed


def _group_written_out(text: str) -> MappedGroup:
    """A group that the provider names together with its domain; rules that name a domain do not ask it."""
    try:
        group = msgspec.json.decode(text, type=_Group)
    except msgspec.DecodeError:
        raise CannotMap("A group of the assertion is not written as JSON with name and domain.") from None
    return MappedGroup(group.name, Place(_given(group.domain.id), _given(group.domain.name)))


def _projects(results: Iterable[_Result], *, uses_domain: bool) -> tuple[MappedProject, ...]:
    """The projects of the last result that names any."""
    mapped_projects: tuple[MappedProject, ...] = ()
    for local, values in results:
        named, written = _given(local.projects), _given(local.projects_json)
        if named is None and written is None:
            continue
        default = (_place(local.domain, values) if uses_domain else None) or Place()
        asserted = _written_out(written, values) if written is not None else []
        mapped_projects = (
            *(_project(each, values, default) for each in named or ()),
            *(_project(each, (), default, is_template=False) for each in asserted),
        )
    return mapped_projects


def _project(
    project: Project, values: Sequence[Sequence[str]], default: Place, *, is_template: bool = True
) -> MappedProject:
    def text(written: str) -> str:
        return _filled(written, values) if is_template else written

    domain = default
    if not isinstance(project.domain, UnsetType):
        id, name = _given(project.domain.id), _given(project.domain.name)
        domain = Place(id and text(id), name and text(name))
    return MappedProject(text(project.name), tuple(text(role.name) for role in project.roles), domain)


def _written_out(template: str, values: Sequence[Sequence[str]]) -> list[Project]:
    """The projects that an attribute holds as JSON: a list, or several values with one project each."""
    place = _WHOLE.fullmatch(template)
    if place is None:
        raise CannotMap("The rule for projects_json must be one place such as {0}.")
    projects: list[Any] = []
    try:
        for text in _value(values, int(place[1])):
            read = msgspec.json.decode(text)
            projects += read if isinstance(read, list) else [read]
        return msgspec.convert(projects, list[Project])
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise CannotMap(
            "The projects of the assertion are not written as JSON with names and roles."
        ) from None
