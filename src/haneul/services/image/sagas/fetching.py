"""How an import's data comes to this machine: from the stage, the web, a store, another cloud."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from haneul.kernel import races
from haneul.kernel.context import Context
from haneul.kernel.outside import Turns
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions, WebOptions
from haneul.services.image.model import images, imports
from haneul.services.image.model.images import Image, Stored
from haneul.services.image.model.imports import Import
from haneul.services.image.sagas import remotes
from haneul.services.image.store import web
from haneul.services.image.store.files import Files, Incoming
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.stores import stores
from haneul.services.image.store.tasks import TASKS

TRIES = 20
REPORT_S = 2.0
_DIGEST_PIECE = 1 << 20


class HasTask(Protocol):
    """Work on an image that a task shows."""

    @property
    def image_id(self) -> str: ...

    @property
    def task_id(self) -> str: ...


class About(msgspec.Struct, frozen=True):
    """What another cloud says of its image."""

    status: str
    disk_format: str
    container_format: str
    os_hash_algo: str | None = None
    os_hash_value: str | None = None


class Fetched(msgspec.Struct, frozen=True):
    """A file on this machine, and what is known of it."""

    path: str
    stored: Stored
    disk_format: str | None
    container_format: str | None
    properties: dict[str, str] = {}
    """What the image takes over with the data."""


def name(job: Import) -> str:
    """The name of the file that the import fetches."""
    return f"{job.blob}.fetched"


async def fetch(ctx: Context, job: Import) -> Fetched:
    """All the data is in a file on this machine."""
    files = Files(ctx.platform.folder)
    limit = ctx.options(ImageOptions).image_size_cap
    if job.method == imports.DIRECT:
        if job.staged is None:
            raise errors.DownloadFailed(why="Nothing was staged.")
        return _fetched(job, files.path(job.staged.blob), job.staged)
    if job.method == imports.COPY:
        return await _from_store(ctx, job, limit)
    if job.method == imports.REMOTE:
        return await _from_remote(ctx, job, limit)
    stored = await _from_web(ctx, job, job.uri or "", ctx.options(ImageOptions).web, {}, limit)
    return _fetched(job, files.path(stored.blob), stored)


def _fetched(job: Import, path: Path, stored: Stored) -> Fetched:
    return Fetched(str(path), stored, job.disk_format, job.container_format)


async def _from_web(
    ctx: Context, job: Import, uri: str, rules: WebOptions, headers: dict[str, str], limit: int
) -> Stored:
    async with web.fetched(
        uri, rules, headers, turns=ctx.platform.keep(Turns), holder=ctx.project_id
    ) as body:
        if body.length is not None and body.length > limit:
            raise errors.ImageTooLarge(limit=limit)
        return await received(ctx, name(job), reported(ctx, job, body.chunks), limit)


async def _from_remote(ctx: Context, job: Import, limit: int) -> Fetched:
    """The other cloud's image: its data, its formats, and the properties that go with them."""
    region = job.region or ""
    url = await remotes.image_url(ctx, region, job.interface, job.remote_image_id or "")
    # the operator named this cloud, so it may be anywhere; it may only not send us elsewhere
    rules = msgspec.structs.replace(
        ctx.options(ImageOptions).web,
        allowed_hosts=(),
        refused_hosts=(),
        allowed_ports=(),
        refused_ports=(),
        private_networks=("0.0.0.0/0", "::/0"),
        redirects_max=0,
    )
    headers = {"X-Auth-Token": await remotes.token(ctx, region)}
    async with web.fetched(
        url, rules, headers, turns=ctx.platform.keep(Turns), holder=ctx.project_id
    ) as body:
        document = b"".join([piece async for piece in body.chunks])
    about, properties = _understood(document)
    if about.status != "active":
        why = f"Source image status should be active instead of {about.status}"
        raise errors.DownloadFailed(why=why)
    stored = await _from_web(ctx, job, f"{url}/file", rules, headers, limit)
    if about.os_hash_algo == "sha512" and about.os_hash_value != stored.os_hash_value:
        raise errors.DownloadFailed(why="The data is not what the other cloud says.")
    path = Files(ctx.platform.folder).path(stored.blob)
    return Fetched(str(path), stored, about.disk_format, about.container_format, properties)


def _understood(document: bytes) -> tuple[About, dict[str, str]]:
    """The other cloud's image, and those of its properties that are taken over."""
    try:
        shown = msgspec.json.decode(document, type=dict[str, Any])
        about = msgspec.convert(shown, About)
        checked = {n: images.checked(n, getattr(about, n)) for n in ("disk_format", "container_format")}
        kept = {n: images.checked(n, v) for n, v in shown.items() if n.startswith(imports.COPIED_FROM_REMOTE)}
    except (msgspec.DecodeError, errors.InvalidImage) as problem:
        raise errors.DownloadFailed(why=f"The other cloud answered what is no image: {problem}") from None
    return msgspec.structs.replace(about, **checked), kept


async def _from_store(ctx: Context, job: Import, limit: int) -> Fetched:
    async with ctx.in_reading() as c:
        image = await IMAGES.get(c.tx, job.image_id)
    if image is None or image.blob is None:
        raise errors.DeletedMeanwhile(image_id=job.image_id)
    stored = Stored(
        image.blob, image.size or 0, image.checksum or "", image.os_hash_value or "", image.virtual_size
    )
    place = await stores(ctx.platform).find(image)
    if place is not None and place.path is not None:
        return _fetched(job, place.path, stored)
    chunks = reported(ctx, job, stores(ctx.platform).read(image, 0, stored.size))
    copied = await received(ctx, name(job), chunks, limit)
    if copied.os_hash_value != stored.os_hash_value:
        raise errors.DownloadFailed(why="The copy in the store is not the image's data any more.")
    return _fetched(job, Files(ctx.platform.folder).path(copied.blob), stored)


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


async def reported(ctx: Context, job: HasTask, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks; the task says how many came, and a deleted image ends the import."""
    now = asyncio.get_running_loop().time
    size, reported_at = 0, now()
    async for chunk in chunks:
        size += len(chunk)
        yield chunk
        if now() - reported_at > REPORT_S:
            reported_at = now()
            await _report(ctx, job, size)


async def _report(ctx: Context, job: HasTask, size: int) -> None:
    async with ctx.in_transaction() as c:
        if await IMAGES.get(c.tx, job.image_id) is None:
            raise errors.DeletedMeanwhile(image_id=job.image_id)
        task = await TASKS.get(c.tx, job.task_id)
        if task is not None:
            message = f"Copied {size >> 20} MiB"
            await TASKS.change(c, task, message=message)


async def changed(ctx: Context, image_id: str, change: Callable[[Image], Image]) -> Image:
    """The image after the change, committed on its own; others may be changing it too."""

    async def written() -> Image:
        async with ctx.in_transaction() as c:
            image = await IMAGES.get(c.tx, image_id)
            if image is None:
                raise errors.DeletedMeanwhile(image_id=image_id)
            return await IMAGES.update(c.tx, change(image))

    return await races.won(written, tries=TRIES)
