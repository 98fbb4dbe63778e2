"""Long work: steps with their undoing beside them, kept in rows, so that nothing accepted is lost.

An operation is one accepted run of a saga; its row is written with the change that asked for it. A
worker holds it by a lease. Each step commits what it stored together with the checkpoint, guarded by
the lease: whoever lost the lease cannot commit any more. A step may run twice, so steps ensure. When
one fails or runs out of time, the undos run, its own first, and the resource is told why. Deleting
supersedes whatever else runs on a resource, at once.

What a resource is doing is never stored: `open_operation` finds it in the rows of open operations.
"""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from haneul.kernel.auth import Auth
from haneul.kernel.db import Rows
from haneul.kernel.errors import CONCEALED, HOST_FAILURES

StepFunction = Callable[..., Awaitable[Any]]
"""Its first argument is the context; each of the others is asked for by its type."""


class Chooses(typing.Protocol):
    """What the step returns that a saga names as `elsewhere`."""

    @property
    def host(self) -> str | None:
        """The chosen one, which is not chosen again if it fails; None: none was needed."""
        ...


Chooser = Callable[..., Awaitable[Chooses]]


class Operation(msgspec.Struct, frozen=True, gc=False):
    """One accepted piece of long work."""

    id: str
    seq: int
    """Grows with every operation on the same resource; hosts refuse what is older."""
    kind: str
    state: str
    """running, undoing, done, failed or superseded."""
    is_open: bool
    step: int
    step_name: str
    tries: int
    """How often the work was begun again elsewhere."""
    given: dict[str, Any]
    results: dict[str, Any]
    excluded: list[str]
    """Hosts that failed it."""
    resource_id: str
    project_id: str | None
    user_id: str | None
    auth: Auth
    request_id: str | None
    accepted_at: datetime
    ended_at: datetime | None
    lease_owner: str | None
    lease_until: datetime | None
    fault: dict[str, Any] | None
    waiting: str | None
    """Why it makes no progress, if it does not."""


class StepRecord(msgspec.Struct, frozen=True, gc=False):
    """One line of the journal: a step, or its undo, that ended."""

    id: str
    operation_id: str
    name: str
    is_undo: bool
    started_at: datetime
    ended_at: datetime
    error: str | None


OPERATIONS = Rows(
    Operation, "operations", indexes=(("resource_id", "seq"), ("project_id", "accepted_at"), ("ended_at",))
)
_OPEN: dict[str, Any] = {
    "sqlite_where": sa.text("is_open IS 1"),
    "postgresql_where": sa.text("is_open IS true"),
}
"""As the queries have it word for word, so that SQLite knows the index to be of use."""
sa.Index("ix_operations_open", OPERATIONS.c.resource_id, **_OPEN)
sa.Index("ix_operations_lease", OPERATIONS.c.lease_until, **_OPEN)
STEPS = Rows(StepRecord, "operation_steps", indexes=(("operation_id", "started_at"),))


