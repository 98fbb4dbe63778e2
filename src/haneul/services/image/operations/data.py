"""Data of images: up, down, and from a file that is here already.

An upload is a row while it goes on, held by a lease, and a file that only becomes the image's in the one
transaction that makes the image active. Whatever breaks before that leaves the image queued and no file;
if the whole process dies, the reconciler of dead uploads does the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context, Platform
from haneul.kernel.db import Duplicate
from haneul.kernel.disks import disk_files
from haneul.kernel.errors import BadRequest, DriverError, Waiting
from haneul.services.image import errors, policy
from haneul.services.image.config import ImageOptions
from haneul.services.image.events import ImageActivated
from haneul.services.image.model import images as model
from haneul.services.image.model.images import Image, Stored
from haneul.services.image.operations import cache, images, quotas
from haneul.services.image.sagas import import_image
from haneul.services.image.store import certificates, leftovers, locations
from haneul.services.image.store import images as store
from haneul.services.image.store.files import Files, Incoming
from haneul.services.image.store.images import IMAGES, UPLOADS, Upload
from haneul.services.image.store.stores import stores

LEASE_S = 20
RENEW_S = 5


async def upload(
    ctx: Context,
    image_id: str,
    chunks: AsyncIterator[bytes],
    length: int | None,
    *,
    kind: str = "upload",
    to: str | None = None,
) -> None:
    """The image has this data and is active; with kind `stage`, it has it and waits to be imported.

    `to` is the store that gets the data, instead of the default one.
    """
    image, going_on, limit = await ctx.transact(_accept, image_id, length, kind, to)
    store_name = to or stores(ctx.platform).default
    async with _held(ctx, going_on):
        stored = await _received(ctx, image, going_on, chunks, length, limit)
        try:
            if kind == "upload":
                await _put(ctx, going_on, store_name, stored)
                await ctx.transact(_activate, going_on, stored, store_name)
            else:
                await ctx.transact(_stage, going_on, stored)
        except (errors.DeletedMeanwhile, errors.StoreUnavailable):
            Files(ctx.platform.folder).remove(stored.blob)
            raise
        # whatever else fails may have been committed: the file is left to the reconciler's judgement


async def _accept(
    ctx: Context, image_id: str, length: int | None, kind: str, to: str | None
) -> tuple[Image, Upload, int]:
    """The image, the upload that has begun, and how long its data may be."""
    rule = policy.UPLOAD_IMAGE if kind == "upload" else policy.MODIFY_IMAGE
    image = await images.find(ctx, image_id, rule)
    known = stores(ctx.platform)
    if to is not None and (to not in known.known or known.known[to].read_only):
        raise BadRequest(f"Store for identifier {to} not found")
    limit = ctx.options(ImageOptions).image_size_cap
    if length is not None and length > limit:
        raise errors.ImageTooLarge(limit=limit)
    room = await quotas.require_upload(ctx, image.owner, kind, length)
    going_on = await _begin(ctx, image, kind)
    if kind == "upload":
        await leftovers.expect(ctx.tx, going_on.id, [to or known.default])
    return image, going_on, min(limit, room or limit)


async def _received(
    ctx: Context,
    image: Image,
    going_on: Upload,
    chunks: AsyncIterator[bytes],
    length: int | None,
    limit: int,
) -> Stored:
    """All the data, complete and inspected, in a file that no image has yet; or no file at all."""
    idle_s = ctx.options(ImageOptions).idle_timeout_s
    incoming = Incoming(Files(ctx.platform.folder), going_on.id, limit=limit)
    try:
        is_upload = going_on.kind == "upload"
        signed = await certificates.expected(ctx, image.properties) if is_upload else None
        await _receive(incoming, chunks, length, idle_s)
        is_inspected = is_upload and image.container_format == "bare"
        stored = await incoming.finish(image.disk_format if is_inspected else None)
        if signed is not None:
            await certificates.require(signed, Files(ctx.platform.folder).path(stored.blob), stored)
        return stored
    except FileNotFoundError:  # the reconciler saw that nobody wants it any more
        await asyncio.shield(incoming.discard())
        raise errors.DeletedMeanwhile(image_id=image.id) from None
    except BaseException:
        await asyncio.shield(incoming.discard())
        raise


async def _begin(ctx: Context, image: Image, kind: str) -> Upload:
    """The image is saving (or uploading) from here on, and nobody else can send data into it."""
    wanted = "saving" if kind == "upload" else "uploading"
    await end_expired(ctx)
    image = await IMAGES.get(ctx.tx, image.id) or image  # its status as it is without dead uploads
    if image.status != "queued":
        raise errors.WrongStatus(current=image.status, wanted=wanted)
    if kind == "upload":
        model.require_formats(image)
    row = Upload(ctx.new_id(), image.id, kind, ctx.now() + timedelta(seconds=LEASE_S))
    try:
        return await UPLOADS.add(ctx.tx, row)
    except Duplicate:
        raise errors.WrongStatus(current=wanted, wanted=wanted) from None


async def end_expired(ctx: Context) -> int:
    """Uploads whose process died are forgotten, and their files are gone; how many there were.

    The files go before the rows do, so that at no moment a file is nobody's.
    """
    expired = await store.expired_uploads(ctx.tx, ctx.now())
    for upload_id in expired:
        await asyncio.to_thread(Files(ctx.platform.folder).remove, upload_id)
        await UPLOADS.remove(ctx.tx, id=upload_id)
    return len(expired)


@contextlib.asynccontextmanager
async def _held(ctx: Context, going_on: Upload) -> AsyncIterator[None]:
    """The upload's lease is renewed inside the block; its row is gone after it."""
    renewal = asyncio.create_task(_renew(ctx, going_on))
    try:
        yield
    except BaseException:
        await asyncio.shield(ctx.transact(_forget, going_on))
        raise
    finally:
        renewal.cancel()
        await asyncio.gather(renewal, return_exceptions=True)


