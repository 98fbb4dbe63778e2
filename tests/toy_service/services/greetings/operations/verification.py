"""Whether what is stored of greetings fits together."""

from __future__ import annotations

from haneul.services.greetings.store.greetings import GREETINGS

from haneul.kernel.context import Context
from haneul.services.placement import public as placement


async def verify(ctx: Context) -> str | None:
    """None, or the first greeting that is on a host that is not there."""
    hosts = {host.name for host in await placement.hosts(ctx)}
    for greeting in await GREETINGS.find(ctx.tx):
        if greeting.host is not None and greeting.host not in hosts:
            return f"greeting {greeting.id} is on {greeting.host}, which is not there"
    return None
