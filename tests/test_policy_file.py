"""The operator's file of rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from haneul import policy_file
from haneul.control_plane import rules
from haneul.kernel.policy import Policy, PolicyError, Rule, rule
from haneul.policy_file import PolicyFile, PolicyFileProblem
from haneul.service_folders import names
from tests.conftest import Cloud

RULES = [rule("create", "role:member", "Create one."), rule("delete", "role:admin")]
READER = {"roles": ("reader",), "project_id": "p1", "user_id": "u1", "system_scope": None}


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text)
    return path


def test_without_a_file_every_rule_is_as_declared(tmp_path: Path) -> None:
    policy = policy_file.build(RULES, tmp_path / "policy.yaml")
    assert policy.rules["create"].check == "role:member"
    assert policy.warnings == []


def test_the_file_replaces_rules_by_name_and_may_add_some(tmp_path: Path) -> None:
    path = written(tmp_path, '"create": "rule:mine"\nmine: "role:reader and not role:admin"\n')
    policy = policy_file.build(RULES, path)
    assert policy.decide("create", {}, READER) is True
    assert policy.decide("delete", {}, READER) is False
    assert policy.warnings == ["rules belong below the name of their service; 'create' stands beside them"]


def test_names_that_nobody_knows_are_warned_of(tmp_path: Path) -> None:
    policy = policy_file.build(RULES, written(tmp_path, 'craete: "@"\ndelete: "rule:nobody"\n'))
    assert len(policy.warnings) == 3  # and that the file has no sections
    assert policy.decide("delete", {}, READER) is False


@pytest.mark.parametrize(
    "text",
    [
        "create: [role:member]",
        "create: 7",
        "- create",
        "create: '",
        "create: @",
        "create: 'role:member and'",
        "create: '(role:member'",
        "create: 'http://example.com/%(name)s'",
        "create: 'https://example.com'",
        "create: 'rule:create'",
        "create: 'rule:a'\na: 'rule:b'\nb: 'rule:a'",
    ],
)
def test_what_cannot_be_meant_is_an_error(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PolicyFileProblem) as problem:
        policy_file.build(RULES, path)
    assert str(path) in str(problem.value)


def test_the_error_names_the_rule(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileProblem, match=r"'create'.*remote checks"):
        policy_file.build(RULES, written(tmp_path, "create: 'http://example.com'"))


def test_an_override_keeps_the_scopes_of_the_rule(tmp_path: Path) -> None:
    policy = policy_file.build(RULES, written(tmp_path, "delete: '@'"))
    assert policy.decide("delete", {}, READER) is True
    assert policy.decide("delete", {}, READER | {"system_scope": "all"}) is False


def test_the_sample_is_every_rule_commented_out_and_can_be_used(tmp_path: Path) -> None:
    declared = rules(names())
    text = policy_file.sample(declared, {})
    assert policy_file.read(written(tmp_path, text)) == {}
    rule_or_section = re.compile(r'#(  ".*|\w+:)$')
    uncommented = "\n".join(line[1:] for line in text.splitlines() if rule_or_section.match(line))
    by_service: dict[str, dict[str, str]] = {}
    for each in declared:
        by_service.setdefault(each.service, {})[each.name] = each.check
    assert policy_file.read(written(tmp_path, uncommented)) == by_service
    assert policy_file.build(declared, tmp_path / "policy.yaml").warnings == []


def test_a_section_is_for_its_service_only(tmp_path: Path) -> None:
    declared = [
        Rule("create", "rule:owner", service="a"),
        Rule("owner", "role:member", service="a"),
        Rule("create", "rule:owner", service="b"),
        Rule("owner", "role:admin", service="b"),
    ]
    [in_a, _, in_b, _] = declared
    policy = policy_file.build(declared, written(tmp_path, ""))
    assert policy.decide(in_a, {}, READER | {"roles": ("member",)}) is True
    assert policy.decide(in_b, {}, READER | {"roles": ("member",)}) is False
    policy = policy_file.build(declared, written(tmp_path, "b:\n  owner: 'role:reader'\n"))
    assert policy.decide(in_a, {}, READER) is False
    assert policy.decide(in_b, {}, READER) is True
    assert policy.warnings == []


def test_a_section_of_no_service_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileProblem, match=r"'identiy'.*there are: .*identity"):
        policy_file.build(rules(names()), written(tmp_path, "identiy:\n  owner: 'role:reader'\n"))


def test_two_rules_of_one_name_in_a_service_are_an_error() -> None:
    with pytest.raises(PolicyError, match=r"a: create.*two of that name"):
        Policy.build([Rule("create", "@", service="a"), Rule("create", "!", service="a")])


async def test_a_running_cloud_takes_up_changes_and_keeps_its_rules_over_a_mistake(
    cloud: Cloud, tmp_path: Path
) -> None:
    async def may_create() -> bool:
        made = await cloud.reader.post("/identity/v3/regions", {"region": {}})
        return made.status_code == 201

    def write(text: str) -> None:
        path.write_text(text)
        file.look(cloud.platform)

    path = tmp_path / "policy.yaml"
    file = PolicyFile(path, rules(names()))
    file.load(cloud.platform)
    assert not await may_create()
    write('"identity:create_region": "role:reader"')
    assert await may_create()
    write('"identity:create_region": "role:reader and"')
    assert await may_create()
    write("")
    assert not await may_create()
