"""Take down greetings that hang at a door though nobody wants them."""

from __future__ import annotations

from haneul.services.greetings.drivers.interface import Doors
from haneul.services.greetings.store.greetings import GREETINGS

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.placement import public as placement


@reconciler(every_s=60)
async def take_strays_down(ctx: Context) -> None:
    async with ctx.in_reading() as reading:
        hosts = await placement.hosts_up(reading)
    for host in hosts:
        doors = ctx.agent(host.name, Doors)
        hung = await doors.hung()
        async with ctx.in_reading() as reading:
            wanted = {each.id for each in await GREETINGS.among(reading.tx, "id", list(hung))}
        for greeting_id in hung.keys() - wanted:
            await doors.ensure_gone(greeting_id)
