"""Whether the rows of objects, the counts of containers, and the data agree."""

from __future__ import annotations

import asyncio
from pathlib import Path

from haneul.kernel.context import Context
from haneul.services.object_storage.store import objects as store
from haneul.services.object_storage.store.data import data_of

AT_ONCE = 1000


async def verify(ctx: Context) -> str | None:
    """The first thing that does not fit together; None: everything does."""
    if container := await store.miscounted(ctx.tx):
        return f"the counts of the container {container} are not those of its objects"
    if content := await store.without_content(ctx.tx):
        return f"the object of the data {content} is without it, or the data without an object"
    data = await data_of(ctx.platform)
    after = ""
    while page := await store.all_with_driver(ctx.tx, after, AT_ONCE):
        sizes = await asyncio.to_thread(_sizes, [data.path(name) for name, _ in page])
        for (name, size), there in zip(page, sizes, strict=True):
            if there != size:
                return f"the data {name} has {there} bytes, and its object {size}"
        after = page[-1][0]
    async for names in data.names():
        wanted = await store.with_driver(ctx.tx, names)
        for name in names:
            if name in wanted or (held := await data.hold(name)) is None:
                continue
            try:
                if not await store.with_driver(ctx.tx, [name]):
                    return f"the data {name} is no object's"
            finally:
                await held.let_go()
    return None


def _sizes(paths: list[Path]) -> list[int]:
    return [path.stat().st_size if path.exists() else -1 for path in paths]
