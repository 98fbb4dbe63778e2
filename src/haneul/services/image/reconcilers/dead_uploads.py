"""End uploads whose process died, and remove data that belongs to no image.

Files on this machine are made after the row of their upload or import and removed after their image's, so
a file that no row names is nobody's. The files are looked at before the rows: what appears in between is
left alone. Of other stores it is written down what must be removed; they are not searched.
"""

from __future__ import annotations

import asyncio

import structlog

from haneul.kernel import forgetting
from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError, HaneulError
from haneul.kernel.reconciler import reconciler
from haneul.services.image.config import ImageOptions
from haneul.services.image.events import ImageDeleted, ImageUpdated, ImportFailed
from haneul.services.image.operations import data
from haneul.services.image.store import images as store
from haneul.services.image.store import leftovers
from haneul.services.image.store.files import Files
from haneul.services.image.store.leftovers import LEFTOVERS, Leftover
from haneul.services.image.store.stores import stores
from haneul.services.image.store.tasks import TASKS

logger = structlog.get_logger(__name__)


@reconciler(every_s=60, nudged_by=(ImageDeleted, ImageUpdated, ImportFailed))
async def remove_dead_uploads(ctx: Context) -> None:
    await remove_stray_files(ctx)
    await remove_leftovers(ctx)


@reconciler(every_s=10)
async def end_dead_uploads(ctx: Context) -> None:
    """Whose lease has run out sends no more: the image is queued again, and nothing of the data stays."""
    async with ctx.in_transaction() as c:
        ended = await data.end_expired(c)
    if ended:
        await remove_dead_uploads.look(ctx)


async def remove_stray_files(ctx: Context) -> None:
    """Every file in the folder where data is prepared, and where the first store keeps its own, is wanted."""
    files = Files(ctx.platform.folder)
    present = await asyncio.to_thread(files.names)
    async with ctx.in_transaction() as c:
        await data.end_expired(c)
        coming = await store.coming_files(c.tx)
        kept = set()
        for name in ctx.options(ImageOptions).all_stores():
            path = getattr(stores(ctx.platform).built(name), "path", None)
            if path is not None and path("x").parent == files.folder:
                kept |= await store.kept_files(c.tx, name)
                kept |= await leftovers.delayed(c.tx, name, c.now())
    for name in present - kept:
        if name.lstrip(".").split(".")[0] not in coming:
            await asyncio.to_thread(files.remove, name)


async def remove_leftovers(ctx: Context) -> None:
    """The stores have nothing that was taken from its image, or never came to be one's."""
    for each in await _nobodys(ctx):
        try:
            holder = await stores(ctx.platform).get(each.store)
            await holder.remove(each.blob)
        except (DriverError, HaneulError) as problem:
            logger.warning("data was not removed", store=each.store, problem=problem.text)
            continue
        async with ctx.in_transaction() as c:
            await leftovers.kept(c.tx, each.blob, [each.store])


async def _nobodys(ctx: Context) -> list[Leftover]:
    """What may be removed now.

    The three looks see the rows at three moments. What was given to an image between the first and the
    second is neither coming nor left over any more, so only what is still written down at the third counts.
    """
    async with ctx.in_reading() as c:
        leftovers = [
            each for each in await LEFTOVERS.find(c.tx) if each.until is None or each.until <= c.now()
        ]
        if not leftovers:
            return []
        coming = await store.coming_files(c.tx)
        left = set(await LEFTOVERS.find(c.tx))
    return [each for each in leftovers if each.blob not in coming and each in left]


@reconciler(every_s=3600)
async def forget_old_tasks(ctx: Context) -> None:
    await forgetting.forget(ctx, TASKS, "expires_at", ctx.now())
