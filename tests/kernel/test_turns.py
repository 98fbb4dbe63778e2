"""Whose transaction is next."""

from __future__ import annotations

import asyncio

import pytest

from haneul.kernel.db import IN_BACKGROUND, ON_BEHALF_OF
from haneul.kernel.db.turns import PASSES, Turns


async def _stand_in_line(turns: Turns, order: list[str], name: str, *, background: bool) -> None:
    IN_BACKGROUND.set(background)
    await turns.acquire()
    order.append(name)
    turns.release()


async def _served(*names: str) -> list[str]:
    """The order in which those who came in this one are served; a name that starts with `b` is background."""
    turns, order = Turns(), list[str]()
    await turns.acquire()
    tasks = []
    for name in names:
        task = asyncio.create_task(_stand_in_line(turns, order, name, background=name.startswith("b")))
        tasks.append(task)
        await asyncio.sleep(0)
    turns.release()
    await asyncio.gather(*tasks)
    return order


async def test_requests_go_before_what_runs_in_the_background():
    assert await _served("b1", "b2", "r1", "b3", "r2") == ["r1", "r2", "b1", "b2", "b3"]


async def test_the_background_is_not_passed_by_for_ever():
    requests = [f"r{n}" for n in range(PASSES + 2)]
    order = await _served("b1", "b2", *requests)
    assert order.index("b1") == PASSES
    assert sorted(order) == sorted(["b1", "b2", *requests])


async def test_who_asks_for_much_at_once_waits_behind_themselves():
    turns, order = Turns(), list[str]()
    await turns.acquire()

    async def ask(project: str, number: int) -> None:
        ON_BEHALF_OF.set(project)
        await _stand_in_line(turns, order, f"{project}{number}", background=False)

    asked = [*(("many", n) for n in range(5)), ("one", 0), ("two", 0), ("two", 1)]
    tasks = [asyncio.create_task(ask(*each)) for each in asked]
    await asyncio.sleep(0)
    turns.release()
    await asyncio.gather(*tasks)
    assert order == ["many0", "one0", "two0", "many1", "two1", "many2", "many3", "many4"]


async def test_whoever_gives_up_keeps_nobody_from_their_turn():
    turns, order = Turns(), list[str]()
    await turns.acquire()
    leaving = asyncio.create_task(_stand_in_line(turns, order, "leaving", background=False))
    staying = asyncio.create_task(_stand_in_line(turns, order, "staying", background=False))
    await asyncio.sleep(0)
    leaving.cancel()
    turns.release()
    await staying
    assert order == ["staying"]
    assert not turns.waiting


async def test_a_turn_given_to_somebody_who_leaves_is_passed_on():
    turns, order = Turns(), list[str]()
    await turns.acquire()
    leaving = asyncio.create_task(_stand_in_line(turns, order, "leaving", background=False))
    staying = asyncio.create_task(_stand_in_line(turns, order, "staying", background=False))
    await asyncio.sleep(0)
    turns.release()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await staying
    assert order == ["staying"]


async def test_as_many_as_there_are_seats_hold_it_at_once():
    turns = Turns(2)
    await turns.acquire()
    await turns.acquire()
    third = asyncio.create_task(turns.acquire())
    await asyncio.sleep(0)
    assert turns.waiting
    assert not third.done()
    turns.release()
    await third
    assert not turns.waiting
