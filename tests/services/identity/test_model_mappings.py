"""Mapping rules: from what a provider asserts to a user, groups and projects."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.identity.errors import CannotMap, InvalidRules
from haneul.services.identity.model.mappings import (
    AttributeMapping,
    Mapped,
    MappedGroup,
    MappedProject,
    MappedUser,
    Place,
    apply,
    of_text,
)
from haneul.services.identity.model.rules import rules_of

HERE = Place(id="d1")
NAMED = {"user": {"name": "{0}"}}
ALICE = {"name": "alice", "groups": "staff;admins", "mail": "alice@example.org"}


def mapped(rules: list[Any], assertion: dict[str, str], version: str = "1.0") -> Mapped:
    return apply(AttributeMapping("m", rules, version), of_text(assertion))


def rule(local: list[Any] | dict[str, Any], *remote: dict[str, Any]) -> dict[str, Any]:
    return {"local": local if isinstance(local, list) else [local], "remote": list(remote)}


NAME, GROUPS = {"type": "name"}, {"type": "groups"}


def test_values_go_where_the_rule_says() -> None:
    user = {"user": {"name": "{0}", "email": "{1}", "id": "{1}-{0}"}}
    found = mapped([rule(user, NAME, {"type": "mail"})], ALICE)
    assert found.user == MappedUser("alice@example.org-alice", "alice", "alice@example.org")
    assert (found.group_ids, found.groups, found.projects) == ((), (), ())


@pytest.mark.parametrize(
    ("requirement", "holds"),
    [
        ({"type": "groups", "any_one_of": ["staff"]}, True),
        ({"type": "groups", "any_one_of": ["others", "admins"]}, True),
        ({"type": "groups", "any_one_of": ["others"]}, False),
        ({"type": "groups", "any_one_of": ["sta"]}, False),
        ({"type": "groups", "any_one_of": []}, False),
        ({"type": "groups", "any_one_of": ["^sta"], "regex": True}, True),
        ({"type": "groups", "any_one_of": ["^aff"], "regex": True}, False),
        ({"type": "groups", "any_one_of": ["^sta"], "regex": False}, False),
        ({"type": "groups", "not_any_of": ["others"]}, True),
        ({"type": "groups", "not_any_of": ["others", "staff"]}, False),
        ({"type": "groups", "not_any_of": ["min"], "regex": True}, False),
        ({"type": "groups", "not_any_of": ["^min"], "regex": True}, True),
        ({"type": "absent"}, False),
        ({"type": "absent", "not_any_of": ["others"]}, False),
        ({"type": "groups", "any_one_of": [{"a": 1}, 5, None, "staff"]}, True),
    ],
)
def test_a_rule_applies_if_all_that_it_requires_holds(requirement: dict[str, Any], holds: bool) -> None:
    rules = [rule(NAMED, NAME, requirement)]
    if holds:
        assert mapped(rules, ALICE).user.name == "alice"
    else:
        with pytest.raises(CannotMap):
            mapped(rules, ALICE)


def test_requirements_that_choose_do_not_count_as_places() -> None:
    chosen = {"type": "groups", "any_one_of": ["staff"]}
    assert mapped([rule(NAMED, chosen, NAME)], ALICE).user.name == "alice"


@pytest.mark.parametrize(
    ("filter", "left"),
    [
        ({}, ["staff", "admins"]),
        ({"whitelist": ["admins", "others"]}, ["admins"]),
        ({"whitelist": []}, []),
        ({"whitelist": ["a"], "regex": True}, ["staff", "admins"]),
        ({"whitelist": ["^a"], "regex": True}, ["admins"]),
        ({"blacklist": ["admins"]}, ["staff"]),
        ({"blacklist": ["^a", "^s"], "regex": True}, []),
        ({"blacklist": []}, ["staff", "admins"]),
    ],
)
def test_lists_filter_the_values(filter: dict[str, Any], left: list[str]) -> None:
    local = [NAMED, {"groups": "{1}", "domain": {"id": "d1"}}]
    found = mapped([rule(local, NAME, {"type": "groups", **filter})], ALICE)
    assert found.groups == tuple(MappedGroup(name, HERE) for name in left)
    ids = mapped([rule([NAMED, {"group_ids": "{1}"}], NAME, {"type": "groups", **filter})], ALICE)
    assert ids.group_ids == tuple(left)


def test_groups_come_from_all_results_and_each_once() -> None:
    one = {"group": {"id": "g1"}}
    named = {"group": {"name": "staff", "domain": {"name": "Default"}}}
    written = {"groups": "['staff', 'more']", "domain": {"name": "Default"}}
    found = mapped([rule([NAMED, one, named], NAME), rule([one, written], NAME)], ALICE)
    assert found.group_ids == ("g1",)
    default = Place(name="Default")
    assert found.groups == (MappedGroup("staff", default), MappedGroup("more", default))


def test_a_value_that_looks_like_a_list_is_one_name() -> None:
    local = [NAMED, {"groups": "{1}", "domain": {"id": "d1"}}, {"group_ids": "{1}"}]
    found = mapped([rule(local, NAME, GROUPS)], {"name": "eve", "groups": "['admins']"})
    assert found.groups == (MappedGroup("['admins']", HERE),)
    assert found.group_ids == ("['admins']",)


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert mapped([rule(NAMED, NAME, GROUPS)], {"name": "{1}", "groups": "x"}).user.name == "{1}"


def test_several_values_in_one_text_are_written_as_a_list() -> None:
    assert mapped([rule({"user": {"name": "x{0}"}}, GROUPS)], ALICE).user.name == "x['staff', 'admins']"


def test_double_braces_are_braces() -> None:
    assert mapped([rule({"user": {"name": "{{{0}}}"}}, NAME)], ALICE).user.name == "{alice}"


def test_a_place_beyond_the_values_maps_nobody() -> None:
    with pytest.raises(CannotMap):
        mapped([rule({"user": {"name": "{1}"}}, NAME)], ALICE)


@pytest.mark.parametrize("template", ["{0.__class__}", "{0!r}", "{name}", "{}", "{-1}"])
def test_places_are_numbers_and_nothing_else(template: str) -> None:
    assert mapped([rule({"user": {"name": template}}, NAME)], ALICE).user.name == template


def test_the_first_user_counts() -> None:
    rules = [rule({"group": {"id": "g"}}, NAME), rule(NAMED, NAME), rule({"user": {"name": "other"}}, NAME)]
    assert mapped(rules, ALICE).user.name == "alice"


def test_a_local_user_is_said_to_be_one() -> None:
    user = {"user": {"name": "{0}", "type": "local", "domain": {"name": "Default"}}}
    found = mapped([rule(user, NAME)], ALICE).user
    assert found.is_local
    assert found.domain == Place(name="Default")


def test_groups_written_out_bring_their_domain_unless_the_rule_has_one() -> None:
    said = 'JSON:{"name":"ops","domain":{"name":"Default"}}'
    assertion = {"name": "alice", "groups": said}
    found = mapped([rule([NAMED, {"groups": "{1}"}], NAME, GROUPS)], assertion)
    assert found.groups == (MappedGroup("ops", Place(name="Default")),)
    pinned = mapped([rule([NAMED, {"groups": "{1}", "domain": {"id": "d1"}}], NAME, GROUPS)], assertion)
    assert pinned.groups == (MappedGroup(said, HERE),)


@pytest.mark.parametrize("said", ["staff", "JSON:", "JSON:[]", 'JSON:{"name":"x"}'])
def test_a_group_without_a_domain_maps_nobody(said: str) -> None:
    with pytest.raises(CannotMap):
        mapped([rule([NAMED, {"groups": "{1}"}], NAME, GROUPS)], {"name": "a", "groups": said})


PROJECTS = {"projects": [{"name": "{0}-own", "roles": [{"name": "member"}, {"name": "{1}"}]}]}


def test_projects_have_names_and_roles() -> None:
    found = mapped([rule([NAMED, PROJECTS], NAME, {"type": "role"})], {"name": "alice", "role": "reader"})
    assert found.projects == (MappedProject("alice-own", ("member", "reader"), Place()),)


@pytest.mark.parametrize(
    ("version", "user", "project"), [("1.0", Place(), Place()), ("2.0", HERE, HERE), ("3.0", HERE, HERE)]
)
def test_a_results_domain_counts_for_all_since_version_2(version: str, user: Place, project: Place) -> None:
    projects = [{"name": "p", "roles": []}]
    local = {"user": {"name": "{0}"}, "domain": {"id": "d1"}, "projects": projects}
    found = mapped([rule(local, NAME)], ALICE, version)
    assert found.user.domain == user
    assert found.projects == (MappedProject("p", (), project),)


def test_a_domain_of_its_own_comes_first() -> None:
    local = {
        "user": {"name": "{0}", "domain": {"id": "d2"}},
        "projects": [{"name": "p", "roles": [], "domain": {"name": "{0}"}}],
        "domain": {"id": "d1"},
    }
    found = mapped([rule(local, NAME)], ALICE, "2.0")
    assert found.user.domain == Place(id="d2")
    assert found.projects[0].domain == Place(name="alice")


@pytest.mark.parametrize(
    "said",
    [
        ['[{"name":"p1","roles":[{"name":"member"}]},{"name":"p2","roles":[]}]'],
        ['{"name":"p1","roles":[{"name":"member"}]}', '{"name":"p2","roles":[]}'],
    ],
)
def test_projects_written_out_since_version_3(said: list[str]) -> None:
    local = {"user": {"name": "{0}"}, "projects_json": "{1}", "domain": {"id": "d1"}}
    mapping = AttributeMapping("m", [rule(local, NAME, {"type": "p"})], "3.0")
    found = apply(mapping, {"name": ["alice"], "p": said})
    assert found.projects == (MappedProject("p1", ("member",), HERE), MappedProject("p2", (), HERE))


@pytest.mark.parametrize("said", ["nonsense", "5", '{"name":"p"}', '[{"name":"p","roles":["x"]}]', "[[]]"])
def test_projects_written_wrongly_map_nobody(said: str) -> None:
    local = {"user": {"name": "{0}"}, "projects_json": "{1}"}
    with pytest.raises(CannotMap):
        mapped([rule(local, NAME, {"type": "p"})], {"name": "alice", "p": said}, "3.0")


WRONG: list[tuple[str, Any]] = [
    ("1.0", []),
    ("1.0", {}),
    ("1.0", None),
    ("1.0", ["x"]),
    ("1.0", [{"local": [NAMED]}]),
    ("1.0", [{"local": [NAMED], "remote": []}]),
    ("1.0", [{"local": [NAMED], "remote": [NAME], "more": 1}]),
    ("1.0", [rule({"user": {"nme": "x"}}, NAME)]),
    ("1.0", [rule({"user": {"name": None}}, NAME)]),
    ("1.0", [rule({"user": {"name": 5}}, NAME)]),
    ("1.0", [rule({"user": {"type": "odd"}}, NAME)]),
    ("1.0", [rule({"group": {}}, NAME)]),
    ("1.0", [rule({"group": {"name": "x"}}, NAME)]),
    ("1.0", [rule({"group": {"id": "x", "name": "x", "domain": {}}}, NAME)]),
    ("1.0", [rule({"groups": ["x"]}, NAME)]),
    ("1.0", [rule({"projects": [{"name": "x"}]}, NAME)]),
    ("1.0", [rule({"projects": [{"name": "x", "roles": [], "domain": {"id": "d"}}]}, NAME)]),
    ("1.0", [rule({"projects_json": "{0}"}, NAME)]),
    ("2.0", [rule({"projects_json": "{0}"}, NAME)]),
    ("1.0", [rule(NAMED, {"type": 5})]),
    ("1.0", [rule(NAMED, {"any_one_of": []})]),
    ("1.0", [rule(NAMED, {"type": "x", "regex": True})]),
    ("1.0", [rule(NAMED, {"type": "x", "any_one_of": [], "whitelist": []})]),
    ("1.0", [rule(NAMED, {"type": "x", "any_one_of": ["("], "regex": True})]),
    ("1.0", [rule(NAMED, {"type": "x", "any_one_of": "x"})]),
    ("9.0", [rule(NAMED, NAME)]),
]


@pytest.mark.parametrize(("version", "rules"), WRONG)
def test_rules_that_are_not_rules(version: str, rules: Any) -> None:
    with pytest.raises(InvalidRules):
        rules_of(rules, version)
