"""Import: data comes from where the method says, is made fit, and goes into the stores that were asked for.

    begin ─ fetch ─ unpack ─ inspect ─ convert ─ deliver ─ tidy ─ finish

Up to `deliver` everything happens in files on this machine, hashed as they are written, so a store only ever
gets data that was accepted. `deliver` commits after each store: the image is active from the first one on,
and its properties show which are still to come and which failed. What fails later takes all of that back.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions
from haneul.services.image.events import ImageActivated, ImportFailed
from haneul.services.image.model import formats
from haneul.services.image.model import images as model
from haneul.services.image.model import tasks as task_model
from haneul.services.image.model.images import Image, Stored
from haneul.services.image.model.imports import FAILED, IMPORTING, TASK, Import
from haneul.services.image.sagas import fetching
from haneul.services.image.sagas.fetching import Fetched
from haneul.services.image.store import certificates, conversions, leftovers
from haneul.services.image.store import images as store
from haneul.services.image.store.files import Files
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.stores import stores
from haneul.services.image.store.tasks import TASKS

DAY_S = 86400.0


class Unpacked(msgspec.Struct, frozen=True):
    path: str
    stored: Stored
    is_unpacked: bool = False


class Inspected(msgspec.Struct, frozen=True):
    virtual_size: int | None


class Converted(msgspec.Struct, frozen=True):
    path: str
    stored: Stored
    disk_format: str | None
    container_format: str | None


class Delivered(msgspec.Struct, frozen=True):
    stores: list[str]
    failed: list[str]


async def begin(ctx: Context, job: Import) -> None:
    """The task is on its way; whatever the stores will hold is nobody's yet."""
    task = await TASKS.get(ctx.tx, job.task_id)
    if task is not None and task.status == "pending":
        await TASKS.change(ctx, task, status="processing")
    await leftovers.expect(ctx.tx, job.blob, job.stores)


async def fetch(ctx: Context, job: Import) -> Fetched:
    """All the data is in a file on this machine."""
    return await fetching.fetch(ctx, job)


async def forget_fetched(ctx: Context, job: Import) -> None:
    """That file is gone."""
    Files(ctx.platform.folder).remove(fetching.name(job))


async def unpack(ctx: Context, job: Import, fetched: Fetched) -> Unpacked:
    """What was inside, if the data came packed and the cloud unpacks it."""
    wanted = ctx.options(ImageOptions)
    path = Path(fetched.path)
    kind = None
    if wanted.plugins.decompress and not job.is_copy:
        kind = await asyncio.to_thread(conversions.packing, path)
    if kind is None:
        return Unpacked(fetched.path, fetched.stored)
    inside = conversions.unpacked(
        path, kind, size_max=wanted.image_size_cap, ratio_max=wanted.plugins.unpacked_ratio_max
    )

    async def chunks():
        while piece := await asyncio.to_thread(next, inside, b""):
            yield piece

    stored = await fetching.received(ctx, f"{job.blob}.unpacked", chunks(), wanted.image_size_cap)
    files = Files(ctx.platform.folder)
    return Unpacked(str(files.path(stored.blob)), stored, True)


async def forget_unpacked(ctx: Context, job: Import) -> None:
    """The file with what was inside is gone."""
    Files(ctx.platform.folder).remove(f"{job.blob}.unpacked")


async def inspect(ctx: Context, job: Import, fetched: Fetched, data: Unpacked) -> Inspected:
    """Look at the data; DataRefused if it is not what was declared, SignatureWrong if not what was signed."""
    await _require_signed(ctx, job, data)
    container = fetched.container_format
    is_disk = container == "bare" or (container == "compressed" and data.is_unpacked)
    if job.is_copy or not is_disk:
        return Inspected(job.virtual_size if job.is_copy else None)
    declared, size = fetched.disk_format or "raw", data.stored.size

    def verify() -> int | None:
        with Path(data.path).open("rb") as f:
            return formats.verify(declared, lambda o, n: os.pread(f.fileno(), n, o), size)

    return Inspected(await asyncio.to_thread(verify))


async def _require_signed(ctx: Context, job: Import, data: Unpacked) -> None:
    async with ctx.in_reading() as c:
        image = await IMAGES.get(c.tx, job.image_id)
    signed = None if image is None or job.is_copy else await certificates.expected(ctx, image.properties)
    if signed is not None:
        await certificates.require(signed, Path(data.path), data.stored)


async def convert(
    ctx: Context, job: Import, fetched: Fetched, data: Unpacked, inspected: Inspected
) -> Converted:
    """The data in the format that the cloud wants its images in. Only what was inspected is opened."""
    wanted = ctx.options(ImageOptions).plugins.convert_to
    declared = fetched.disk_format
    container = "bare" if data.is_unpacked else fetched.container_format
    is_fit = job.is_copy or not wanted or declared == wanted
    if is_fit or inspected.virtual_size is None or declared not in conversions.QEMU_NAMES:
        return Converted(data.path, data.stored, declared, container)
    if inspected.virtual_size > ctx.options(ImageOptions).image_size_cap:
        raise errors.DataRefused(why="The disk inside is larger than images may be.")
    name = f"{job.blob}.converted"
    path = Files(ctx.platform.folder).path(name)
    await conversions.converted(Path(data.path), declared, path, wanted, timeout_s=DAY_S)
    return Converted(str(path), await fetching.hashed(path, name), wanted, container)


async def forget_converted(ctx: Context, job: Import) -> None:
    """The file in the other format is gone."""
    Files(ctx.platform.folder).remove(f"{job.blob}.converted")


