"""The rule language, and what can be told before the target is known."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from haneul.kernel.auth import Auth
from haneul.kernel.context import Asker
from haneul.kernel.errors import NotFound
from haneul.kernel.policy import Policy, PolicyError, rule

MEMBER = {"roles": ("member", "reader"), "project_id": "p1", "user_id": "u1", "system_scope": None}


def decide(text: str, target: Any, **more: Any) -> bool | None:
    policy = Policy.build([rule("x", text), rule("owner", "project_id:%(project_id)s")])
    return policy.decide("x", target, MEMBER | more)


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("", {}, True),
        ("@", {}, True),
        ("!", {}, False),
        ("role:member", {}, True),
        ("role:Admin", {}, False),
        ("not role:admin", {}, True),
        ("role:admin or role:member and project_id:%(project_id)s", {"project_id": "p1"}, True),
        ("(role:admin or role:member) and project_id:%(project_id)s", {"project_id": "p2"}, False),
        ("rule:owner", {"project_id": "p1"}, True),
        ("rule:nothing", {}, False),
        ("user_id:%(target.user.id)s", {"target": {"user": {"id": "u1"}}}, True),
        ("user_id:%(target.user.id)s", {"target.user.id": "u2"}, False),
        ("'public':%(visibility)s", {"visibility": "public"}, True),
        ("system_scope:all", {}, False),
        ("role:member and project_id:%(project_id)s", None, None),
        ("role:admin and project_id:%(project_id)s", None, False),
        ("role:member or project_id:%(project_id)s", None, True),
        ("not project_id:%(project_id)s", None, None),
    ],
)
def test_decisions(text: str, target: Any, expected: bool | None) -> None:
    assert decide(text, target) is expected


@pytest.mark.parametrize(
    "text", ["role:a and", "(role:a", "role:a)", "nonsense", "http://x/y", "role:a role:b"]
)
def test_what_cannot_be_read_is_an_error_at_once(text: str) -> None:
    with pytest.raises(PolicyError):
        decide(text, {})


def test_an_operator_overrides_a_rule_by_name() -> None:
    policy = Policy.build([rule("x", "role:admin")], {"x": "role:member"})
    assert policy.decide("x", {}, MEMBER) is True


class Thing(msgspec.Struct):
    project_id: str | None
    name: str = ""
    parts: dict[str, str] = {}


class Badge(msgspec.Struct):
    """Has another field where a `Thing` has its project."""

    user_id: str | None


def test_what_was_decided_of_one_thing_is_not_said_of_another() -> None:
    """An asker remembers answers by what the rule looks at: nothing else of a thing may change them."""
    mine = rule("mine", "project_id:%(project_id)s or user_id:%(user_id)s")
    anything = rule("anything", "role:member")
    part = rule("part", "project_id:%(parts.owner)s")
    policy = Policy.build([mine, anything, part])
    for _ in range(2):  # the second time everything is asked of what is remembered
        asker = Asker(policy, Auth(user_id="u1", project_id="p1", roles=("member",)))
        for _ in range(2):
            assert asker.may(mine)
            assert asker.may(mine, Thing("p1", "a")) and asker.may(mine, Thing("p1", "b"))
            assert not asker.may(mine, Thing("p2")) and not asker.may(mine, Thing(None))
            assert not asker.may(mine, Badge("p1")) and asker.may(mine, Badge("u1"))
            assert not asker.may(mine, {}) and not asker.may(mine, {"project_id": None})
            assert asker.may(mine, {"project_id": "p1"}) and asker.may(mine, {"user_id": "u1"})
            assert not asker.may(mine, {"user_id": "p1"}) and not asker.may(mine, {"project_id": ["p1"]})
            assert asker.may(anything) and asker.may(anything, {}) and asker.may(anything, Thing("p2"))
            assert asker.may(part, Thing("p2", parts={"owner": "p1"}))
            assert not asker.may(part, Thing("p1", parts={"owner": "p2"})) and not asker.may(
                part, Thing("p1")
            )
    changed = Thing("p1")
    assert asker.may(mine, changed)
    changed.project_id = "p2"
    assert not asker.may(mine, changed)


def test_what_was_decided_for_one_asker_is_not_said_to_another() -> None:
    mine = rule("mine", "project_id:%(project_id)s")
    policy = Policy.build([mine])
    assert Asker(policy, Auth(project_id="p1")).may(mine, Thing("p1"))
    assert not Asker(policy, Auth(project_id="p2")).may(mine, Thing("p1"))
    with pytest.raises(TypeError):
        Asker(policy, Auth(project_id="p2")).may(mine, 5)


def test_a_remembered_refusal_is_explained_like_the_first() -> None:
    mine = rule("mine", "project_id:%(project_id)s")
    asker = Asker(Policy.build([mine]), Auth(project_id="p1"))
    for name in ("a", "b"):
        assert not asker.may(mine, Thing("p2", name))
        refusal = asker.decisions.behind(NotFound())
        assert refusal is not None
        assert refusal[0] is mine
        assert refusal[1] == {"project_id": "p2", "name": name, "parts": {}}
    assert asker.may(mine, Thing("p1"))
    assert asker.decisions.behind(NotFound()) is None
