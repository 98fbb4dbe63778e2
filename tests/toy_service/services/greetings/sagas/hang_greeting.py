"""Hang a greeting out at the door of a host."""

from __future__ import annotations

import msgspec
from haneul.services.greetings.drivers.interface import Doors
from haneul.services.greetings.events import GreetingHung
from haneul.services.greetings.store.greetings import GREETINGS

from haneul.kernel.context import Context
from haneul.kernel.errors import HostUnreachable
from haneul.kernel.saga import Saga, Step
from haneul.services.placement import public as placement


class NewGreeting(msgspec.Struct, frozen=True):
    greeting_id: str
    text: str


class Door(msgspec.Struct, frozen=True):
    host: str


class Hanging(msgspec.Struct, frozen=True):
    """What steps need that stands in no single thing: the greeting is the input's, the host the door's."""

    greeting_id: str
    host: str


async def choose_door(ctx: Context, new: NewGreeting) -> Door:
    hosts = await placement.hosts_up(ctx)
    if not hosts:
        raise HostUnreachable("No host is up.")
    return Door(hosts[0].name)


async def hang(ctx: Context, new: NewGreeting, door: Door) -> None:
    await ctx.agent(door.host, Doors).ensure_hung(new.greeting_id, new.text)


async def take_down(ctx: Context, at: Hanging) -> None:
    await ctx.agent(at.host, Doors).ensure_gone(at.greeting_id)


async def mark_hung(ctx: Context, at: Hanging) -> None:
    greeting = await GREETINGS.get(ctx.tx, at.greeting_id)
    if greeting is not None and greeting.host is None:
        await GREETINGS.update(ctx.tx, msgspec.structs.replace(greeting, host=at.host))
        await ctx.emit(GreetingHung(at.greeting_id))


HANG_GREETING = Saga(
    "greetings.hang_greeting",
    input=NewGreeting,
    steps=[Step(choose_door), Step(hang, undo=take_down), Step(mark_hung)],
)
