"""Cache an image: a verified copy of its data lies ready on this machine."""

from __future__ import annotations

import asyncio
import hashlib

import msgspec

from haneul.kernel import whole_files
from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.image import errors
from haneul.services.image.store import cached, locations
from haneul.services.image.store.cached import CACHED
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.stores import stores


class ToCache(msgspec.Struct, frozen=True):
    image_id: str
    node: str


async def fetch(ctx: Context, wanted: ToCache) -> None:
    """The copy is complete under its name, or not there."""
    async with ctx.in_reading() as c:
        image = await IMAGES.get(c.tx, wanted.image_id)
    if image is None or image.state != "active":
        raise errors.ImageNotFound(image_id=wanted.image_id)
    folder = cached.folder(ctx.platform)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = cached.path(ctx.platform, image.id)
    digest = hashlib.new(image.os_hash_algo or "sha512")
    size = image.size or 0
    if image.stores:
        chunks = stores(ctx.platform).read(image, 0, size)
    else:
        chunks = locations.read(ctx.platform, image, 0, image.size)
    async with whole_files.making_slowly(target, part=target.with_name(f".{image.id}.part")) as part:
        with part.open("wb") as file:
            async for piece in chunks:
                await asyncio.to_thread(digest.update, piece)
                await asyncio.to_thread(file.write, piece)
        if image.os_hash_value and digest.hexdigest() != image.os_hash_value:
            raise errors.DownloadFailed(why="The data is not what the image says.")


async def forget(ctx: Context, wanted: ToCache) -> None:
    """The copy's file is gone."""
    cached.path(ctx.platform, wanted.image_id).unlink(missing_ok=True)


async def mark_ready(ctx: Context, wanted: ToCache) -> None:
    """The copy may be read in place of the store's."""
    image = await IMAGES.get(ctx.tx, wanted.image_id)
    copy = await CACHED.get(ctx.tx, wanted.node, wanted.image_id)
    if image is None or copy is None:
        raise errors.ImageNotFound(image_id=wanted.image_id)
    if not copy.is_ready:
        await CACHED.update(
            ctx.tx,
            msgspec.structs.replace(
                copy,
                is_ready=True,
                size=image.size or 0,
                checksum=image.checksum or "",
                last_accessed=ctx.now(),
                last_modified=ctx.now(),
            ),
        )


async def give_up(ctx: Context, wanted: ToCache, failure: Failure) -> None:
    """Nobody waits for the copy: the image is read from its store."""
    await CACHED.remove(ctx.tx, node=wanted.node, image_id=wanted.image_id)


CACHE_IMAGE = Saga(
    "image.cache_image",
    input=ToCache,
    steps=[Step(fetch, undo=forget, deadline_s=86400.0), Step(mark_ready)],
    on_failure=give_up,
)