async def _renew(ctx: Context, going_on: Upload) -> None:
    while True:
        await asyncio.sleep(RENEW_S)
        await ctx.transact(_prolong, going_on)


async def _prolong(ctx: Context, going_on: Upload) -> None:
    until = ctx.now() + timedelta(seconds=LEASE_S)
    await UPLOADS.update(ctx.tx, msgspec.structs.replace(going_on, until=until))


async def _forget(ctx: Context, going_on: Upload) -> None:
    await UPLOADS.remove(ctx.tx, id=going_on.id)


async def _receive(
    incoming: Incoming, chunks: AsyncIterator[bytes], length: int | None, idle_s: float
) -> None:
    """All that arrives is written; UploadTruncated if it is less than was announced, or nothing comes."""
    size = 0
    now = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(idle_s) as patience:
            seen = now()
            async for chunk in chunks:
                size += len(chunk)
                await incoming.write(chunk)
                if now() - seen > 1:
                    seen = now()
                    patience.reschedule(seen + idle_s)
    except TimeoutError:
        raise errors.UploadTruncated from None
    if length is not None and size != length:
        raise errors.UploadTruncated


async def _put(ctx: Context, going_on: Upload, name: str, stored: Stored) -> None:
    """The store has the data; a file that only waited to go there is gone."""
    files = Files(ctx.platform.folder)
    try:
        await import_image.put(ctx, name, stored, files.path(stored.blob))
    except DriverError as problem:
        if not files.path(stored.blob).exists():  # the reconciler saw that nobody wants it any more
            raise errors.DeletedMeanwhile(image_id=going_on.image_id) from None
        raise errors.StoreUnavailable(store=name, why=problem.text) from None
    kept = getattr(stores(ctx.platform).built(name), "path", None)
    if kept is None or kept(stored.blob) != files.path(stored.blob):
        files.remove(stored.blob)


async def _activate(ctx: Context, going_on: Upload, stored: Stored, store_name: str) -> None:
    """The image becomes active, unless it was deleted, or this upload given up, meanwhile."""
    image = await _of(ctx, going_on)
    image = await IMAGES.update(ctx.tx, model.activated(image, stored, [store_name], ctx.now()))
    await leftovers.kept(ctx.tx, stored.blob, [store_name])
    await UPLOADS.remove(ctx.tx, id=going_on.id)
    await ctx.emit(ImageActivated(image.id, stored.size))


async def _stage(ctx: Context, going_on: Upload, stored: Stored) -> None:
    """The data waits to be imported."""
    image = await _of(ctx, going_on)
    await IMAGES.change(ctx, image, staged=stored, size=stored.size)
    await UPLOADS.remove(ctx.tx, id=going_on.id)


async def _of(ctx: Context, going_on: Upload) -> Image:
    image = await IMAGES.get(ctx.tx, going_on.image_id)
    if image is None or await UPLOADS.get(ctx.tx, going_on.id) is None:
        raise errors.DeletedMeanwhile(image_id=going_on.image_id)
    return image


async def store_file(platform: Platform, auth: Auth, image_id: str, path: Path) -> Image:
    """The image is active with a copy of this local file as its data; one that is already is left as it is.

    For steps of sagas. `Waiting` as long as somebody else sends data: that is an earlier try of the step,
    whose process may have died.
    """
    async with platform.reading(auth) as ctx:
        status = (await images.show(ctx, image_id)).status
        if status == "saving":
            raise Waiting(what=f"image {image_id}", state=status)
        if status != "active":
            length = (await asyncio.to_thread(os.stat, path)).st_size
            await upload(ctx, image_id, disk_files.read(path, 0, length), length)
    async with platform.reading(auth) as ctx:
        return await images.show(ctx, image_id)


async def store_nothing(platform: Platform, auth: Auth, image_id: str) -> Image:
    """The queued image is active; its data is empty."""
    async with platform.reading(auth) as ctx:
        await upload(ctx, image_id, _nothing(), 0)
    async with platform.reading(auth) as ctx:
        return await images.show(ctx, image_id)


async def _nothing() -> AsyncIterator[bytes]:
    for chunk in ():
        yield chunk


class Download(NamedTuple):
    image: Image
    path: Path | None
    """Where the data is, if it is a file on this machine."""


async def download(ctx: Context, image_id: str) -> Download:
    """Where the data is, for whoever may have it; a queued image has none."""
    async with ctx.in_reading() as c:
        image = await images.find(c, image_id, policy.DOWNLOAD_IMAGE)
        if image.state == "deactivated" and not images.is_administrator(c):
            raise errors.Deactivated
    if image.state == "queued" or not (image.stores or image.locations):
        return Download(image, None)
    place = await stores(ctx.platform).find(image)
    cached = await cache.path(ctx, image) if place is None or place.path is None else None
    if place is None and cached is None and not image.locations:
        raise errors.DataMissing(image_id=image_id)
    return Download(image, cached or (place and place.path))


def read_remote(ctx: Context, image: Image, offset: int, length: int | None) -> AsyncIterator[bytes]:
    """That part of the data, from the stores that have it or the address where it stays."""
    if image.stores:
        return stores(ctx.platform).read(image, offset, length or 0)
    return locations.read(ctx.platform, image, offset, length)
