"""What is said of a refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from haneul.kernel.denials import Decisions, Denial, Denials, explain
from haneul.kernel.errors import Conflict, Forbidden, NotFound
from haneul.kernel.policy import Policy, rule

NOW = datetime(2026, 1, 1, tzinfo=UTC)
READER = {"roles": ("reader",), "project_id": "p1", "user_id": "u1", "system_scope": None}
OWN = {"project_id": "p1"}
OTHERS = {"project_id": "p2"}


def denial(check: str, target: Any = None, scope: tuple[str, ...] = (), **more: Any) -> Denial:
    x = rule("x", check, scope=scope)
    policy = Policy.build([x, rule("mine", "project_id:%(project_id)s")])
    return explain(policy, (x, target), READER | more, request_id="req-1", at=NOW, is_hidden=False)


@pytest.mark.parametrize(
    ("check", "target", "smallest"),
    [
        ("role:member", {}, "member"),
        ("role:admin or role:manager", {}, "manager"),
        ("role:admin or (role:member and rule:mine)", OWN, "member"),
        ("role:admin or (role:member and rule:mine)", OTHERS, "admin"),
        ("role:admin or (role:member and rule:mine)", None, "member"),
        ("role:admin or role:auditor", {}, "auditor"),
        ("role:service", {}, "service"),
        ("role:member and rule:mine", OTHERS, None),
        ("!", {}, None),
    ],
)
def test_the_smallest_role_that_would_pass(check: str, target: Any, smallest: str | None) -> None:
    assert denial(check, target).smallest_role == smallest


def test_where_the_scope_is_the_reason_no_role_is_named() -> None:
    found = denial("role:admin", {}, ("project",), system_scope="all", roles=("admin",))
    assert (found.smallest_role, found.scope, found.scopes) == (None, "system", ("project",))
    assert "project" in found.advice


def test_a_rule_that_is_not_there_lets_nobody_pass() -> None:
    found = explain(Policy(), (rule("gone", "@"), {}), READER, request_id="req-1", at=NOW, is_hidden=False)
    assert (found.rule, found.check, found.smallest_role) == ("gone", "", None)


def test_only_the_newest_denials_are_kept() -> None:
    denials = Denials(size=2)
    for number in "123":
        x = rule("x", "!")
        denials.add(
            explain(Policy.build([x]), (x, {}), READER, request_id=f"req-{number}", at=NOW, is_hidden=False)
        )
    assert denials.of("req-1") is None
    assert denials.of("req-3") is not None


def test_an_error_comes_from_the_refusal_that_it_names_or_that_came_right_before() -> None:
    decisions, a, b = Decisions(), rule("a", "!"), rule("b", "@")
    assert decisions.behind(Forbidden(action="a")) is None
    decisions.note(a, OTHERS, is_allowed=False)
    assert decisions.behind(NotFound()) == (a, OTHERS)
    assert decisions.behind(Conflict()) is None
    decisions.note(b, OWN, is_allowed=True)
    assert decisions.behind(NotFound()) is None
    assert decisions.behind(Forbidden(action="a")) == (a, OTHERS)
    decisions.note(rule("are they an admin?", "!"), {}, is_allowed=False)
    assert decisions.behind(NotFound()) is None
