"""The workers that carry operations on: claim, run, checkpoint, undo, sweep.

Every open operation has a lease. Who accepts one holds it at once; a sweep picks up what nobody holds.
With one control plane (SQLite) the leases of a process that died are void when the next one starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import structlog

from haneul.kernel.context import Context, Platform
from haneul.kernel.db import IN_BACKGROUND, Busy, Tx
from haneul.kernel.errors import (
    DriverError,
    HaneulError,
    HostUnreachable,
    StaleRow,
    StoreAway,
    StoreFull,
    Superseded,
    Waiting,
)
from haneul.kernel.ids import new_id
from haneul.kernel.leases import CHANGING, CHECKPOINT, CLAIM, EARLIER, LATEST, ORPHANS, RENEW, SUPERSEDE, VOID
from haneul.kernel.saga import (
    INTERNAL,
    OPERATIONS,
    OPERATORS_ONLY,
    STEPS,
    Failure,
    Operation,
    Saga,
    Step,
    StepRecord,
)
from haneul.kernel.tasks import end_all, name_task

LEASE_S = 10.0
"""By the platform's clock, which is the store's where several control planes share one."""
SWEEP_S = 1.0
MAX_RUNNING = 256
RETRY_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
TRANSIENT = (HostUnreachable, StaleRow, Busy, Waiting)

logger = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Somebody else has the operation now, or it was superseded."""


class Origin(msgspec.Struct, frozen=True):
    """Which operation a step belongs to: what `ctx.operation` is inside of one."""

    operation: int
    step: str
    resource: str
    id: str
    excluded: tuple[str, ...]


class _NotJoined(Exception):
    """A step that was to join another failed: it is tried by itself, after that."""


class _Ended(NamedTuple):
    operation: Operation
    """As it is after the step."""
    record: StepRecord


