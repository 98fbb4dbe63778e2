"""Tell hosts what changed: rules, addresses, routers, networks.

What they have yet to be told stands in rows, so a lost nudge or a crash costs time, never work. Routers
without a usable host are given one here.
"""

from __future__ import annotations

import asyncio

import structlog

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.kernel.reconciler import reconciler
from haneul.services.network.events import HostsLag
from haneul.services.network.model.pending import ROUTER
from haneul.services.network.operations import convergence
from haneul.services.network.operations.convergence import Work
from haneul.services.network.store.pending import PENDING, done

logger = structlog.get_logger(__name__)

AT_ONCE = 32
MOST = 5000


@reconciler(every_s=10, nudged_by=(HostsLag,))
async def tell_hosts(ctx: Context) -> None:
    """Every usable host knows what changed."""
    if ctx.platform.agents is None:
        return
    async with ctx.in_reading() as reading:
        hosts = await convergence.usable_hosts(reading)
        todo = await PENDING.page(reading.tx, limit=MOST)
    routers = [each.id for each in todo if each.kind == ROUTER and not each.host]
    if routers:
        async with ctx.in_transaction() as writing:
            await convergence.place_routers(writing, routers, hosts)
    if not todo:
        return
    async with ctx.in_reading() as reading:
        work = await convergence.plan(reading, todo)
    gate = asyncio.Semaphore(AT_ONCE)

    async def tell(host: str) -> tuple[str, Work] | None:
        if host not in hosts:
            return host, work[host]
        async with gate:
            try:
                await convergence.tell(ctx, host, work[host])
            except HaneulError as problem:
                logger.warning("host could not be told", host=host, problem=str(problem))
                return host, work[host]
        return None

    failed = [f for f in await asyncio.gather(*map(tell, work)) if f is not None]
    async with ctx.in_transaction() as writing:
        await done(writing, todo)
        for host, left in failed:
            await convergence.postpone(writing, host, left)
