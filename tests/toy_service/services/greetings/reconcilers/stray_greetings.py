"""Take greetings from hosts that hold them though nobody wants them."""

from __future__ import annotations

from haneul.services.greetings.drivers.interface import GreetingHost
from haneul.services.greetings.store.greetings import GREETINGS

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.placement import public as placement


@reconciler(every_s=60)
async def take_strays_away(ctx: Context) -> None:
    async with ctx.in_reading() as reading:
        hosts = await placement.hosts_up(reading)
    for host in hosts:
        driver = ctx.agent(host.name, GreetingHost)
        held = await driver.held()
        async with ctx.in_reading() as reading:
            wanted = {each.id for each in await GREETINGS.among(reading.tx, "id", list(held))}
        for greeting_id in held.keys() - wanted:
            await driver.ensure_gone(greeting_id)
