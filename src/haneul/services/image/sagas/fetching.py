"""How an import's data comes to this machine: from the stage, the web, a store, another cloud."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Busy
from haneul.kernel.errors import StaleRow
from haneul.services.identity import public as identity
from haneul.services.image import errors, web
from haneul.services.image.config import RemoteOptions, WebOptions, options
from haneul.services.image.model import imports
from haneul.services.image.model.images import Image, Stored
from haneul.services.image.model.imports import Import
from haneul.services.image.store.files import Files, Incoming
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.stores import stores
from haneul.services.image.store.tasks import TASKS

TRIES = 20
REPORT_S = 2.0
_DIGEST_PIECE = 1 << 20


class Fetched(msgspec.Struct, frozen=True):
    """A file on this machine, and what is known of it."""

    path: str
    stored: Stored


def name(asked: Import) -> str:
    """The name of the file that the import fetches."""
    return f"{asked.blob}.fetched"


async def fetch(ctx: Context, asked: Import) -> Fetched:
    """All the data is in a file on this machine."""
    files = Files(ctx.platform.folder)
    limit = options(ctx.platform.config).image_size_cap
    if asked.method == imports.DIRECT:
        if asked.staged is None:
            raise errors.DownloadFailed(why="Nothing was staged.")
        return Fetched(str(files.path(asked.staged.blob)), asked.staged)
    if asked.method == imports.COPY:
        return await _from_store(ctx, asked, limit)
    uri, rules, headers = _source(ctx, asked)
    async with web.fetched(uri, rules, headers) as body:
        if body.length is not None and body.length > limit:
            raise errors.ImageTooLarge(limit=limit)
        chunks = _reported(ctx, asked, body.chunks)
        stored = await received(ctx, name(asked), chunks, limit)
    return Fetched(str(files.path(stored.blob)), stored)


def _source(ctx: Context, asked: Import) -> tuple[str, WebOptions, dict[str, str]]:
    """The address, what it may be, and what to say there."""
    wanted = options(ctx.platform.config)
    if asked.method != imports.REMOTE:
        return asked.uri or "", wanted.web, {}
    remote = wanted.remotes.get(asked.region or "") or RemoteOptions("")
    uri = f"{remote.url.rstrip('/')}/v2/images/{asked.remote_image_id}/file"
    token = identity.mint(ctx.platform, ctx.auth)
    # the operator named this cloud, so it may be anywhere; it may only not send us elsewhere
    everywhere = ("0.0.0.0/0", "::/0")
    rules = msgspec.structs.replace(
        wanted.web, allowed_hosts=(), allowed_ports=(), private_networks=everywhere, redirects_max=0
    )
    return uri, rules, {"X-Auth-Token": token}


async def _from_store(ctx: Context, asked: Import, limit: int) -> Fetched:
    async with ctx.in_reading() as c:
        image = await IMAGES.get(c.tx, asked.image_id)
    if image is None or image.blob is None:
        raise errors.DeletedMeanwhile(image_id=asked.image_id)
    stored = Stored(
        image.blob, image.size or 0, image.checksum or "", image.os_hash_value or "", image.virtual_size
    )
    found = await stores(ctx.platform).find(image)
    if found is not None and found.path is not None:
        return Fetched(str(found.path), stored)
    chunks = _reported(ctx, asked, stores(ctx.platform).read(image, 0, stored.size))
    copied = await received(ctx, name(asked), chunks, limit)
    if copied.os_hash_value != stored.os_hash_value:
        raise errors.DownloadFailed(why="The copy in the store is not the image's data any more.")
    return Fetched(str(Files(ctx.platform.folder).path(copied.blob)), stored)


async def received(ctx: Context, name: str, chunks: AsyncIterator[bytes], limit: int) -> Stored:
    """All the chunks, hashed, in a file of that name; or no file."""
    incoming = Incoming(Files(ctx.platform.folder), name, limit=limit)
    try:
        async for chunk in chunks:
            await incoming.write(chunk)
        return await incoming.finish(None)
    except BaseException:
        await asyncio.shield(incoming.discard())
        raise


async def hashed(path: Path, name: str) -> Stored:
    """What is known of a file that is there already."""

    def look() -> Stored:
        md5, sha512, size = hashlib.md5(usedforsecurity=False), hashlib.sha512(), 0
        with path.open("rb") as file:
            while piece := file.read(_DIGEST_PIECE):
                md5.update(piece)
                sha512.update(piece)
                size += len(piece)
        return Stored(name, size, md5.hexdigest(), sha512.hexdigest(), None)

    return await asyncio.to_thread(look)


async def _reported(ctx: Context, asked: Import, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks; the task says how many came, and a deleted image ends the import."""
    now = asyncio.get_running_loop().time
    size, told = 0, now()
    async for chunk in chunks:
        size += len(chunk)
        yield chunk
        if now() - told > REPORT_S:
            told = now()
            await _report(ctx, asked, size)


async def _report(ctx: Context, asked: Import, size: int) -> None:
    async with ctx.in_transaction() as c:
        if await IMAGES.get(c.tx, asked.image_id) is None:
            raise errors.DeletedMeanwhile(image_id=asked.image_id)
        task = await TASKS.get(c.tx, asked.task_id)
        if task is not None:
            message = f"Copied {size >> 20} MiB"
            await TASKS.update(c.tx, msgspec.structs.replace(task, message=message, updated_at=c.now()))


async def changed(ctx: Context, image_id: str, change: Callable[[Image], Image]) -> Image:
    """The image after the change, committed on its own; others may be changing it too."""
    for attempt in range(TRIES):
        try:
            async with ctx.in_transaction() as c:
                image = await IMAGES.get(c.tx, image_id)
                if image is None:
                    raise errors.DeletedMeanwhile(image_id=image_id)
                return await IMAGES.update(c.tx, change(image))
        except (StaleRow, Busy):
            if attempt + 1 == TRIES:
                raise
    raise AssertionError("unreachable")
