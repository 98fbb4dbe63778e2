"""Compare what hosts have with what they should have, a few hosts at each look.

Changes are told at once by `host_networks`; this finds what nobody said: an agent that lost its memory,
something made by hand, a crash between two calls. A host whose agent started anew is looked at at once:
it may have been off.
"""

from __future__ import annotations

import zlib

import structlog

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.kernel.reconciler import reconciler
from haneul.services.network.operations import convergence
from haneul.services.placement import public as placement

logger = structlog.get_logger(__name__)

EVERY_S = 20
SHARES = 15
"""Each look takes one share of the hosts, so that all are seen within five minutes."""


class _Compared(dict[str, str]):
    """Which start of its agent each host was last compared after. Losing it costs a look, nothing else."""


@reconciler(every_s=EVERY_S, nudged_by=(placement.HostsAppeared,))
async def compare_hosts(ctx: Context) -> None:
    """The hosts of this share, and those that started, have what they should, and nothing else."""
    if ctx.platform.agents is None:
        return
    share = int(ctx.now().timestamp() / EVERY_S) % SHARES
    async with ctx.in_reading() as reading:
        up = [h for h in await placement.hosts(reading, "network") if placement.is_up(h, ctx.now())]
    known = ctx.platform.keep(_Compared)
    for host in up:
        agent = str(host.report.get("agent_id", ""))
        if known.get(host.name) != agent or zlib.crc32(host.name.encode()) % SHARES == share:
            try:
                await convergence.compare(ctx, host.name)
                known[host.name] = agent
            except HaneulError as problem:
                logger.warning("host could not be compared", host=host.name, problem=str(problem))
