"""What holds whichever channel carries the calls: a control plane, an agent, two hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from haneul.kernel.errors import DriverError, HostUnreachable, ImpossibleHere, Superseded
from haneul.kernel.hosts import Agents, AgentServer, CallOrigin, Journal
from haneul.kernel.hosts.channel import failure_of
from haneul.kernel.hosts.in_process import InProcessChannel
from haneul.kernel.hosts.local_socket import LocalSocketAgent, LocalSocketChannel


class Lamp(msgspec.Struct, frozen=True):
    id: str
    watts: int = 5


class Lamps(Protocol):
    async def ensure_on(self, lamp: Lamp) -> int: ...
    async def ensure_off(self, lamp_id: str, *, slowly: bool = False) -> None: ...
    async def burning(self) -> set[str]: ...
    async def explode(self) -> None: ...
    async def refuse(self) -> None: ...


class Dims(Protocol):
    async def dim(self, lamp_id: str) -> None: ...


class Room:
    """A driver that remembers what was done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.on: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.inside = 0
        self.most_inside = 0

    async def start(self) -> None: ...
    async def close(self) -> None: ...

    async def ensure_on(self, lamp: Lamp) -> int:
        self.inside += 1
        self.entered.set()
        self.most_inside = max(self.most_inside, self.inside)
        await self.gate.wait()
        await asyncio.sleep(0)
        self.inside -= 1
        self.done.append(f"on {lamp.id}")
        self.on.add(lamp.id)
        return lamp.watts

    async def ensure_off(self, lamp_id: str, *, slowly: bool = False) -> None:
        self.done.append(f"off {lamp_id}{' slowly' if slowly else ''}")
        self.on.discard(lamp_id)

    async def burning(self) -> set[str]:
        return set(self.on)

    async def explode(self) -> None:
        self.done.append("explode")
        raise ZeroDivisionError("bang")

    async def refuse(self) -> None:
        raise ImpossibleHere("there is no current")


INTERFACES = {"lamps": (Lamps, Dims)}


class World:
    def __init__(self, folder: Path) -> None:
        self.rooms = {"north": Room(), "south": Room()}
        self.server = AgentServer(
            {name: {"lamps": room} for name, room in self.rooms.items()},
            INTERFACES,
            Journal(folder / "journal"),
        )
        self.agents: Agents


@asynccontextmanager
async def in_process(world: World, folder: Path) -> AsyncIterator[Agents]:
    channel = InProcessChannel(world.server)
    yield Agents(channel, INTERFACES)
    await channel.close()


@asynccontextmanager
async def local_socket(world: World, folder: Path) -> AsyncIterator[Agents]:
    async def no_upcall(name: str, payload: bytes) -> bytes:
        raise DriverError("nothing is known here")

    channel = LocalSocketChannel(folder / "s", no_upcall)
    await channel.start()
    running = asyncio.ensure_future(LocalSocketAgent(folder / "s", world.server).run())
    await channel.wait_for("north")
    yield Agents(channel, INTERFACES)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await channel.close()


@pytest.fixture(params=[in_process, local_socket])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    async with request.param(made, tmp_path) as agents:
        made.agents = agents
        yield made
    await made.server.close()


def by(operation: int, step: str = "spawn", resource: str = "r") -> CallOrigin:
    return CallOrigin(operation, step, resource)


async def test_arguments_and_results_keep_their_types(world: World) -> None:
    north = world.agents.on("north").lamps
    assert await north.ensure_on(Lamp("a", watts=7)) == 7
    assert await north.burning() == {"a"}
    assert await north.ensure_off("a", slowly=True) is None
    assert world.rooms["north"].done == ["on a", "off a slowly"]
    assert world.rooms["south"].done == []


async def test_unknown_names_are_refused_before_any_call(world: World) -> None:
    with pytest.raises(AttributeError, match="lamps"):
        _ = world.agents.on("north").curtains
    with pytest.raises(AttributeError, match="ensure_on"):
        _ = world.agents.on("north").lamps.ensure_blue
    with pytest.raises(TypeError):
        await world.agents.on("north").lamps.ensure_on()


async def test_a_host_nobody_serves_is_unreachable(world: World) -> None:
    with pytest.raises(HostUnreachable, match="west"):
        await world.agents.on("west").lamps.burning()


async def test_failures_arrive_as_what_they_were(world: World) -> None:
    north = world.agents.on("north").lamps
    with pytest.raises(ImpossibleHere, match="no current"):
        await north.refuse()
    with pytest.raises(DriverError, match="ZeroDivisionError: bang") as caught:
        await north.explode()
    assert type(caught.value) is DriverError
    with pytest.raises(ImpossibleHere, match="Room of 'north' cannot dim"):
        await north.dim("a")
    with pytest.raises(DriverError, match="do not fit"):
        await north.ensure_on("not a lamp")


async def test_an_older_operation_is_refused_once_a_newer_one_has_called(world: World) -> None:
    await world.agents.on("north", by(8)).lamps.ensure_on(Lamp("a"))
    with pytest.raises(Superseded):
        await world.agents.on("north", by(7)).lamps.ensure_off("a")
    await world.agents.on("north", by(7, resource="other")).lamps.ensure_on(Lamp("b"))
    await world.agents.on("south", by(7)).lamps.ensure_on(Lamp("c"))
    assert await world.agents.on("north", by(0)).lamps.burning() == {"a", "b"}


