"""Keep the images on each host to those that are used: by age, and by the room that they take."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError
from haneul.kernel.reconciler import reconciler
from haneul.services.compute.drivers.interface import CachesImages
from haneul.services.placement import public as placement

UNUSED_S = 7 * 86400.0
SHARE_MAX = 0.2


@reconciler(every_s=900)
async def prune_image_caches(ctx: Context) -> None:
    """One look at every host that is up."""
    async with ctx.in_reading() as reading:
        hosts = [h.name for h in await placement.hosts_up(reading, "hypervisor")]
    for host in hosts:
        try:
            await ctx.agent(host, CachesImages).ensure_images_within(UNUSED_S, SHARE_MAX)
        except DriverError:
            continue  # a host that does not answer is looked at next time