def open_operation(resource_id: sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
    """`kind/step` of the operation that is open on the resource, or null: for a derived field."""
    o = OPERATIONS.table.alias()
    return (
        sa.select(o.c.kind + sa.literal_column("'/'") + o.c.step_name)
        .where(o.c.resource_id == resource_id, o.c.is_open.is_(sa.true()))
        .order_by(o.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


@dataclass(frozen=True)
class Step:
    """`action` stores or calls a host, never both; `undo` is content when there is nothing to undo.

    One that `joins` only stores, and soon: it is done in the transaction that ends the step before it, so that both are
    stored at once.
    """

    action: StepFunction
    undo: StepFunction | None = None
    deadline_s: float = 120.0
    joins: bool = False

    @property
    def name(self) -> str:
        return self.action.__name__


INTERNAL = "internal"
"""The code of a failure that nobody foresaw."""
OPERATORS_ONLY = {INTERNAL, *(kind.code for kind in HOST_FAILURES)}
"""Codes of failures whose text is what a host or a library wrote."""


@dataclass(frozen=True)
class Failure:
    """Why an operation failed: what `on_failure` is told."""

    step: str
    code: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def public_message(self) -> str:
        """The message as the owner of the thing may read it."""
        return CONCEALED if self.code in OPERATORS_ONLY else self.message


INPUT, FAILURE = -1, -2
"""Givers that are no steps."""
WHOLE = ""
"""In place of a field's name: all that the giver gave."""


class Ask(typing.NamedTuple):
    """One argument of a step, and where it comes from."""

    kind: Any
    is_optional: bool
    parts: tuple[tuple[str, type, int], ...]
    """(field, kind of the giver, number of its step): the whole of one, or each field of some."""


class Saga:
    """A kind of long work. Everything about it is checked when it is declared.

    A step asks, by type, for the input or for what an earlier step returned; or for the fields it needs: a
    Struct whose every field, by name and type, the input or an earlier step has, of several the latest. So no
    step only turns one thing into another. `elsewhere` names the step
    that chooses a host: a host's failure after it begins the work again from there, on another host, up
    to `tries` times.
    """

    def __init__(
        self,
        kind: str,
        *,
        input: type,
        steps: Sequence[Step],
        on_failure: StepFunction | None = None,
        elsewhere: Chooser | None = None,
        tries: int = 3,
    ) -> None:
        self.kind = kind
        self.input = input
        self.steps = tuple(steps)
        self.on_failure = on_failure
        self.tries = tries
        names = [s.name for s in self.steps]
        self.elsewhere = names.index(elsewhere.__name__) if elsewhere else None
        self.gives: list[type | None] = []
        self._asks: dict[StepFunction, list[Ask]] = {}
        givers: dict[type, int] = {input: INPUT}
        for number, step in enumerate(self.steps):
            hints = typing.get_type_hints(step.action)
            self._asks[step.action] = self._resolve(step.action, givers, hints)
            returned = hints.get("return")
            self.gives.append(None if returned in (None, type(None)) else returned)
            if self.gives[-1] is not None:
                made = typing.cast(type, self.gives[-1])
                givers.pop(made, None)  # so that the dictionary has the latest last
                givers[made] = number
            if step.undo is not None:
                self._asks[step.undo] = self._resolve(step.undo, givers, typing.get_type_hints(step.undo))
        if on_failure is not None:
            hints = typing.get_type_hints(on_failure)
            self._asks[on_failure] = self._resolve(on_failure, {**givers, Failure: FAILURE}, hints)

    def chosen(self, operation: Operation) -> Chooses | None:
        """What the step that chooses a host gave, if there is one and it has run."""
        if self.elsewhere is None or (kind := self.gives[self.elsewhere]) is None:
            return None
        chosen: Chooses | None = self._given(operation, kind, self.elsewhere)
        return chosen

    def number_of(self, operation: Operation) -> int:
        """Which step the operation is at: by its name, since an older version may have counted others."""
        names = [step.name for step in self.steps]
        if operation.step_name in names:
            return names.index(operation.step_name)
        return min(operation.step, len(names) - 1)

    def _resolve(self, function: StepFunction, givers: dict[type, int], hints: dict[str, Any]) -> list[Ask]:
        asks = []
        ctx = function.__code__.co_varnames[0]
        for name, wanted in hints.items():
            if name in ("return", ctx):
                continue
            options = [a for a in typing.get_args(wanted) if a is not type(None)]
            is_optional = len(options) == 1 and type(None) in typing.get_args(wanted)
            kind = options[0] if is_optional else wanted
            if kind in givers:
                asks.append(Ask(kind, is_optional, ((WHOLE, kind, givers[kind]),)))
            elif parts := _parts(kind, givers):
                asks.append(Ask(kind, is_optional, parts))
            else:
                raise TypeError(f"{self.kind}: nothing gives {kind!r} to {function.__name__}")
        return asks

    def arguments(
        self, function: StepFunction, operation: Operation, failure: Failure | None = None
    ) -> list[Any] | None:
        """What the function asks for; None if something it cannot do without was never made."""
        values: list[Any] = []
        givers: dict[int, Any] = {FAILURE: failure}
        for ask in self._asks[function]:
            for _, kind, number in ask.parts:
                if number not in givers:
                    givers[number] = self._given(operation, kind, number)
            if any(givers[number] is None for _, _, number in ask.parts):
                if not ask.is_optional:
                    return None
                values.append(None)
            elif ask.parts[0][0] == WHOLE:
                values.append(givers[ask.parts[0][2]])
            else:
                fields = {field: getattr(givers[number], field) for field, _, number in ask.parts}
                values.append(ask.kind(**fields))
        return values

    def _given(self, operation: Operation, kind: type, number: int) -> Any:
        """The input, or what that step gave; None if it gave nothing yet."""
        raw = operation.given if number == INPUT else operation.results.get(self.steps[number].name)
        return None if raw is None else msgspec.convert(raw, kind, strict=False)


def _parts(kind: Any, givers: Mapping[type, int]) -> tuple[tuple[str, type, int], ...]:
    """For each field of the kind the latest giver that has one of its name and type; nothing if any has none."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return ()
    parts = []
    for wanted in msgspec.structs.fields(kind):
        having = [(giver, n) for giver, n in givers.items() if _has(giver, wanted)]
        if not having:
            return ()
        parts.append((wanted.name, *having[-1]))
    return tuple(parts)


def _has(giver: type, wanted: msgspec.structs.FieldInfo) -> bool:
    is_struct = isinstance(giver, type) and issubclass(giver, msgspec.Struct)
    return is_struct and any(
        each.name == wanted.name and each.type == wanted.type for each in msgspec.structs.fields(giver)
    )