async def deliver(ctx: Context, job: Import, data: Converted, inspected: Inspected) -> Delivered:
    """The stores have the data, and the image is active with those that do."""
    done: list[str] = []
    failed: list[str] = []
    stored = msgspec.structs.replace(data.stored, blob=job.blob, virtual_size=inspected.virtual_size)
    for name in job.stores:
        try:
            await put(ctx, name, stored, Path(data.path))
            done.append(name)
        except DriverError:
            if job.all_must_succeed:
                await _note(ctx, job, None, [*failed, name])
                raise
            failed.append(name)
        await _note(ctx, job, (data, stored, name) if name in done else None, failed)
    if not done:
        raise DriverError("None of the uploads finished!")
    return Delivered(done, failed)


async def put(ctx: Context, name: str, stored: Stored, path: Path) -> None:
    """The store has the data under the blob's name, shared with an equal image where it can be."""
    async with ctx.in_reading() as c:
        same = await store.twin(c.tx, stored, name)
    holder = await stores(ctx.platform).get(name)
    await holder.put(stored.blob, path, same_as=same)


async def _note(
    ctx: Context, job: Import, delivered: tuple[Converted, Stored, str] | None, failed: list[str]
) -> None:
    """The image shows how far the import is."""

    def change(image: Image) -> Image:
        ended = [*image.stores, *failed] if delivered is None else [*image.stores, *failed, delivered[2]]
        left = [name for name in job.stores if name not in ended]
        shown = {**image.properties, IMPORTING: ",".join(left), FAILED: ",".join(failed)}
        if delivered is not None:
            image = _with_data(image, job, *delivered)
        return msgspec.structs.replace(image, properties=shown, updated_at=ctx.now())

    await fetching.changed(ctx, job.image_id, change)


def _with_data(image: Image, job: Import, data: Converted, stored: Stored, name: str) -> Image:
    holders = [*(n for n in image.stores if n != name), name]
    if job.is_copy:
        return msgspec.structs.replace(image, stores=holders)
    formatted = msgspec.structs.replace(
        image, disk_format=data.disk_format, container_format=data.container_format
    )
    return model.activated(formatted, stored, holders, image.updated_at)


async def withdraw(ctx: Context, job: Import) -> None:
    """The image has nothing of this import; what the stores have of it is nobody's."""
    await leftovers.expect(ctx.tx, job.blob, job.stores)
    image = await IMAGES.get(ctx.tx, job.image_id)
    if image is None:
        return
    left = [name for name in image.stores if name not in job.stores]
    if job.is_copy:
        await IMAGES.update(ctx.tx, msgspec.structs.replace(image, stores=left))
    elif image.blob == job.blob:
        await IMAGES.update(
            ctx.tx,
            msgspec.structs.replace(
                model.queued_again(image, ctx.now()),
                disk_format=job.disk_format,
                container_format=job.container_format,
                staged=image.staged,
            ),
        )


async def tidy(ctx: Context, job: Import, delivered: Delivered) -> None:
    """No file is left that only the import needed."""
    files = Files(ctx.platform.folder)
    needed = [fetching.name(job), f"{job.blob}.unpacked", f"{job.blob}.converted"]
    for name in needed if job.staged is None else [*needed, job.staged.blob]:
        files.remove(name)


async def finish(ctx: Context, job: Import, fetched: Fetched, delivered: Delivered) -> None:
    """The image is no longer being imported, and the task says so."""
    await leftovers.kept(ctx.tx, job.blob, delivered.stores)
    image = await IMAGES.get(ctx.tx, job.image_id)
    if image is None:
        raise errors.DeletedMeanwhile(image_id=job.image_id)
    shown = {name: text for name, text in image.properties.items() if name != TASK}
    shown |= {IMPORTING: "", FAILED: ",".join(delivered.failed), **fetched.properties, **job.injected}
    await IMAGES.change(ctx, image, properties=shown)
    await _end_task(ctx, job, None)
    if not job.is_copy:
        await ctx.emit(ImageActivated(image.id, image.size or 0))


async def queue_again(ctx: Context, job: Import, failure: Failure) -> None:
    """The image waits for other data, or has what it had before; the task says why."""
    await _end_task(ctx, job, failure.public_message)
    await ctx.emit(ImportFailed(job.image_id))
    image = await IMAGES.get(ctx.tx, job.image_id)
    if image is None:
        return
    shown = {name: text for name, text in image.properties.items() if name != TASK}
    shown[FAILED] = shown.get(FAILED) or ",".join(job.stores)
    shown[IMPORTING] = ""
    if not job.is_copy and image.staged is not None:
        image = msgspec.structs.replace(image, staged=None, size=None)
    await IMAGES.change(ctx, image, properties=shown)


async def _end_task(ctx: Context, job: Import, failure: str | None) -> None:
    task = await TASKS.get(ctx.tx, job.task_id)
    if task is not None:
        hours = ctx.options(ImageOptions).task_hours
        await TASKS.update(ctx.tx, task_model.ended(task, ctx.now(), hours, failure=failure))


IMPORT_IMAGE = Saga(
    "image.import_image",
    input=Import,
    steps=[
        Step(begin),
        Step(fetch, undo=forget_fetched, deadline_s=DAY_S),
        Step(unpack, undo=forget_unpacked, deadline_s=DAY_S),
        Step(inspect),
        Step(convert, undo=forget_converted, deadline_s=DAY_S),
        Step(deliver, undo=withdraw, deadline_s=DAY_S),
        Step(tidy),
        Step(finish),
    ],
    on_failure=queue_again,
)
