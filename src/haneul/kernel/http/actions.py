"""What is done with a thing by `POST .../action`: a body with one name, and under it what the action is to know.

The grammar is here, and it is that of upstream: one name and no other, which there is; then its argument is read;
then the thing is found and the rule asked; then it is done. Each API brings its words and its actions as one
`Actions`, and declares the route itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import msgspec

from haneul.kernel.context import Context, Version
from haneul.kernel.errors import BadRequest, HaneulError
from haneul.kernel.http.schema import decode
from haneul.kernel.policy import Rule

Act = Callable[[Context, Any, Any], Awaitable[Any]]
"""(ctx, the thing, the argument) -> the answer."""
Load = Callable[[Context, Rule, str], Awaitable[Any]]
"""(ctx, rule, id) -> the thing, if the rule lets the asker do this with it."""
Read = Callable[[Context, str, Any, Any], Any]
"""(ctx, the action's name, its argument, the shape) -> the argument in that shape, or a refusal that names the field."""
A = TypeVar("A", bound=Act)


@dataclass(frozen=True)
class Action:
    rule: Rule
    act: Act
    shape: Any
    """What the argument must be; None: whatever it is, the action looks at it itself, or does not."""
    until: Version | None
    """From this version on there is no such action."""
    since: Version | None = None
    """Before this version there is none either."""

    def is_known(self, ctx: Context) -> bool:
        """Whether the request's version has the action."""
        is_over = self.until is not None and ctx.wants(self.until)
        return not is_over and (self.since is None or ctx.wants(self.since))


def read(ctx: Context, name: str, argument: Any, shape: Any) -> Any:
    """The argument in that shape, as the request's version knows it; InvalidField names the action and the field."""
    body: Any = decode(_body(name, shape), msgspec.json.encode({name: argument}), ctx.version)
    return getattr(body, _attribute(name))


@cache
def _body(name: str, shape: Any) -> type[msgspec.Struct]:
    """The shape of a body that names this action."""
    attribute = _attribute(name)
    return msgspec.defstruct(name, [(attribute, shape)], rename={attribute: name}, forbid_unknown_fields=True)


def _attribute(name: str) -> str:
    return name if name.isidentifier() else "argument"


@dataclass(frozen=True)
class Actions:
    """All that can be done with one kind of thing."""

    load: Load
    unknown: Callable[[Context, str], HaneulError]
    """(ctx, name) -> the refusal of an action that there is not."""
    read: Read = read
    table: dict[str, Action] = field(default_factory=dict)

    def action(
        self,
        name: str,
        rule: Rule,
        shape: Any = None,
        *,
        until: Version | None = None,
        since: Version | None = None,
    ) -> Callable[[A], A]:
        """Declare what `{name: ...}` does."""

        def declare(act: A) -> A:
            self.table[name] = Action(rule, act, shape, until, since)
            return act

        return declare

    async def carry_out(self, ctx: Context, id: str, body: Mapping[str, Any]) -> Any:
        """What the one action that the body names answers, once it is done or accepted."""
        if len(body) != 1:
            raise BadRequest("Malformed request body")
        (name, argument), *_ = body.items()
        action = self.table.get(name)
        if action is None or not action.is_known(ctx):
            raise self.unknown(ctx, name[:200])
        # As upstream, what is wrong with the argument is said before anybody looks for the thing, or asks who may.
        if action.shape is not None:
            argument = self.read(ctx, name, argument, action.shape)
        return await action.act(ctx, await self.load(ctx, action.rule, id), argument)
