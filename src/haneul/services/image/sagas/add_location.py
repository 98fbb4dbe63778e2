"""Add a location: data that stays at an address is read once, to know what it is, and then left there."""

from __future__ import annotations

import asyncio
import os

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.image import errors, web
from haneul.services.image.config import options
from haneul.services.image.events import ImageActivated, ImportFailed
from haneul.services.image.model import formats, imports
from haneul.services.image.model import images as model
from haneul.services.image.model import tasks as task_model
from haneul.services.image.model.images import Location, Stored
from haneul.services.image.model.locations import HTTP
from haneul.services.image.sagas import fetching
from haneul.services.image.store.files import Files
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.tasks import TASKS


class NewLocation(msgspec.Struct, frozen=True):
    """What is added. `blob` names the file that the data is read into."""

    image_id: str
    task_id: str
    blob: str
    url: str
    os_hash_value: str | None
    declared: str | None
    """The disk format that the data must have; None: it is not looked at."""


class Seen(msgspec.Struct, frozen=True):
    stored: Stored


async def look(ctx: Context, new: NewLocation) -> Seen:
    """What the data is; DataRefused if it is not what was said of it."""
    wanted = options(ctx.platform.config)
    async with web.fetched(new.url, wanted.web) as body:
        stored = await fetching.received(ctx, new.blob, body.chunks, wanted.image_size_cap)
    if new.os_hash_value is not None and stored.os_hash_value != new.os_hash_value.lower():
        raise errors.DataRefused(why="The data does not have the hash that was given.")
    if new.declared is None:
        return Seen(stored)
    declared, path = new.declared, Files(ctx.platform.folder).path(new.blob)

    def verify() -> int | None:
        with path.open("rb") as f:
            return formats.verify(declared, lambda o, n: os.pread(f.fileno(), n, o), stored.size)

    return Seen(msgspec.structs.replace(stored, virtual_size=await asyncio.to_thread(verify)))


async def forget(ctx: Context, new: NewLocation) -> None:
    Files(ctx.platform.folder).remove(new.blob)


async def tidy(ctx: Context, new: NewLocation) -> None:
    Files(ctx.platform.folder).remove(new.blob)


async def activate(ctx: Context, new: NewLocation, seen: Seen) -> None:
    image = await IMAGES.get(ctx.tx, new.image_id)
    if image is None:
        raise errors.DeletedMeanwhile(image_id=new.image_id)
    shown = {name: text for name, text in image.properties.items() if name != imports.TASK}
    place = Location(new.url, {"store": HTTP})
    active = model.activated(image, seen.stored, [], ctx.now())
    await IMAGES.update(
        ctx.tx, msgspec.structs.replace(active, blob=None, locations=[place], properties=shown)
    )
    await _end_task(ctx, new, None)
    await ctx.emit(ImageActivated(image.id, seen.stored.size))


async def queue_again(ctx: Context, new: NewLocation, failure: Failure) -> None:
    """The image waits for other data; the task says why."""
    await _end_task(ctx, new, failure.message)
    await ctx.emit(ImportFailed(new.image_id))
    image = await IMAGES.get(ctx.tx, new.image_id)
    if image is not None:
        shown = {name: text for name, text in image.properties.items() if name != imports.TASK}
        await IMAGES.update(ctx.tx, msgspec.structs.replace(image, properties=shown, updated_at=ctx.now()))


async def _end_task(ctx: Context, new: NewLocation, failure: str | None) -> None:
    task = await TASKS.get(ctx.tx, new.task_id)
    if task is not None:
        hours = options(ctx.platform.config).task_hours
        await TASKS.update(ctx.tx, task_model.ended(task, ctx.now(), hours, failure=failure))


ADD_LOCATION = Saga(
    "image.add_location",
    input=NewLocation,
    steps=[Step(look, undo=forget, deadline_s=86400.0), Step(tidy), Step(activate)],
    on_failure=queue_again,
)
