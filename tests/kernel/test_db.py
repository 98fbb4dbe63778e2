"""The store's port, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
import sqlalchemy as sa

from haneul.kernel.db import Database, Duplicate, Filter, Query, Rows, Sort, Unstorable, among, open_database
from haneul.kernel.errors import StaleRow
from tests import postgresql


class Thing(msgspec.Struct, frozen=True):
    id: str
    name: str
    size: int
    is_round: bool
    made_at: datetime | None
    tags: list[str]
    note: str | None = None
    generation: int = 0


THINGS = Rows(Thing, "test_things", unique=(("name",),), indexes=(("size",),))
KEPT = Rows(Thing, "test_kept_things")
"""With no unique key but the primary one."""
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgresql.running() as url:
        yield url


async def with_tickets(url: str) -> None:
    """The server's database has what migrations make beside tables."""
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE SEQUENCE IF NOT EXISTS haneul_tickets")
    await connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def db(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        database = open_database(f"sqlite:///{tmp_path}/test.db")
    else:
        database = open_database(request.getfixturevalue("postgres"))
        await with_tickets(request.getfixturevalue("postgres"))
    await database.start()
    async with database.transaction() as tx:
        for rows in (THINGS, KEPT):
            await tx.run(Query(sa.schema.DropTable(rows.table, if_exists=True)))
            await tx.run(Query(sa.schema.CreateTable(rows.table)))
    yield database
    await database.close()


def thing(number: int, **changes: Any) -> Thing:
    made = Thing(f"id-{number:03}", f"name-{number:03}", number, True, NOON, ["a", "b"])
    return msgspec.structs.replace(made, **changes)


async def fill(db: Database, count: int) -> list[Thing]:
    async with db.transaction() as tx:
        return [await THINGS.add(tx, thing(i, note=None if i % 2 else f"n{i}")) for i in range(count)]


async def test_what_is_stored_comes_back_the_same(db: Database) -> None:
    made = thing(1, made_at=None, note="ä % _ \\ ' \"")
    async with db.transaction() as tx:
        await THINGS.add(tx, made)
    async with db.reading() as tx:
        assert await THINGS.get(tx, made.id) == made
        assert await THINGS.find(tx, is_round=True) == [made]
        assert await THINGS.get(tx, "nothing") is None


async def test_a_text_that_cannot_be_stored_is_the_callers_fault(db: Database) -> None:
    try:
        async with db.transaction() as tx:
            await THINGS.add(tx, thing(1, note="a\0b"))
    except Unstorable as problem:
        assert problem.status == 400
        async with db.reading() as tx:
            assert await THINGS.get(tx, "id-001") is None
    else:
        async with db.reading() as tx:
            stored = await THINGS.get(tx, "id-001")
            assert stored is not None
            assert stored.note == "a\0b"


async def test_a_block_that_raises_leaves_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError):
        async with db.transaction() as tx:
            await THINGS.add(tx, thing(1))
            raise RuntimeError
    async with db.reading() as tx:
        assert await THINGS.count(tx) == 0


async def test_one_that_fails_does_not_take_its_neighbours_along(db: Database) -> None:
    async def add(number: int) -> None:
        async with db.transaction() as tx:
            await THINGS.add(tx, thing(number))
            await asyncio.sleep(0)
            if number % 3 == 0:
                raise RuntimeError

    await asyncio.gather(*(add(n) for n in range(30)), return_exceptions=True)
    async with db.reading() as tx:
        assert await THINGS.count(tx) == 20


async def test_a_second_thing_of_the_same_name_is_refused(db: Database) -> None:
    await fill(db, 1)
    with pytest.raises(Duplicate):
        async with db.transaction() as tx:
            await THINGS.add(tx, thing(7, name="name-000"))


async def test_what_is_put_stands_in_place_of_what_has_its_key(db: Database) -> None:
    async with db.transaction() as tx:
        await KEPT.put(tx, thing(1))
        await KEPT.put(tx, thing(1, size=7, note="new"))
    async with db.reading() as tx:
        assert await KEPT.find(tx) == [thing(1, size=7, note="new")]


async def test_two_that_put_the_same_at_once_both_succeed(db: Database) -> None:
    async def put(size: int) -> None:
        async with db.transaction() as tx:
            await KEPT.put(tx, thing(1, size=size))
            await asyncio.sleep(0.02)

    await asyncio.gather(*(put(size) for size in range(4)))
    async with db.reading() as tx:
        assert await KEPT.count(tx) == 1


async def test_the_least_are_removed_a_few_at_a_time(db: Database) -> None:
    await fill(db, 7)
    async with db.transaction() as tx:
        assert [await THINGS.remove_before(tx, "size", 5, most=3) for _ in range(3)] == [3, 2, 0]
        assert [each.size for each in await THINGS.find(tx)] == [5, 6]


