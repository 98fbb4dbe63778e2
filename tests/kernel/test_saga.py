"""Sagas and their engine: nothing lost, everything undone, whoever comes later wins."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from haneul.kernel import saga_engine
from haneul.kernel.clock import StoreClock, SystemClock
from haneul.kernel.context import Context, Platform
from haneul.kernel.db import Database, Query, Rows, open_database
from haneul.kernel.errors import DriverError, Waiting
from haneul.kernel.events import EVENTS
from haneul.kernel.policy import Policy
from haneul.kernel.saga import OPERATIONS, STEPS, Failure, Operation, Saga, Step
from haneul.kernel.saga_engine import Engine
from tests import postgresql
from tests.waiting import PATIENCE_S, until


class Order(msgspec.Struct, frozen=True):
    name: str


class Claim(msgspec.Struct, frozen=True):
    host: str


class Mark(msgspec.Struct, frozen=True):
    id: str
    name: str


MARKS = Rows(Mark, "test_marks")
outside: Counter[str] = Counter()
"""The world that is not in the store: what hosts hold."""
failing: dict[str, int] = {}
gate = asyncio.Event()


async def mark(ctx: Context, name: str) -> None:
    await MARKS.add(ctx.tx, Mark(ctx.new_id(), name))


async def choose(ctx: Context, order: Order) -> Claim:
    await mark(ctx, f"claim {order.name}")
    hosts = [h for h in ("a", "b", "c") if h not in ctx.operation.excluded]
    return Claim(hosts[0])


async def unchoose(ctx: Context, order: Order) -> None:
    found = await MARKS.first(ctx.tx, name=f"claim {order.name}")
    if found is not None:
        await MARKS.remove(ctx.tx, id=found.id)


async def build(ctx: Context, order: Order, claim: Claim) -> None:
    outside[f"{order.name}@{claim.host}"] = 1
    if failing.get(f"{order.name}@{claim.host}", 0) > 0:
        failing[f"{order.name}@{claim.host}"] -= 1
        raise DriverError("the host is out of order")
    if order.name == "slow":
        await gate.wait()


async def tear_down(ctx: Context, order: Order, claim: Claim) -> None:
    outside.pop(f"{order.name}@{claim.host}", None)


async def finish(ctx: Context, order: Order) -> None:
    if order.name == "waiting" and not gate.is_set():
        raise Waiting(what="the gate", state="closed")
    await mark(ctx, f"done {order.name}")


async def say_why(ctx: Context, order: Order, failure: Failure) -> None:
    await mark(ctx, f"failed {order.name}: {failure.step}: {failure.message}")


ORDER = Saga(
    "test.order",
    input=Order,
    steps=[Step(choose, undo=unchoose), Step(build, undo=tear_down), Step(finish)],
    on_failure=say_why,
    elsewhere=choose,
)


async def cancel(ctx: Context, order: Order) -> None:
    outside.clear()
    await mark(ctx, f"cancelled {order.name}")


async def book(ctx: Context, order: Order, claim: Claim) -> None:
    await mark(ctx, f"book {order.name}")
    outside[f"booked {order.name}"] += 1


async def bill(ctx: Context, order: Order) -> None:
    await mark(ctx, f"bill {order.name}")
    if failing.get(f"bill {order.name}", 0) > 0:
        failing[f"bill {order.name}"] -= 1
        raise Waiting(what="the bank", state="closed") if order.name == "late" else DriverError("no money")


async def unbook(ctx: Context, order: Order) -> None:
    booked = await MARKS.first(ctx.tx, name=f"book {order.name}")
    if booked is not None:
        await MARKS.remove(ctx.tx, id=booked.id)


async def ship(ctx: Context, order: Order) -> None:
    outside[f"shipped {order.name}"] += 1


JOINED = Saga(
    "test.joined",
    input=Order,
    steps=[
        Step(choose, undo=unchoose),
        Step(book, undo=unbook, joins=True),
        Step(bill, joins=True),
        Step(ship),
        Step(finish, joins=True),
    ],
    on_failure=say_why,
)


HOLD = timedelta(milliseconds=20)


async def hold(ctx: Context, order: Order) -> None:
    await asyncio.sleep(HOLD.total_seconds() * 1.5)
    raise DriverError("it held for nothing")


async def let_go(ctx: Context, order: Order) -> None:
    await asyncio.sleep(HOLD.total_seconds() * 1.5)


HELD = Saga("test.held", input=Order, steps=[Step(hold, undo=let_go)])
CANCEL = Saga("test.cancel", input=Order, steps=[Step(cancel)])


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgresql.running() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def db(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        database = open_database(f"sqlite:///{tmp_path}/test.db")
    else:
        database = open_database(request.getfixturevalue("postgres"))
    await database.start()
    for rows in (OPERATIONS, STEPS, EVENTS, MARKS):
        async with database.transaction() as tx:
            await tx.run(Query(sa.schema.DropTable(rows.table, if_exists=True)))
            await tx.run(Query(sa.schema.CreateTable(rows.table)))
    yield database
    await database.close()


@pytest.fixture
async def platform(db: Database) -> AsyncIterator[Platform]:
    global gate
    gate = asyncio.Event()  # of this test's loop
    outside.clear()
    failing.clear()
    made = Platform(db, SystemClock(), Policy.build([]))
    made.engine = Engine(made, [ORDER, CANCEL, HELD, JOINED])
    await made.engine.run()
    yield made
    await made.engine.stop()


async def start(platform: Platform, name: str, saga: Saga = ORDER, *, supersede: bool = False) -> str:
    async with platform.context() as ctx:
        return await ctx.start(saga, Order(name), resource=f"thing-{name}", supersede=supersede)


async def marks(platform: Platform) -> list[str]:
    async with platform.reading() as ctx:
        return sorted(m.name for m in await MARKS.find(ctx.tx))


async def operation(platform: Platform, id: str) -> Operation:
    async with platform.reading() as ctx:
        found = await OPERATIONS.get(ctx.tx, id)
    assert found is not None
    return found


async def test_steps_run_once_and_in_order(platform: Platform) -> None:
    id = await start(platform, "x")
    await platform.engine.idle()
    assert (await operation(platform, id)).state == "done"
    assert await marks(platform) == ["claim x", "done x"]
    assert outside == {"x@a": 1}


async def test_a_host_that_fails_is_left_for_another(platform: Platform) -> None:
    failing["x@a"] = 1
    id = await start(platform, "x")
    await platform.engine.idle()
    assert (await operation(platform, id)).excluded == ["a"]
    assert outside == {"x@b": 1}
    assert await marks(platform) == ["claim x", "done x"]


async def test_the_journal_has_the_times_of_what_failed_and_of_its_undo(platform: Platform) -> None:
    """A step that took time and failed says so, as one that succeeded does."""
    id = await start(platform, "x", HELD)
    await platform.engine.idle()
    async with platform.db.reading() as tx:
        lines = {(s.name, s.is_undo): s for s in await STEPS.find(tx, operation_id=id)}
    for line in (lines["hold", False], lines["hold", True]):
        assert line.ended_at - line.started_at >= HOLD


async def test_the_engine_says_what_keeps_it_from_sweeping_and_from_renewing_leases(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, both = set[str](), asyncio.Event()

    def broken() -> None:
        raise RuntimeError("the store is upside down")

    class Log:
        def exception(self, text: str, **more: object) -> None:
            texts.add(text.split()[0])
            if len(texts) == 2:
                both.set()

    monkeypatch.setattr(saga_engine, "logger", Log())
    monkeypatch.setattr(saga_engine, "SWEEP_S", 0)
    monkeypatch.setattr(saga_engine, "LEASE_S", 0)
    monkeypatch.setattr(platform.engine, "sweep", broken)
    monkeypatch.setattr(platform.engine, "_tasks", {"x": None})
    monkeypatch.setattr(platform.db, "transaction", broken)
    loops = [platform.engine._sweep_forever(), platform.engine._renew_forever()]
    running = [asyncio.ensure_future(each) for each in loops]
    await both.wait()
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    monkeypatch.undo()
    assert texts == {"operations", "leases"}


async def test_when_every_host_fails_nothing_is_left_but_the_reason(platform: Platform) -> None:
    failing.update({"x@a": 9, "x@b": 9, "x@c": 9})
    id = await start(platform, "x")
    await platform.engine.idle()
    assert (await operation(platform, id)).state == "failed"
    assert outside == {}
    assert await marks(platform) == ["failed x: build: the host is out of order"]


async def test_a_step_that_waits_is_tried_until_it_can_go_on(platform: Platform) -> None:
    id = await start(platform, "waiting")
    await asyncio.sleep(0.2)
    assert (await operation(platform, id)).is_open
    gate.set()
    await platform.engine.idle()
    assert "done waiting" in await marks(platform)


async def journal(platform: Platform, id: str) -> list[str]:
    async with platform.db.reading() as tx:
        return [("undo " if s.is_undo else "") + s.name for s in await STEPS.find(tx, operation_id=id)]


async def test_steps_that_join_are_done_once_and_in_order(platform: Platform) -> None:
    id = await start(platform, "x", JOINED)
    await platform.engine.idle()
    assert (await operation(platform, id)).state == "done"
    assert sorted(await journal(platform, id)) == ["bill", "book", "choose", "finish", "ship"]
    assert await marks(platform) == ["bill x", "book x", "claim x", "done x"]
    assert outside == {"booked x": 1, "shipped x": 1}


async def test_a_step_that_joins_and_must_wait_leaves_nothing_twice(platform: Platform) -> None:
    failing["bill late"] = 1
    id = await start(platform, "late", JOINED)
    await platform.engine.idle()
    assert (await operation(platform, id)).state == "done"
    assert sorted(await journal(platform, id)) == ["bill", "book", "choose", "finish", "ship"]
    assert await marks(platform) == ["bill late", "book late", "claim late", "done late"]


async def test_what_a_host_did_is_not_done_again_because_a_step_that_joins_must_wait(
    platform: Platform,
) -> None:
    id = await start(platform, "waiting", JOINED)
    await until(lambda: outside["shipped waiting"] == 1)
    gate.set()
    await platform.engine.idle()
    assert (await operation(platform, id)).state == "done"
    assert outside["shipped waiting"] == 1


async def test_a_step_that_joins_and_fails_is_undone_with_all_before_it(platform: Platform) -> None:
    failing["bill x"] = 10
    id = await start(platform, "x", JOINED)
    await platform.engine.idle()
    assert (await operation(platform, id)).state == "failed"
    assert await marks(platform) == ["failed x: bill: no money"]
    lines = await journal(platform, id)
    assert sorted(lines) == ["bill", "book", "choose", "undo book", "undo choose"]


async def test_what_supersedes_ends_what_runs(platform: Platform) -> None:
    first = await start(platform, "slow")
    await until(lambda: outside == {"slow@a": 1})
    await start(platform, "slow", CANCEL, supersede=True)
    await platform.engine.idle()
    assert (await operation(platform, first)).state == "superseded"
    gate.set()
    await asyncio.sleep(0.05)
    assert await marks(platform) == ["cancelled slow", "claim slow"]


async def test_what_a_dead_worker_left_goes_on_from_its_checkpoint(platform: Platform) -> None:
    id = await start(platform, "slow")
    await until(lambda: outside == {"slow@a": 1})
    dead = platform.engine
    for task in [*dead._tasks.values(), *dead._loops]:
        task.cancel()
    async with platform.db.transaction() as tx:  # its lease runs out
        old = await operation(platform, id)
        gone = msgspec.structs.replace(old, lease_until=old.accepted_at - timedelta(seconds=1))
        await OPERATIONS.update(tx, gone)
    gate.set()
    platform.engine = Engine(platform, [ORDER, CANCEL, HELD])
    await platform.engine.run()
    await platform.engine.idle()
    assert (await operation(platform, id)).state == "done"
    assert await marks(platform) == ["claim slow", "done slow"]


@pytest.fixture
async def elsewhere(db: Database) -> AsyncIterator[Platform]:
    """Another control plane over the same store, on a machine whose clock is an hour ahead."""
    clock = StoreClock(
        db.now, here=lambda: datetime.now(UTC) + timedelta(hours=1), passed=lambda: time.monotonic() + 1e6
    )
    await clock.follow()
    made = Platform(db, clock, Policy.build([]))
    made.engine = Engine(made, [ORDER, CANCEL, HELD, JOINED])
    yield made
    await made.engine.stop()


async def test_a_lease_holds_against_who_has_a_wrong_clock(platform: Platform, elsewhere: Platform) -> None:
    id = await start(platform, "slow")
    await until(lambda: outside == {"slow@a": 1})
    assert await elsewhere.engine.sweep() == 0
    gate.set()
    await platform.engine.idle()
    assert (await operation(platform, id)).state == "done"


async def test_a_lease_that_ran_out_is_taken_over(
    platform: Platform, elsewhere: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saga_engine, "LEASE_S", 0.2)
    id = await start(platform, "slow")
    await until(lambda: outside == {"slow@a": 1})
    await platform.engine.stop()  # renews no more
    gate.set()
    async with asyncio.timeout(PATIENCE_S):
        await elsewhere.engine.run()  # looks at once, then every second
        while (await operation(elsewhere, id)).is_open:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await elsewhere.engine.idle()
    assert (await operation(elsewhere, id)).state == "done"
    assert await marks(elsewhere) == ["claim slow", "done slow"]


async def test_a_request_that_fails_starts_nothing(platform: Platform) -> None:
    with pytest.raises(RuntimeError):
        async with platform.context() as ctx:
            await ctx.start(ORDER, Order("x"), resource="x")
            raise RuntimeError
    await platform.engine.idle()
    assert await marks(platform) == []


def test_a_step_that_nobody_can_serve_is_an_error_at_once() -> None:
    with pytest.raises(TypeError, match="Claim"):
        Saga("test.bad", input=Order, steps=[Step(build)])


class Built(msgspec.Struct, frozen=True):
    name: str
    host: str


async def note(ctx: Context, built: Built) -> None:
    await mark(ctx, f"{built.name} at {built.host}")


async def note_again(ctx: Context, built: Built) -> None:
    await note(ctx, built)


async def choose_again(ctx: Context, order: Order) -> Claim:
    return Claim("z")


class Sized(msgspec.Struct, frozen=True):
    host: int


async def measure(ctx: Context, sized: Sized) -> None: ...


async def test_a_step_gets_the_fields_it_asks_for_from_whoever_had_them_last(platform: Platform) -> None:
    steps = [Step(choose), Step(note), Step(choose_again), Step(note_again)]
    noting = Saga("test.noting", input=Order, steps=steps)
    platform.engine.sagas[noting.kind] = noting
    await start(platform, "x", noting)
    await platform.engine.idle()
    assert await marks(platform) == ["claim x", "x at a", "x at z"]


def test_a_field_of_another_type_is_not_the_field() -> None:
    with pytest.raises(TypeError, match="Sized"):
        Saga("test.sized", input=Order, steps=[Step(choose), Step(measure)])


async def test_an_operation_of_an_older_version_goes_on_at_the_step_of_its_name(platform: Platform) -> None:
    longer = Saga("test.order", input=Order, steps=[Step(choose), Step(note), Step(build), Step(finish)])
    platform.engine.sagas[longer.kind] = longer
    id = await start(platform, "slow", longer)
    await until(lambda: outside == {"slow@a": 1})
    await platform.engine.stop()
    async with platform.db.transaction() as tx:  # its lease runs out
        old = await operation(platform, id)
        await OPERATIONS.update(tx, msgspec.structs.replace(old, lease_until=old.accepted_at - HOLD))
    gate.set()
    platform.engine = Engine(platform, [ORDER])
    await platform.engine.run()
    await platform.engine.idle()
    assert (await operation(platform, id)).state == "done"
    assert await marks(platform) == ["claim slow", "done slow", "slow at a"]
