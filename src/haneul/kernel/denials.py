"""Why somebody was refused: which rule, what they hold, and the least that would have been enough.

A request keeps the decisions made for it; if it fails because of one, that one is remembered under the
request's id. The memory is this process's own and bounded: it answers the question asked right after.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from haneul.kernel.errors import HaneulError
from haneul.kernel.policy import Credentials, Policy, Rule, Target, as_target, covers_scope, scope_of

LADDER = ("reader", "member", "manager", "admin")
"""Each of them implies those before it."""
IN_FAULTS = "haneul:denials:in_faults"
"""The rule that lets a refused asker read why in the fault itself."""
REMEMBERED = 1000


WITHIN_PROJECT = Rule("haneul:within_a_project", "@")
"""What refuses a token that is for no project where something is to be done in one."""


class Denial(msgspec.Struct, frozen=True):
    request_id: str
    at: datetime
    user_id: str | None
    project_id: str | None
    rule: str
    check: str
    """What the rule asks for."""
    roles: tuple[str, ...]
    scope: str
    scopes: tuple[str, ...]
    """The scopes with which the rule can be passed at all; empty: any."""
    smallest_role: str | None
    """With it, held in the same scope, the rule would have let them in; None where no role is enough."""
    advice: str
    is_hidden: bool
    """The asker was told that there is no such thing."""


Refusal = tuple[Rule, Target]
"""Which rule said no, and of what."""


class Decisions:
    """What was decided for one request: the refusals, and whether the last word was one."""

    __slots__ = ("last", "refusals")

    def __init__(self) -> None:
        self.refusals: deque[tuple[Rule, Any]] = deque(maxlen=16)
        self.last: tuple[Rule, Any] | None = None

    def note(self, rule: Rule, target: Any, is_allowed: bool) -> None:
        self.last = None if is_allowed else (rule, target)
        if self.last is not None:
            self.refusals.append(self.last)

    def behind(self, error: HaneulError) -> Refusal | None:
        """The refusal that this error comes from, if it comes from one.

        Either it names the rule, or nothing was allowed between the refusal and the error. A question about
        nothing in particular ("are they an admin?") shapes an answer; it does not refuse anything.
        """
        if error.status not in (403, 404):
            return None
        named = error.details.get("action")
        for rule, target in reversed(self.refusals):
            if rule.name == named:
                return rule, as_target(target)
        if self.last is None or self.last[1] == {}:
            return None
        rule, target = self.last
        return rule, as_target(target)


class Denials:
    """The newest denials, by request."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._by_request: OrderedDict[str, Denial] = OrderedDict()

    def add(self, denial: Denial) -> None:
        self._by_request[denial.request_id] = denial
        while len(self._by_request) > self._size:
            self._by_request.popitem(last=False)

    def of(self, request_id: str) -> Denial | None:
        return self._by_request.get(request_id)


def smallest_role(policy: Policy, rule: str, target: Target, credentials: Credentials) -> str | None:
    """The least role that passes the rule, were it held beside what is held now."""
    for role, gained in _candidates(policy.roles_named(rule)):
        held = {**credentials, "roles": (*credentials["roles"], *gained)}
        decided = policy.decide(rule, target, held)
        if decided or (decided is None and target is None):
            return role
    return None


def _candidates(named: set[str]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """(role, what it brings): the usual ones upwards, before admin an operator's own, services' last."""
    for i, role in enumerate(LADDER[:-1]):
        yield role, LADDER[: i + 1]
    for role in sorted(named.difference(LADDER, ("service",))):
        yield role, (role,)
    yield LADDER[-1], LADDER
    yield "service", ("service",)


def explain(
    policy: Policy,
    refusal: Refusal,
    credentials: Credentials,
    *,
    request_id: str,
    at: datetime,
    is_hidden: bool,
) -> Denial:
    """The denial that this refusal is."""
    refusing, target = refusal
    name = policy.id_of(refusing)
    rule = WITHIN_PROJECT if refusing is WITHIN_PROJECT else policy.rules.get(name)
    scope, scopes = scope_of(credentials), rule.scope if rule else ()
    smallest = smallest_role(policy, name, target, credentials)
    if rule is None:
        advice = "There is no such rule, so nobody passes it."
    elif not covers_scope(rule, credentials):
        advice = f"No role passes with a token for a {scope}; ask with one for a {' or '.join(scopes)}."
    elif smallest is not None:
        advice = f"The role {smallest!r}, held in the same {scope}, would be enough."
    else:
        advice = f"No role held in this {scope} is enough: what was asked for belongs to somebody else."
    return Denial(
        request_id,
        at,
        credentials.get("user_id"),
        credentials.get("project_id"),
        name,
        rule.check if rule else "",
        tuple(credentials["roles"]),
        scope,
        scopes,
        smallest,
        advice,
        is_hidden,
    )