async def test_only_what_has_one_unique_key_can_be_put(db: Database) -> None:
    with pytest.raises(TypeError, match="test_things"):
        async with db.transaction() as tx:
            await THINGS.put(tx, thing(1))


async def test_who_writes_over_an_old_generation_is_told(db: Database) -> None:
    (old,) = await fill(db, 1)
    async with db.transaction() as tx:
        newer = await THINGS.update(tx, msgspec.structs.replace(old, size=5))
        assert newer.generation == 1
    with pytest.raises(StaleRow):
        async with db.transaction() as tx:
            await THINGS.update(tx, msgspec.structs.replace(old, size=6))
    async with db.reading() as tx:
        assert (await THINGS.get(tx, old.id)) == newer


async def test_pages_in_any_order_hold_everything_once(db: Database) -> None:
    made = await fill(db, 25)
    for sort in ([], [Sort("size", True)], [Sort("note")], [Sort("note", True), Sort("size")]):
        seen: list[Thing] = []
        while True:
            async with db.reading() as tx:
                page = await THINGS.page(tx, sort=sort, after=seen[-1] if seen else None, limit=4)
            if not page:
                break
            seen += page
        assert sorted(t.id for t in seen) == [t.id for t in made]
        assert len(seen) == 25


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter("size", "ge", 20), 5),
        (Filter("id", "in", ["id-001", "id-002", "no"]), 2),
        (Filter("name", "contains", "name-00"), 10),
        (Filter("name", "icontains", "NAME-01"), 10),
        (Filter("name", "starts", "ame"), 0),
        (Filter("name", "contains", "%"), 0),
        (Filter("note", "null"), 12),
        (Filter("is_round", "eq", False), 0),
        (Filter("made_at", "le", NOON), 25),
        (Filter("id", "ne", "id-000"), 24),
    ],
)
async def test_filters(db: Database, wanted: Filter, count: int) -> None:
    await fill(db, 25)
    async with db.reading() as tx:
        assert len(await THINGS.page(tx, [wanted])) == count


async def test_locks_let_one_pass_at_a_time(db: Database) -> None:
    await fill(db, 1)

    async def count_up() -> None:
        async with db.transaction() as tx:
            await tx.lock("counter")
            found = await THINGS.get(tx, "id-000")
            assert found is not None
            await asyncio.sleep(0)
            await THINGS.update(tx, msgspec.structs.replace(found, size=found.size + 1))

    await asyncio.gather(*(count_up() for _ in range(20)))
    async with db.reading() as tx:
        found = await THINGS.get(tx, "id-000")
    assert found is not None
    assert found.size == 20


async def test_actions_after_a_commit_happen_only_after_one(db: Database) -> None:
    done: list[str] = []
    async with db.transaction() as tx:
        await THINGS.add(tx, thing(1))
        tx.after_commit(lambda: done.append("kept"))
        assert done == []
    with pytest.raises(RuntimeError):
        async with db.transaction() as tx:
            tx.after_commit(lambda: done.append("lost"))
            raise RuntimeError
    assert done == ["kept"]


async def test_what_is_among_many_is_found_by_the_index(tmp_path: Path) -> None:
    """On SQLite, where a condition written as `... = 1` is served by none."""
    database = open_database(f"sqlite:///{tmp_path}/test.db")
    await database.start()
    async with database.transaction() as tx:
        await tx.run(Query(sa.schema.CreateTable(THINGS.table)))
        wanted = THINGS.select().where(among(THINGS.c.id, "ids"), THINGS.c.size > 1).order_by(THINGS.c.id)
        text, values = Query(wanted).fill(database.dialect, {"ids": '["id-001"]', "size_1": 1})
    connection = sqlite3.connect(tmp_path / "test.db")
    plan = connection.execute(f"EXPLAIN QUERY PLAN {text}", values).fetchall()
    connection.close()
    await database.close()
    assert plan[0][3].startswith("SEARCH test_things")


async def test_tickets_rise_whoever_takes_them(db: Database) -> None:
    taken = []
    for _ in range(3):
        async with db.transaction() as tx:
            taken.append(await tx.ticket())
        async with db.reading() as tx:
            taken.append(await tx.ticket())
        with pytest.raises(RuntimeError):
            async with db.transaction() as tx:
                taken.append(await tx.ticket())
                raise RuntimeError
    assert taken == sorted(set(taken))


@pytest.mark.postgres
async def test_two_processes_never_get_the_same_ticket(postgres: str) -> None:
    await with_tickets(postgres)
    databases = [open_database(postgres) for _ in range(2)]
    taken = []
    for database in databases:
        await database.start()
    for database in databases * 3:
        async with database.reading() as tx:
            taken.append(await tx.ticket())
    for database in databases:
        await database.close()
    assert taken == sorted(set(taken))
