"""End uploads whose process died, and remove files that belong to no image.

A file is made after its upload's row and removed after its image's row, so a file that no row names is
nobody's. The files are looked at before the rows: what appears in between is left alone.
"""

from __future__ import annotations

import asyncio

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.image.events import ImageDeleted
from haneul.services.image.store import images as store
from haneul.services.image.store.files import Files


@reconciler(every_s=60, nudged_by=(ImageDeleted,))
async def remove_dead_uploads(ctx: Context) -> None:
    files = Files(ctx.platform.folder)
    present = await asyncio.to_thread(files.names)
    async with ctx.in_transaction() as c:
        await store.drop_expired_uploads(c.tx, c.now())
        strays = present - await store.referenced_files(c.tx)
    for name in strays:
        await asyncio.to_thread(files.remove, name)
