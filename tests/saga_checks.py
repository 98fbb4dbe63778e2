"""What every saga must stand: failing at any step leaves nothing behind, and any step may run twice.

async def begin() -> None: ...        # ask for the work, for instance over HTTP
async def world() -> object: ...      # what the hosts hold, and whatever else must not be left behind

await assert_unwinds(cloud, CREATE_VOLUME, begin, world)
await assert_repeatable(cloud, CREATE_VOLUME, begin)
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Sort
from haneul.kernel.errors import DriverError
from haneul.kernel.saga import OPERATIONS, STEPS, Operation, Saga, Step, StepFunction

Begin = Callable[[], Awaitable[Any]]
World = Callable[[], Awaitable[Any]]


async def assert_unwinds(
    cloud: Any, saga: Saga, begin: Begin, world: World, *, except_for: tuple[str, ...] = ()
) -> None:
    """Fail the saga at each of its steps in turn, before and after that did its work, undoing all twice.

    `begin` is called anew each time. Afterwards `world` must be as it was before. `except_for` names
    steps after which nothing can be undone any more.
    """
    for number, step in enumerate(saga.steps):
        if step.name in except_for:
            continue
        for when in ("before", "after"):
            slate = await world()
            with _in_place(cloud, _failing(saga, number, when)):
                await begin()
                await cloud.settled()
            operation = await _latest(cloud, saga)
            story = f"{saga.kind} failed {when} {step.name}"
            assert operation.state == "failed", f"{story}: it is {operation.state}"
            undone = await _undo_errors(cloud, operation)
            assert not undone, f"{story}: undoing failed: {undone}"
            assert await world() == slate, f"{story}: something was left behind"


async def assert_repeatable(cloud: Any, saga: Saga, begin: Begin) -> None:
    """Run every step of the saga twice; it succeeds, and the second time gives what the first gave."""
    steps = [replace(s, action=_twice(s.action, must_agree=True)) for s in saga.steps]
    with _in_place(cloud, _with_steps(saga, steps)):
        await begin()
        await cloud.settled()
    operation = await _latest(cloud, saga)
    assert operation.state == "done", f"{saga.kind}, each step twice: {operation.state}, {operation.fault}"


def _failing(saga: Saga, number: int, when: str) -> Saga:
    steps = [s if s.undo is None else replace(s, undo=_twice(s.undo)) for s in saga.steps]
    steps[number] = replace(steps[number], action=_breaking(steps[number].action, when))
    return _with_steps(saga, steps)


def _with_steps(saga: Saga, steps: list[Step]) -> Saga:
    chooser = None if saga.elsewhere is None else steps[saga.elsewhere].action
    return Saga(
        saga.kind,
        input=saga.input,
        steps=steps,
        on_failure=saga.on_failure,
        elsewhere=chooser,
        tries=1,
    )


def _breaking(action: StepFunction, when: str) -> StepFunction:
    @functools.wraps(action)
    async def breaks(ctx: Context, *arguments: Any) -> Any:
        if when == "after":
            await action(ctx, *arguments)
        raise DriverError(f"{action.__name__} was told to fail")

    return breaks


def _twice(function: StepFunction, *, must_agree: bool = False) -> StepFunction:
    @functools.wraps(function)
    async def runs_twice(ctx: Context, *arguments: Any) -> Any:
        first = await function(ctx, *arguments)
        again = ctx.over(ctx.tx)
        # a host would answer the very same call from its journal, and the driver would not be tried
        again.operation = msgspec.structs.replace(ctx.operation, step=f"{ctx.operation.step} again")
        second = await function(again, *arguments)
        if must_agree:
            assert second == first, f"{function.__name__} gave {first}, then {second}"
        return second

    return runs_twice


@contextlib.contextmanager
def _in_place(cloud: Any, saga: Saga) -> Iterator[None]:
    """The engine knows this saga instead of the true one."""
    sagas = cloud.platform.engine.sagas
    true = sagas[saga.kind]
    sagas[saga.kind] = saga
    try:
        yield
    finally:
        sagas[saga.kind] = true


async def _latest(cloud: Any, saga: Saga) -> Operation:
    async with cloud.platform.reading() as ctx:
        found = await OPERATIONS.page(ctx.tx, sort=[Sort("accepted_at", True)], limit=20)
    return next(o for o in found if o.kind == saga.kind)


async def _undo_errors(cloud: Any, operation: Operation) -> list[str]:
    async with cloud.platform.reading() as ctx:
        steps = await STEPS.find(ctx.tx, operation_id=operation.id)
    return [f"{s.name}: {s.error}" for s in steps if s.is_undo and s.error]
