"""Give routers of hosts that are lost another host.

A host is lost when it was silent for a minute, or was forced down. What it still has of a router is taken
away when it comes back.
"""

from __future__ import annotations

import json

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.network.model.pending import ROUTER
from haneul.services.network.operations import convergence
from haneul.services.network.store import pending
from haneul.services.network.store.routers import ELSEWHERE


@reconciler(every_s=10)
async def move_lost_routers(ctx: Context) -> None:
    """Every router that has a host will be told to one that can be called, if there is any."""
    async with ctx.in_reading() as reading:
        hosts = await convergence.usable_hosts(reading)
        lost = await reading.tx.all(ELSEWHERE, hosts=json.dumps(hosts)) if hosts else []
    if lost:
        async with ctx.in_transaction() as writing:
            for (router_id,) in lost:
                await pending.mark(writing, ROUTER, router_id)
