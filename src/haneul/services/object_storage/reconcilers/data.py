"""Remove data that is no object's, and objects whose time has passed.

A row that loses its data says so in the transaction that takes it away, and the data stays a while for those who read
it. Data that no row speaks of, and nobody holds, was left by somebody who died before the row was written.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.object_storage.config import ObjectStorageOptions
from haneul.services.object_storage.operations import objects
from haneul.services.object_storage.store import objects as store
from haneul.services.object_storage.store.data import data_of
from haneul.services.object_storage.store.objects import REMOVED

AT_ONCE = 200
ALL_EVERY = timedelta(hours=1)


@reconciler(every_s=20)
async def remove_old_data(ctx: Context) -> None:
    """Data whose object is gone for long enough is gone too."""
    data = await data_of(ctx.platform)
    before = ctx.now() - timedelta(seconds=ctx.options(ObjectStorageOptions).removed_data_s)
    while True:
        async with ctx.in_reading() as c:
            old = await store.removed(c.tx, before, AT_ONCE)
        for each in old:
            await data.remove(each.data)
        if old:
            async with ctx.in_transaction() as c:
                for each in old:
                    await REMOVED.remove(c.tx, data=each.data)
        if len(old) < AT_ONCE:
            return


class _LastLook:
    """When this process last looked at all data."""

    at: datetime | None = None


@reconciler(every_s=30)
async def remove_stray_data(ctx: Context) -> None:
    """Data that no row speaks of, and nobody is writing, is gone.

    What is not complete is looked at each time; all of it by a new process, and then once an hour.
    """
    data = await data_of(ctx.platform)
    last, now = ctx.platform.keep(_LastLook), ctx.now()
    is_coming = last.at is not None and now - last.at < ALL_EVERY
    if not is_coming:
        last.at = now
    async for names in data.names(is_coming=is_coming):
        async with ctx.in_reading() as c:
            wanted = await store.with_driver(c.tx, names)
        for name in names:
            if name in wanted or (held := await data.hold(name)) is None:
                continue
            try:
                async with ctx.in_reading() as c:  # its writer may have been done between the two looks
                    is_wanted = bool(await store.with_driver(c.tx, [name]))
                if not is_wanted:
                    await held.remove()
            finally:
                await held.let_go()


@reconciler(every_s=10)
async def remove_expired_objects(ctx: Context) -> None:
    """Objects whose time has passed are gone."""
    now_s = int(ctx.now().timestamp())
    while True:
        async with ctx.in_reading() as c:
            expired = await store.expired(c.tx, now_s, AT_ONCE)
        names: dict[str, list[str]] = {}
        for thing in expired:
            names.setdefault(thing.container_id, []).append(thing.name)
        for container_id, each in names.items():
            await ctx.transact(objects.remove_expired, container_id, each)
        if len(expired) < AT_ONCE:
            return
