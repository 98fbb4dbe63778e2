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


class Placing(msgspec.Struct, frozen=True):
    """What steps need that stands in no single thing: the greeting is the input's, the host the place's."""

    greeting_id: str
    host: str


async def choose_host(ctx: Context, new: NewGreeting) -> Place:
    hosts = await placement.hosts_up(ctx)
    if not hosts:
        raise HostUnreachable("No host is up.")
    return Place(hosts[0].name)


async def put(ctx: Context, new: NewGreeting, place: Place) -> None:
    await ctx.agent(place.host, GreetingHost).ensure_there(new.greeting_id, new.text)


async def take_away(ctx: Context, at: Placing) -> None:
    await ctx.agent(at.host, GreetingHost).ensure_gone(at.greeting_id)


async def mark_placed(ctx: Context, at: Placing) -> None:
    greeting = await GREETINGS.get(ctx.tx, at.greeting_id)
    if greeting is not None and greeting.host is None:
        await GREETINGS.update(ctx.tx, msgspec.structs.replace(greeting, host=at.host))
        await ctx.emit(GreetingPlaced(at.greeting_id))


PLACE_GREETING = Saga(
    "greetings.place_greeting",
    input=NewGreeting,
    steps=[Step(choose_host), Step(put, undo=take_away), Step(mark_placed)],
)