async def test_what_waits_for_its_turn_loses_it_to_a_newer_operation(world: World) -> None:
    room = world.rooms["north"]
    room.gate.clear()
    running = asyncio.ensure_future(world.agents.on("north", by(1)).lamps.ensure_on(Lamp("a")))
    await room.entered.wait()
    waiting = asyncio.ensure_future(world.agents.on("north", by(1)).lamps.ensure_on(Lamp("b")))
    await asyncio.sleep(0.05)
    newer = asyncio.ensure_future(world.agents.on("north", by(2)).lamps.ensure_off("a"))
    await asyncio.sleep(0.05)
    room.gate.set()
    await running
    await newer
    with pytest.raises(Superseded):
        await waiting
    assert room.done == ["on a", "off a"]


async def test_calls_for_one_resource_run_one_by_one_and_others_together(world: World) -> None:
    room = world.rooms["north"]
    await asyncio.gather(*(world.agents.on("north", by(0)).lamps.ensure_on(Lamp(str(n))) for n in range(5)))
    assert room.most_inside == 1
    await asyncio.gather(
        *(world.agents.on("north", by(0, resource=str(n))).lamps.ensure_on(Lamp(str(n))) for n in range(5))
    )
    assert room.most_inside == 5


async def test_a_repeat_gets_the_first_answer_and_is_not_run_again(world: World) -> None:
    room = world.rooms["north"]
    for _ in range(2):
        assert await world.agents.on("north", by(3)).lamps.ensure_on(Lamp("a", 9)) == 9
    assert room.done == ["on a"]
    await world.agents.on("north", by(3)).lamps.ensure_on(Lamp("a", 8))
    await world.agents.on("north", by(3, "undo spawn")).lamps.ensure_off("a")
    await world.agents.on("north", by(3)).lamps.ensure_on(Lamp("a", 9))
    assert room.done == ["on a", "on a", "off a", "on a"]


async def test_questions_and_failures_are_asked_again(world: World) -> None:
    room = world.rooms["north"]
    lamps = world.agents.on("north", by(3)).lamps
    assert await lamps.burning() == set()
    room.on.add("z")
    assert await lamps.burning() == {"z"}
    for _ in range(2):
        with pytest.raises(DriverError):
            await lamps.explode()
    assert room.done == ["explode", "explode"]


async def test_a_call_that_is_not_waited_for_runs_on_and_its_repeat_finds_it_done(world: World) -> None:
    room = world.rooms["north"]
    room.gate.clear()
    with pytest.raises(HostUnreachable):
        await world.agents.on("north", by(4), timeout_s=0.05).lamps.ensure_on(Lamp("a", 6))
    room.gate.set()
    assert await world.agents.on("north", by(4)).lamps.ensure_on(Lamp("a", 6)) == 6
    assert room.done == ["on a"]


async def test_the_journal_outlives_the_agent(tmp_path: Path) -> None:
    first, second = World(tmp_path), None
    async with in_process(first, tmp_path) as agents:
        await agents.on("north", by(5)).lamps.ensure_on(Lamp("a", 4))
    second = World(tmp_path)  # the first was never closed, as after kill -9
    async with in_process(second, tmp_path) as agents:
        assert await agents.on("north", by(5)).lamps.ensure_on(Lamp("a", 4)) == 4
        with pytest.raises(Superseded):
            await agents.on("north", by(4)).lamps.ensure_off("a")
    assert second.rooms["north"].done == []
    await second.server.close()
    await first.server.close()


async def test_the_journal_forgets_the_oldest(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", keep=20)
    for number in range(100):
        origin = CallOrigin(5, "s", f"r{number}")
        assert journal.admit("h", origin)
        journal.add("h", origin, b"call", b"answer")
    assert journal.answer("h", CallOrigin(5, "s", "r0"), b"call") is None
    assert journal.answer("h", CallOrigin(5, "s", "r99"), b"call") == b"answer"
    assert journal.admit("h", CallOrigin(4, "s", "r0"))
    assert not journal.admit("h", CallOrigin(4, "s", "r99"))
    journal.close()


async def test_a_damaged_journal_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"no database, but long enough to be looked at" * 100)
    journal = Journal(tmp_path / "j")
    assert journal.admit("h", by(1))
    journal.close()


async def test_drivers_are_made_at_the_first_call_and_once(tmp_path: Path) -> None:
    made: list[tuple[str, str]] = []

    async def make(host: str, interface: str) -> Room:
        made.append((host, interface))
        await asyncio.sleep(0)
        return Room()

    server = AgentServer(make, INTERFACES, Journal(), hosts=[f"h{n}" for n in range(1000)])
    agents = Agents(InProcessChannel(server), INTERFACES)
    assert made == []
    await asyncio.gather(*(agents.on("h7").lamps.burning() for _ in range(5)))
    assert made == [("h7", "lamps")]
    with pytest.raises(HostUnreachable):
        await agents.on("h1000").lamps.burning()
    await server.close()


def test_a_drivers_own_kind_of_failure_travels_as_the_nearest_common_one() -> None:
    class NoSocket(ImpossibleHere):
        code = "no_socket"

    assert failure_of(NoSocket("no socket")).code == "impossible_here"
    assert failure_of(KeyError("x")).code == "driver_error"
