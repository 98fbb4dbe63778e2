"""Give a greeting to a host."""

from __future__ import annotations

import msgspec
from haneul.services.greetings.drivers.interface import GreetingHost
from haneul.services.greetings.events import GreetingPlaced
from haneul.services.greetings.store.greetings import GREETINGS

from haneul.kernel.context import Context
from haneul.kernel.errors import HostUnreachable
from haneul.kernel.saga import Saga, Step
from haneul.services.placement import public as placement


class NewGreeting(msgspec.Struct, frozen=True):
    greeting_id: str
    text: str


class Place(msgspec.Struct, frozen=True):
    host: str


async def choose_host(ctx: Context, new: NewGreeting) -> Place:
    hosts = await placement.hosts_up(ctx)
    if not hosts:
        raise HostUnreachable("No host is up.")
    return Place(hosts[0].name)


async def put(ctx: Context, new: NewGreeting, place: Place) -> None:
    await ctx.agent(place.host, GreetingHost).ensure_there(new.greeting_id, new.text)


async def take_away(ctx: Context, new: NewGreeting, place: Place) -> None:
    await ctx.agent(place.host, GreetingHost).ensure_gone(new.greeting_id)


async def mark_placed(ctx: Context, new: NewGreeting, place: Place) -> None:
    greeting = await GREETINGS.get(ctx.tx, new.greeting_id)
    if greeting is not None and greeting.host is None:
        await GREETINGS.update(ctx.tx, msgspec.structs.replace(greeting, host=place.host))
        await ctx.emit(GreetingPlaced(new.greeting_id))


PLACE_GREETING = Saga(
    "greetings.place_greeting",
    input=NewGreeting,
    steps=[Step(choose_host), Step(put, undo=take_away), Step(mark_placed)],
)
