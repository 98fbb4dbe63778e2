"""Who asks, and the means to act.

A `Context` lives as long as one request, one step of a saga, or one look of a reconciler. Its
transaction begins at the first statement and ends with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

import msgspec

from haneul.kernel import events, races
from haneul.kernel.auth import SYSTEM, Auth
from haneul.kernel.clock import Clock
from haneul.kernel.config import Config, Section
from haneul.kernel.db import Database, Rows, Tx
from haneul.kernel.denials import WITHIN_PROJECT, Decisions, Denials
from haneul.kernel.errors import Forbidden, HaneulError
from haneul.kernel.hosts import NO_OPERATION, CallOrigin
from haneul.kernel.ids import new_id
from haneul.kernel.policy import Credentials, Policy, Question, Rule, as_target
from haneul.kernel.saga import Saga

if TYPE_CHECKING:
    from haneul.kernel.hosts import Agents

Version = tuple[int, int]
S = TypeVar("S", bound=Section)
T = TypeVar("T")
M = TypeVar("M", bound=msgspec.Struct)
P = ParamSpec("P")
Close = Callable[[Any], Awaitable[None]]


class Engine(Protocol):
    """What begins long work and carries it on; `saga_engine.py` is the one that there is."""

    sagas: dict[str, Saga]

    async def start(self, ctx: Context, saga: Saga, input: Any, *, resource: str, supersede: bool) -> str: ...
    async def record(self, ctx: Context, kind: str, resource: str) -> None: ...
    async def run(self) -> None: ...
    async def stop(self) -> None: ...
    async def idle(self) -> None: ...


@dataclass(eq=False)
class Platform:
    """What one process has: built once by `control_plane.py`, shared by every context."""

    db: Database
    clock: Clock
    policy: Policy
    bus: events.Bus = field(default_factory=events.Bus)
    config: Config = field(default_factory=lambda: Config({}, {}))
    denials: Denials = field(default_factory=Denials)
    engine: Engine = None  # type: ignore[assignment]  # set once the engine knows the platform
    agents: Agents = None  # type: ignore[assignment]
    endpoint: str = "http://127.0.0.1:5000"
    folder: Path = Path()
    """The cloud's state folder: keys, images, sockets."""
    _kept: dict[Any, tuple[Any, Close | None]] = field(default_factory=dict)
    remembered: tuple[Any, ...] = ()
    """Columns of ids: what is done to these things is not forgotten while they are there."""

    def options(self, kind: type[S]) -> S:
        """That section of the cloud's options."""
        return self.config.of(kind)

    def keep(self, make: Callable[[], T], close: Callable[[T], Awaitable[None]] | None = None) -> T:
        """What `make` made when it was first asked for here: this process's own state, until it is closed."""
        kept = self._kept.get(make)
        if kept is None:
            kept = self._kept[make] = make(), close
        made: T = kept[0]
        return made

    def drop(self, make: Callable[[], Any]) -> None:
        """What is kept of this is forgotten; it is made anew when it is asked for."""
        self._kept.pop(make, None)

    async def close(self) -> None:
        """Everything that was kept is closed, the newest first."""
        while self._kept:
            made, close = self._kept.popitem()[1]
            if close is not None:
                await close(made)

    is_full: Callable[[], bool] = bool
    """Whether nothing new is taken, because there is no room for it."""

    @asynccontextmanager
    async def context(self, auth: Auth = SYSTEM, *, request_id: str | None = None):
        """A context with a transaction of its own, committed at the end of the block."""
        async with self.db.transaction() as tx:
            yield Context(self, auth, tx, request_id=request_id)

    @asynccontextmanager
    async def reading(self, auth: Auth = SYSTEM):
        """A context that only reads."""
        async with self.db.reading() as tx:
            yield Context(self, auth, tx)


class NoTransaction:
    """Stands where a transaction would be, for who is to open their own: reconcilers, some routes."""

    is_open = False

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("there is no transaction here: open one")


NO_TRANSACTION: Any = NoTransaction()


class Asker:
    """Who asks, and what the policy was found to say to them: a list asks the same of each of its rows."""

    __slots__ = ("_answers", "_credentials", "_policy", "auth", "decisions")

    def __init__(self, policy: Policy, auth: Auth, decisions: Decisions | None = None) -> None:
        self.auth = auth
        self.decisions = decisions or Decisions()
        self._policy = policy
        self._credentials: Credentials | None = None
        self._answers: dict[Any, bool] = {}

    def may(self, rule: Rule, target: Any = None) -> bool:
        """Whether they may do this to the target (a Struct or a mapping; None: to any at all)."""
        question = self._policy.question(rule)
        if question is None:
            is_allowed = False
        else:
            seen = question, question.sees(target)
            try:
                is_allowed = self._answers[seen]
            except KeyError:
                is_allowed = self._answers[seen] = self._decide(question, target)
            except TypeError:  # what it sees is no key: a list, say
                is_allowed = self._decide(question, target)
        self.decisions.note(rule, target, is_allowed)
        return is_allowed

    def _decide(self, question: Question, target: Any) -> bool:
        if self._credentials is None:
            self._credentials = self.auth.credentials()
        return question.answer(target, self._credentials)


