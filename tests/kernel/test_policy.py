"""The rule language, and what can be told before the target is known."""

from __future__ import annotations

from typing import Any

import pytest

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
