"""The cache: copies of images on this machine, so that a slow or silent store is not asked each time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from haneul.kernel.context import Context
from haneul.services.image import errors, policy
from haneul.services.image.config import ImageOptions
from haneul.services.image.model import cached as model
from haneul.services.image.model.cached import CachedImage
from haneul.services.image.model.images import Image
from haneul.services.image.operations import images
from haneul.services.image.sagas.cache_image import CACHE_IMAGE, ToCache
from haneul.services.image.store import cached as store
from haneul.services.image.store.cached import CACHED
from haneul.services.image.store.images import IMAGES


async def listed(ctx: Context) -> list[CachedImage]:
    """What is cached or queued on this machine."""
    ctx.authorize(policy.CACHE_LIST, {})
    return await CACHED.find(ctx.tx, node=store.node())


async def nodes(ctx: Context, image_id: str) -> list[str]:
    """The machines where the image is cached."""
    ctx.authorize(policy.LIST_CACHED_NODES, {})
    await images.show(ctx, image_id)
    return [copy.node for copy in await CACHED.find(ctx.tx, image_id=image_id) if copy.is_ready]


async def queue(ctx: Context, image_id: str) -> None:
    """The image is on its way into the cache; fine if it is there."""
    image = await images.show(ctx, image_id)
    ctx.authorize(policy.CACHE_IMAGE, {})
    if image.status != "active":
        raise errors.BadImport(why="Only images with status active can be targeted for queueing")
    await _queue(ctx, image)


async def _queue(ctx: Context, image: Image) -> None:
    node = store.node()
    if await CACHED.get(ctx.tx, node, image.id) is not None:
        return
    now = ctx.now()
    await CACHED.add(ctx.tx, CachedImage(node, image.id, False, 0, "", 0, now, now, now))
    await ctx.start(CACHE_IMAGE, ToCache(image.id, node), resource=f"image-cache/{image.id}")


async def path(ctx: Context, image: Image) -> Path | None:
    """The copy of an image, if there is one; reading it counts, and keeps it longer."""
    path = store.path(ctx.platform, image.id)
    if not path.is_file():
        return None
    return path if await ctx.transact(_note_use, image.id) else None


async def _note_use(ctx: Context, image_id: str) -> bool:
    """The copy was read once more; False if there is none yet."""
    copy = await CACHED.get(ctx.tx, store.node(), image_id)
    if copy is None or not copy.is_ready:
        return False
    await CACHED.update(ctx.tx, msgspec.structs.replace(copy, hits=copy.hits + 1, last_accessed=ctx.now()))
    return True


async def remove(ctx: Context, image_id: str) -> None:
    """The image is neither cached nor queued."""
    if await CACHED.get(ctx.tx, store.node(), image_id) is None:
        await images.show(ctx, image_id)
    ctx.authorize(policy.CACHE_DELETE, {})
    await _remove(ctx, [image_id])


async def clear(ctx: Context, *, copies: bool, queued: bool) -> None:
    """Nothing is cached, or nothing queued, or neither."""
    ctx.authorize(policy.CACHE_DELETE, {})
    cached = await CACHED.find(ctx.tx, node=store.node())
    await _remove(ctx, [c.image_id for c in cached if (copies if c.is_ready else queued)])


async def clean(ctx: Context) -> None:
    """Copies without a file, and files without a copy, are gone."""
    ctx.authorize(policy.CACHE_CLEAN, {})
    await tidy(ctx)


async def tidy(ctx: Context) -> None:
    """What the cache's rows say is in its folder, and nothing else; copies of images that are gone are gone."""
    copies = {c.image_id: c for c in await CACHED.find(ctx.tx, node=store.node())}
    folder = store.folder(ctx.platform)
    present = {p.name for p in folder.iterdir() if not p.name.startswith(".")} if folder.is_dir() else set()
    alive = {image.id for image in await IMAGES.among(ctx.tx, "id", copies)}
    broken = [i for i, copy in copies.items() if i not in alive or (copy.is_ready and i not in present)]
    await _remove(ctx, [*broken, *(present - copies.keys())])


async def prune(ctx: Context) -> tuple[int, int]:
    """The copies fit into the size that they may have; how many went, and their bytes."""
    ctx.authorize(policy.CACHE_PRUNE, {})
    return await shrink(ctx)


async def shrink(ctx: Context) -> tuple[int, int]:
    """The cache is no larger than it may be: (copies that went, their bytes), those first that nobody read for longest."""
    copies = await CACHED.find(ctx.tx, node=store.node())
    gone = model.surplus(copies, ctx.options(ImageOptions).cache_size_max)
    await _remove(ctx, [c.image_id for c in gone])
    return len(gone), sum(c.size for c in gone)


async def forget_unread(ctx: Context, since: datetime) -> None:
    """Copies that nobody read since then are gone."""
    copies = await CACHED.find(ctx.tx, node=store.node())
    await _remove(ctx, [c.image_id for c in copies if c.is_ready and c.last_accessed < since])


async def _remove(ctx: Context, image_ids: Iterable[str]) -> None:
    ids = list(image_ids)
    for image_id in ids:
        await CACHED.remove(ctx.tx, node=store.node(), image_id=image_id)

    def unlink() -> None:
        for image_id in ids:
            store.path(ctx.platform, image_id).unlink(missing_ok=True)

    ctx.tx.after_commit(unlink)