class Context:
    __slots__ = ("_tx", "asker", "auth", "endpoint", "operation", "platform", "request_id", "version")

    def __init__(
        self,
        platform: Platform,
        auth: Auth,
        tx: Tx,
        *,
        request_id: str | None = None,
        version: Version = (0, 0),
        operation: Any = None,
        endpoint: str | None = None,
        asker: Asker | None = None,
    ) -> None:
        self.platform = platform
        self.auth = auth
        self.asker = asker or Asker(platform.policy, auth)
        self._tx = tx
        self.request_id = request_id
        self.version = version
        self.operation = operation
        self.endpoint = endpoint or platform.endpoint

    # -- who

    @property
    def project_id(self) -> str:
        """The project acted in; 403 if the token is not scoped to one."""
        if self.auth.project_id is None:
            self.asker.decisions.note(WITHIN_PROJECT, None, is_allowed=False)
            raise Forbidden(action="an operation within a project")
        return self.auth.project_id

    @property
    def user_id(self) -> str:
        return self.auth.user_id or ""

    def may(self, rule: Rule, target: Any = None) -> bool:
        """Whether the asker may do this to the target (a Struct or a mapping; None: to any at all)."""
        return self.asker.may(rule, target)

    def authorize(self, rule: Rule, target: Any, *, hidden: HaneulError | None = None) -> None:
        """Raise Forbidden unless the rule allows it on the target; one of None is nobody's.

        `hidden` is raised instead where the asker may not even know that the target exists.
        """
        if not self.may(rule, target if target is not None else {}):
            raise hidden or Forbidden(action=rule.name)

    def seen(self, thing: M | None, rule: Rule, *, hidden: HaneulError, target: Any = None) -> M:
        """The thing, if it is there and the rule lets the asker do this with it; `hidden` is raised otherwise."""
        if thing is None or not self.may(rule, thing if target is None else target):
            raise hidden
        return thing

    async def find(
        self,
        rows: Rows[M],
        id: str,
        rule: Rule,
        *,
        missing: type[HaneulError],
        named: str = "id",
        sees: Rule | None = None,
        is_own_told: bool = False,
    ) -> M:
        """The thing of that id, if the rule lets the asker do this with it.

        `missing`, which gets the id as its detail `named`, is raised for one that is not there, and for one that the
        asker may not know of. Who may know of it, and is refused, is told Forbidden: who passes `sees`; whose own
        project's it is, with `is_own_told`.
        """
        thing = await rows.get(self._tx, id)
        if thing is None or (sees is not None and not self.may(sees, thing)):
            raise missing(**{named: id})
        if not self.may(rule, thing):
            is_own = is_own_told and getattr(thing, "project_id", None) == self.auth.project_id
            raise Forbidden(action=rule.name) if sees is not None or is_own else missing(**{named: id})
        return thing

    # -- when, which

    def now(self) -> datetime:
        return self.platform.clock.now()

    def new_id(self) -> str:
        return new_id()

    def options(self, kind: type[S]) -> S:
        """That section of the cloud's options."""
        return self.platform.config.of(kind)

    def wants(self, version: Version) -> bool:
        """Whether the request's microversion is this one or a later one."""
        return self.version >= version

    # -- to act

    @property
    def tx(self) -> Tx:
        return self._tx

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction of its own, for handlers that are declared without one."""
        return self.platform.db.transaction()

    @asynccontextmanager
    async def in_transaction(self):
        """This context over a new transaction, committed at the end of the block."""
        async with self.platform.db.transaction() as tx:
            yield self.over(tx)

    async def transact(
        self, work: Callable[Concatenate[Context, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the work gives in a transaction of its own, committed; begun again if somebody was faster."""

        async def attempt() -> T:
            async with self.in_transaction() as writing:
                return await work(writing, *args, **kwargs)

        return await races.won(attempt)

    @asynccontextmanager
    async def in_reading(self):
        async with self.platform.db.reading() as tx:
            yield self.over(tx)

    def over(self, tx: Tx) -> Context:
        return Context(
            self.platform,
            self.auth,
            tx,
            request_id=self.request_id,
            version=self.version,
            operation=self.operation,
            endpoint=self.endpoint,
            asker=self.asker,
        )

    async def emit(self, event: events.Event) -> None:
        """Log the event with this transaction, and tell its listeners once that is committed."""
        await self.emit_all([event])

    async def emit_all(self, happened: Sequence[events.Event]) -> None:
        """The same of several things."""
        await events.log(self.tx, happened, at=self.now(), auth=self.auth, request_id=self.request_id)
        for event in happened:
            self.tx.after_commit(partial(self.platform.bus.publish, event))

    async def start(self, saga: Saga, input: Any, *, resource: str, supersede: bool = False) -> str:
        """Begin the saga with this transaction; the id of its operation.

        `resource` is the id of what it works on. `supersede` ends whatever else runs on that.
        """
        return await self.platform.engine.start(self, saga, input, resource=resource, supersede=supersede)

    async def record(self, kind: str, *, resource: str) -> None:
        """The resource's history has what this transaction does to it at once."""
        await self.platform.engine.record(self, kind, resource)

    def agent(self, host: str, ability: type[T]) -> T:
        """What that host can do of this Protocol of a `drivers/interface.py`; nothing is called yet.

        Its calls raise DriverError, ImpossibleHere where the host's driver has no such ability. No transaction
        may be open meanwhile.
        """
        if self._tx.is_open:
            raise RuntimeError("a host is called while a transaction is open")
        at = self.operation
        origin = NO_OPERATION if at is None else CallOrigin(at.operation, at.step, at.resource)
        return self.platform.agents.typed(host, ability, origin)


__all__ = ["NO_TRANSACTION", "Asker", "Context", "Platform", "as_target"]
