"""Compare what hosts have with what they should have, a few hosts at each look.

Changes are told at once by `host_networks`; this finds what nobody said: an agent that lost its memory,
something made by hand, a crash between two calls.
"""

from __future__ import annotations

import zlib

import structlog

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.kernel.reconciler import reconciler
from haneul.services.network.operations import convergence

logger = structlog.get_logger(__name__)

EVERY_S = 20
SHARES = 15
"""Each look takes one share of the hosts, so that all are seen within five minutes."""


@reconciler(every_s=EVERY_S)
async def compare_hosts(ctx: Context) -> None:
    """The hosts of this share have what they should, and nothing else."""
    if ctx.platform.agents is None:
        return
    share = int(ctx.now().timestamp() / EVERY_S) % SHARES
    async with ctx.in_reading() as reading:
        hosts = await convergence.usable_hosts(reading)
    for host in hosts:
        if zlib.crc32(host.encode()) % SHARES == share:
            try:
                await convergence.compare(ctx, host)
            except HaneulError as problem:
                logger.warning("host could not be compared", host=host, problem=str(problem))