class Engine:
    def __init__(self, platform: Platform, sagas: list[Saga]) -> None:
        self.platform = platform
        self.sagas = {s.kind: s for s in sagas}
        self.me = new_id()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loops: list[asyncio.Task[None]] = []

    # -- life

    async def run(self) -> None:
        """Take up what was left, then watch; returns at once."""
        if not self.platform.db.is_shared:
            async with self.platform.db.transaction() as tx:
                await tx.run(VOID)
        await self.sweep()
        self._loops = [asyncio.create_task(self._sweep_forever()), asyncio.create_task(self._renew_forever())]

    async def stop(self) -> None:
        """Let go of everything; whoever runs next goes on from the checkpoints."""
        tasks = [*self._loops, *self._tasks.values()]
        await end_all(tasks)
        self._loops.clear()

    @property
    def is_busy(self) -> bool:
        return bool(self._tasks)

    async def idle(self) -> None:
        """Returns when nothing runs in this process (for tests)."""
        while self._tasks:
            await asyncio.gather(*list(self._tasks.values()), return_exceptions=True)

    # -- start

    async def start(self, ctx: Context, saga: Saga, input: Any, *, resource: str, supersede: bool) -> str:
        now = ctx.now()
        await ctx.tx.lock("resource", resource)
        ended: list[str] = []
        if supersede:
            rows = await ctx.tx.all(SUPERSEDE, resource=resource, now=OPERATIONS.value("ended_at", now))
            ended = [row[0] for row in rows]
        begun, is_first = await self._operation(ctx, saga.kind, resource)
        operation = msgspec.structs.replace(
            begun,
            step_name=saga.steps[0].name,
            given=msgspec.to_builtins(input),
            lease_owner=self.me,
            lease_until=now + timedelta(seconds=LEASE_S),
        )
        await OPERATIONS.add(ctx.tx, operation)

        def begin() -> None:
            for other in ended:
                if other in self._tasks:
                    self._tasks[other].cancel()
            self._launch(operation, must_wait=not is_first)

        ctx.tx.after_commit(begin)
        return operation.id

    async def record(self, ctx: Context, kind: str, resource: str) -> None:
        await ctx.tx.lock("resource", resource)
        operation, _ = await self._operation(ctx, kind, resource)
        await OPERATIONS.add(ctx.tx, msgspec.structs.replace(operation, **_ended(ctx.now(), "done")))

    async def _operation(self, ctx: Context, kind: str, resource: str) -> tuple[Operation, bool]:
        """One that begins now, after all that there were of the resource; and whether there were none."""
        now = ctx.now()
        latest = await ctx.tx.one(LATEST, resource=resource)
        seq = max(int(now.timestamp() * 1e6), int((latest[0] if latest else 0) or 0) + 1)
        operation = Operation(
            id=new_id(),
            seq=seq,
            kind=kind,
            state="running",
            is_open=True,
            step=0,
            step_name="",
            tries=0,
            given={},
            results={},
            excluded=[],
            resource_id=resource,
            project_id=ctx.auth.project_id,
            user_id=ctx.auth.user_id,
            auth=ctx.auth,
            request_id=ctx.request_id,
            accepted_at=now,
            ended_at=None,
            lease_owner=None,
            lease_until=None,
            fault=None,
            waiting=None,
        )
        return operation, latest is None or latest[0] is None

    def _launch(self, operation: Operation, *, must_wait: bool = True) -> None:
        task = asyncio.create_task(self._carry_on(operation, must_wait=must_wait))
        self._tasks[operation.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(operation.id, None))

    # -- watch

    async def sweep(self) -> int:
        """Claim what nobody holds; how many there were."""
        room = MAX_RUNNING - len(self._tasks)
        if room <= 0:
            return 0
        now = self.platform.clock.now()
        async with self.platform.db.reading() as tx:
            rows = await tx.all(ORPHANS, now=OPERATIONS.value("lease_until", now), most=room)
        for row in rows:
            operation = OPERATIONS.load(row)
            if operation.id in self._tasks:
                continue
            until = now + timedelta(seconds=LEASE_S)
            async with self.platform.db.transaction() as tx:
                won = await tx.run(
                    CLAIM,
                    id_=operation.id,
                    me=self.me,
                    now=OPERATIONS.value("lease_until", now),
                    until=OPERATIONS.value("lease_until", until),
                )
            if won:
                self._launch(msgspec.structs.replace(operation, lease_owner=self.me, lease_until=until))
        return len(rows)

    async def _sweep_forever(self) -> None:
        while True:
            await self.platform.clock.sleep(SWEEP_S)
            try:
                await self.sweep()
            except Exception:
                logger.exception("operations could not be swept; the next time comes soon")

    async def _renew_forever(self) -> None:
        while True:
            await self.platform.clock.sleep(LEASE_S / 3)
            if self._tasks:
                until = self.platform.clock.now() + timedelta(seconds=LEASE_S)
                try:
                    async with self.platform.db.transaction() as tx:
                        await tx.run(
                            RENEW,
                            me=self.me,
                            ids=msgspec.json.encode(list(self._tasks)).decode(),
                            until=OPERATIONS.value("lease_until", until),
                        )
                except Exception:
                    logger.exception("leases could not be renewed", operations=len(self._tasks))

    # -- run

    async def _carry_on(self, operation: Operation, *, must_wait: bool) -> None:
        IN_BACKGROUND.set(True)
        saga = self.sagas.get(operation.kind)
        if saga is None:
            logger.error("unknown operation", kind=operation.kind, operation=operation.id)
            return
        operation = msgspec.structs.replace(operation, step=saga.number_of(operation))
        must_wait = must_wait and operation.step == 0 and operation.state == "running"
        try:
            while operation.is_open:
                try:
                    if must_wait:
                        await self._await_turn(operation)
                        must_wait = False
                    if operation.state == "running":
                        operation = await self._forward(saga, operation)
                    else:
                        operation = await self._backward(saga, operation)
                except (StoreFull, StoreAway) as problem:
                    logger.warning("operation waits", operation=operation.id, reason=problem.text)
                    await self.platform.clock.sleep(RETRY_S[-1])
        except LeaseLost:
            return
        except Exception:
            logger.exception("operation interrupted", operation=operation.id, kind=operation.kind)

    async def _await_turn(self, operation: Operation) -> None:
        """Returns once everything that was accepted earlier for the same resource has ended."""
        for attempt in range(10**6):
            async with self.platform.db.reading() as tx:
                row = await tx.one(EARLIER, resource=operation.resource_id, mine=operation.seq)
            if row is None or not row[0]:
                return
            await self.platform.clock.sleep(RETRY_S[min(attempt, 2)])

    async def _forward(self, saga: Saga, operation: Operation) -> Operation:
        step = saga.steps[operation.step]
        started = self.platform.clock.now()
        try:
            return await self._do(saga, operation, step)
        except (LeaseLost, StoreFull, StoreAway):
            raise  # what cannot be written down has not failed: it goes on when it can be
        except Exception as problem:
            failure = _describe(step, problem)
            if failure.code == INTERNAL:
                logger.exception("step failed", step=step.name, operation=operation.id)
            elif failure.code in OPERATORS_ONLY:
                logger.warning(
                    "a host failed", reason=failure.message, step=step.name, operation=operation.id
                )
            return await self._turn_back(saga, operation, failure, problem, started)

    async def _do(self, saga: Saga, operation: Operation, step: Step) -> Operation:
        """The step, tried until it succeeds, fails for good, or its time is up; and with it those that join it."""
        deadline = self.platform.clock.now() + timedelta(seconds=step.deadline_s)
        ended: list[_Ended] = []
        is_alone = has_stored = False
        for attempt in range(10**6):
            try:
                async with self.platform.db.transaction() as tx, asyncio.timeout(step.deadline_s):
                    ended = [await self._step(saga, operation, tx)]
                    has_stored = tx.is_open
                    if not is_alone:
                        await self._join(saga, ended, tx)
                    await self._keep(tx, ended)
                    return ended[-1].operation
            except _NotJoined:
                is_alone = True
                if not has_stored:  # it need not be done again: only what came after it was lost
                    async with self.platform.db.transaction() as tx:
                        await self._keep(tx, ended[:1])
                        return ended[0].operation
            except TRANSIENT as problem:
                pause = RETRY_S[min(attempt, len(RETRY_S) - 1)]
                if self.platform.clock.now() + timedelta(seconds=pause) > deadline:
                    raise
                if attempt == 3:
                    operation = await self._note(operation, str(problem))
                await self.platform.clock.sleep(pause)
        raise AssertionError("unreachable")

    async def _join(self, saga: Saga, ended: list[_Ended], tx: Tx) -> None:
        """Those that follow and join are done too; `_NotJoined` if one fails, which undoes the transaction."""
        while (operation := ended[-1].operation).is_open and saga.steps[operation.step].joins:
            try:
                ended.append(await self._step(saga, operation, tx))
            except Exception as problem:
                raise _NotJoined from problem

    async def _step(self, saga: Saga, operation: Operation, tx: Tx) -> _Ended:
        """The operation after its next step, and that step's line of the journal; neither is stored yet."""
        step = saga.steps[operation.step]
        arguments = saga.arguments(step.action, operation)
        if arguments is None:
            raise RuntimeError(f"{saga.kind}: {step.name} lacks what it asks for")
        name_task(f"{saga.kind} {step.name}")
        started = self.platform.clock.now()
        result = await step.action(self._context(operation, tx, step.name), *arguments)
        now = self.platform.clock.now()
        results = operation.results
        if result is not None:
            results = {**results, step.name: msgspec.to_builtins(result)}
        following = operation.step + 1
        is_last = following == len(saga.steps)
        moved = msgspec.structs.replace(
            operation,
            results=results,
            step=following,
            step_name="" if is_last else saga.steps[following].name,
            waiting=None,
            **_ended(now, "done") if is_last else {},
        )
        return _Ended(moved, StepRecord(new_id(), operation.id, step.name, False, started, now, None))

    async def _keep(self, tx: Tx, ended: Sequence[_Ended]) -> None:
        await self._save(tx, ended[-1].operation)
        await STEPS.add_all(tx, [each.record for each in ended])

    async def _turn_back(
        self, saga: Saga, operation: Operation, failure: Failure, problem: BaseException, started: datetime
    ) -> Operation:
        """Remember why, and let the next round undo."""
        chooser = saga.elsewhere
        fault = msgspec.to_builtins(failure)
        excluded, again = operation.excluded, False
        if chooser is not None and operation.step > chooser and operation.tries + 1 < saga.tries:
            chosen = saga.chosen(operation)
            again = _is_the_hosts_fault(problem)
            excluded = [*excluded, chosen.host] if again and chosen is not None and chosen.host else excluded
        moved = msgspec.structs.replace(
            operation, state="undoing", fault={**fault, "again": again}, excluded=excluded
        )
        now = self.platform.clock.now()
        name = saga.steps[operation.step].name
        async with self.platform.db.transaction() as tx:
            await self._save(tx, moved)
            await STEPS.add(
                tx, StepRecord(new_id(), operation.id, name, False, started, now, failure.message)
            )
        return moved

    async def _backward(self, saga: Saga, operation: Operation) -> Operation:
        fault = operation.fault or {}
        last = saga.elsewhere if fault.get("again") and saga.elsewhere is not None else 0
        step = saga.steps[operation.step]
        started = self.platform.clock.now()
        error = await self._undo(saga, operation, step)
        if error is not None:
            logger.error("undo failed", step=step.name, operation=operation.id, error=error)
        async with self.platform.db.transaction() as tx:
            results = {k: v for k, v in operation.results.items() if k != step.name}
            if operation.step > last:
                before = saga.steps[operation.step - 1].name
                moved = msgspec.structs.replace(
                    operation, step=operation.step - 1, step_name=before, results=results
                )
            elif fault.get("again"):
                moved = msgspec.structs.replace(
                    operation, state="running", results=results, tries=operation.tries + 1, fault=None
                )
            else:
                if saga.on_failure is not None:
                    failure = Failure(fault["step"], fault["code"], fault["message"], fault["details"])
                    arguments = saga.arguments(saga.on_failure, operation, failure)
                    ctx = self._context(operation, tx, "on_failure")
                    await saga.on_failure(ctx, *(arguments or ()))
                moved = msgspec.structs.replace(operation, **_ended(self.platform.clock.now(), "failed"))
            await self._save(tx, moved)
            if step.undo is not None:
                now = self.platform.clock.now()
                await STEPS.add(tx, StepRecord(new_id(), operation.id, step.name, True, started, now, error))
        return moved

    async def _undo(self, saga: Saga, operation: Operation, step: Step) -> str | None:
        """Undo the step; None, or why it could not be undone in its time."""
        if step.undo is None:
            return None
        arguments = saga.arguments(step.undo, operation)
        if arguments is None:
            return None
        deadline = self.platform.clock.now() + timedelta(seconds=step.deadline_s)
        attempt = 0
        while True:
            try:
                async with self.platform.db.transaction() as tx, asyncio.timeout(step.deadline_s):
                    await step.undo(self._context(operation, tx, f"undo {step.name}"), *arguments)
                    await self._save(tx, operation)
                return None
            except (LeaseLost, StoreFull, StoreAway):
                raise
            except Exception as problem:
                pause = RETRY_S[min(attempt, len(RETRY_S) - 1)]
                if self.platform.clock.now() + timedelta(seconds=pause) > deadline:
                    return str(problem)
                attempt += 1
                await self.platform.clock.sleep(pause)

    # -- rows

    def _context(self, operation: Operation, tx: Any, step: str) -> Context:
        origin = Origin(
            operation.seq,
            f"{step}#{operation.tries}",
            operation.resource_id,
            operation.id,
            tuple(operation.excluded),
        )
        return Context(self.platform, operation.auth, tx, request_id=operation.request_id, operation=origin)

    async def _note(self, operation: Operation, waiting: str) -> Operation:
        moved = msgspec.structs.replace(operation, waiting=waiting)
        async with self.platform.db.transaction() as tx:
            await self._save(tx, moved)
        return moved

    async def _save(self, tx: Tx, operation: Operation) -> None:
        """Write the checkpoint, if the lease is still ours."""
        until = self.platform.clock.now() + timedelta(seconds=LEASE_S) if operation.is_open else None
        moved = msgspec.structs.replace(operation, lease_until=until)
        changed = {f"new_{name}": OPERATIONS.value(name, getattr(moved, name)) for name in CHANGING}
        if not await tx.run(CHECKPOINT, id_=operation.id, me=self.me, **changed):
            raise LeaseLost


def _ended(now: Any, state: str) -> dict[str, Any]:
    return {"state": state, "is_open": False, "ended_at": now, "lease_owner": None}


def _describe(step: Step, problem: BaseException) -> Failure:
    if isinstance(problem, HaneulError):
        details = {k: v for k, v in problem.details.items() if _is_plain(v)}
        return Failure(step.name, problem.code, problem.text, details)
    if isinstance(problem, TimeoutError):
        return Failure(step.name, "deadline", f"{step.name} did not end within {step.deadline_s:g} s")
    return Failure(step.name, INTERNAL, f"{type(problem).__name__}: {problem}")


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool, list, dict, type(None)))


def _is_the_hosts_fault(problem: BaseException) -> bool:
    return isinstance(problem, (DriverError, TimeoutError)) and not isinstance(problem, Superseded)
