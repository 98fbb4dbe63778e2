"""The shape of mapping rules, by the version of their schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.patterns import NotAPattern, pattern
from haneul.services.identity.errors import InvalidRules

VERSIONS = ("1.0", "2.0", "3.0")


class _Shape(msgspec.Struct, forbid_unknown_fields=True):
    """Null is refused everywhere."""


class DomainNamed(_Shape):
    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class User(_Shape):
    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    domain: DomainNamed | UnsetType = UNSET
    type: Literal["ephemeral", "local"] | UnsetType = UNSET


class RoleNamed(_Shape):
    name: str


class Project(_Shape):
    name: str
    roles: list[RoleNamed]
    domain: DomainNamed | UnsetType = UNSET


class Group(_Shape):
    """By id, or by name and domain."""

    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    domain: DomainNamed | UnsetType = UNSET


class Local(_Shape):
    user: User | UnsetType = UNSET
    projects: list[Project] | UnsetType = UNSET
    projects_json: str | UnsetType = UNSET
    group: Group | UnsetType = UNSET
    groups: str | UnsetType = UNSET
    group_ids: str | UnsetType = UNSET
    domain: DomainNamed | UnsetType = UNSET


class Remote(_Shape):
    """At most one of the four lists."""

    type: str
    any_one_of: list[Any] | UnsetType = UNSET
    not_any_of: list[Any] | UnsetType = UNSET
    blacklist: list[Any] | UnsetType = UNSET
    whitelist: list[Any] | UnsetType = UNSET
    regex: bool | UnsetType = UNSET


class Rule(_Shape):
    local: list[Local]
    remote: Annotated[list[Remote], msgspec.Meta(min_length=1)]


_Rules = Annotated[list[Rule], msgspec.Meta(min_length=1)]


def rules_of(rules: Any, version: str) -> list[Rule]:
    """The rules, read; InvalidRules says what is wrong with them."""
    if version not in VERSIONS:
        raise InvalidRules(why=f"schema_version {version!r} is not one of {list(VERSIONS)}")
    try:
        read = msgspec.convert(rules, _Rules)
    except msgspec.ValidationError as problem:
        raise InvalidRules(why=str(problem)) from None
    for rule in read:
        for remote in rule.remote:
            _require_sound(remote)
        for local in rule.local:
            _require_known(local, version)
    return read


def _require_sound(remote: Remote) -> None:
    lists = [
        x
        for x in (remote.any_one_of, remote.not_any_of, remote.blacklist, remote.whitelist)
        if x is not UNSET
    ]
    if len(lists) > 1 or (not lists and remote.regex is not UNSET):
        raise InvalidRules(
            why=f"the requirement on {remote.type!r} takes one of any_one_of, not_any_of, blacklist, whitelist; "
            "regex goes with one of them"
        )
    if remote.regex is not True:
        return
    for text in lists[0]:
        try:
            if not isinstance(text, str):
                raise NotAPattern
            pattern(text)
        except NotAPattern:
            raise InvalidRules(why=f"{text!r} is not a regular expression") from None


def _require_known(local: Local, version: str) -> None:
    """Raise if the result uses what its version does not have, or names a group in no way or two."""
    group = local.group
    if not isinstance(group, UnsetType):
        by_id = (group.id is not UNSET, group.name is UNSET, group.domain is UNSET)
        if len(set(by_id)) != 1:
            raise InvalidRules(why="a group is named by its id, or by its name and domain")
    if version != "3.0" and local.projects_json is not UNSET:
        raise InvalidRules(why="Additional properties are not allowed ('projects_json' was unexpected)")
    projects = [] if isinstance(local.projects, UnsetType) else local.projects
    if version == "1.0" and any(each.domain is not UNSET for each in projects):
        raise InvalidRules(why="Additional properties are not allowed ('domain' was unexpected)")
