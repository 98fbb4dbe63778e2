"""Add a location: data that stays at an address.

The image is active as soon as the address answered; the data is then read once, to know its hashes and to
inspect it. An image whose data is not what was said of it is queued again.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.outside import Turns
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions
from haneul.services.image.events import ImageActivated, ImportFailed
from haneul.services.image.model import formats, imports
from haneul.services.image.model import images as model
from haneul.services.image.model import tasks as task_model
from haneul.services.image.model.images import Location, Stored
from haneul.services.image.model.locations import HTTP
from haneul.services.image.sagas import fetching
from haneul.services.image.store import web
from haneul.services.image.store.files import Files
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.tasks import TASKS


class NewLocation(msgspec.Struct, frozen=True):
    """What is added. `blob` names the file that the data is read into."""

    image_id: str
    task_id: str
    blob: str
    url: str
    os_hash_algo: str
    os_hash_value: str | None
    declared: str | None
    """The disk format that the data must have; None: it is not looked at."""


class Answered(msgspec.Struct, frozen=True):
    size: int | None


class Seen(msgspec.Struct, frozen=True):
    stored: Stored
    os_hash_value: str
    """By the algorithm that was asked for."""


async def ask(ctx: Context, new: NewLocation) -> Answered:
    """The address answers."""
    async with web.fetched(
        new.url, ctx.options(ImageOptions).web, turns=ctx.platform.keep(Turns), holder=ctx.project_id
    ) as body:
        return Answered(body.length)


async def activate(ctx: Context, new: NewLocation, answered: Answered) -> None:
    """The image's data can be had from the address; its hash is being computed."""
    image = await IMAGES.get(ctx.tx, new.image_id)
    if image is None:
        raise errors.DeletedMeanwhile(image_id=new.image_id)
    place = Location(new.url, {"store": HTTP})
    await IMAGES.change(
        ctx, image, state="active", locations=[place], size=answered.size, os_hash_algo=new.os_hash_algo
    )


async def take_back(ctx: Context, new: NewLocation) -> None:
    """The image is queued again; it names the address still, as upstream has it, until other data comes."""
    image = await IMAGES.get(ctx.tx, new.image_id)
    if image is not None:
        await IMAGES.update(ctx.tx, model.queued_again(image, ctx.now()))


async def look(ctx: Context, new: NewLocation) -> Seen:
    """What the data is; DataRefused if it is not what was said of it."""
    wanted = ctx.options(ImageOptions)
    async with web.fetched(
        new.url, wanted.web, turns=ctx.platform.keep(Turns), holder=ctx.project_id
    ) as body:
        chunks = fetching.reported(ctx, new, body.chunks)
        stored = await fetching.received(ctx, new.blob, chunks, wanted.image_size_cap)
    path = Files(ctx.platform.folder).path(new.blob)
    digest = await asyncio.to_thread(_digest, path, stored, new.os_hash_algo)
    if new.os_hash_value is not None and digest != new.os_hash_value.lower():
        raise errors.DataRefused(why="The data does not have the hash that was given.")
    if new.declared is not None:
        virtual_size = await asyncio.to_thread(_virtual_size, path, stored, new.declared)
        stored = msgspec.structs.replace(stored, virtual_size=virtual_size)
    return Seen(stored, digest)


def _digest(path: Path, stored: Stored, algorithm: str) -> str:
    if algorithm == "sha512":
        return stored.os_hash_value
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _virtual_size(path: Path, stored: Stored, declared: str) -> int | None:
    """DataRefused if the data is not what was declared."""
    with path.open("rb") as file:
        return formats.verify(declared, lambda o, n: os.pread(file.fileno(), n, o), stored.size)


async def forget(ctx: Context, new: NewLocation) -> None:
    """The file with what was read is gone."""
    Files(ctx.platform.folder).remove(new.blob)


async def tidy(ctx: Context, new: NewLocation) -> None:
    """The file with what was read is gone: the data stays where it is."""
    Files(ctx.platform.folder).remove(new.blob)


async def finish(ctx: Context, new: NewLocation, seen: Seen) -> None:
    """The image is as its data showed it to be, and its task has succeeded."""
    image = await IMAGES.get(ctx.tx, new.image_id)
    if image is None:
        raise errors.DeletedMeanwhile(image_id=new.image_id)
    shown = {name: text for name, text in image.properties.items() if name != imports.TASK}
    known = model.activated(image, seen.stored, [], ctx.now())
    await IMAGES.update(
        ctx.tx,
        msgspec.structs.replace(
            known,
            blob=None,
            locations=image.locations,
            state=image.state,
            properties=shown,
            os_hash_algo=new.os_hash_algo,
            os_hash_value=seen.os_hash_value,
        ),
    )
    await _end_task(ctx, new, None)
    await ctx.emit(ImageActivated(image.id, seen.stored.size))


async def queue_again(ctx: Context, new: NewLocation, failure: Failure) -> None:
    """The image waits for other data; the task says why."""
    await _end_task(ctx, new, failure.public_message)
    await ctx.emit(ImportFailed(new.image_id))
    image = await IMAGES.get(ctx.tx, new.image_id)
    if image is not None:
        shown = {name: text for name, text in image.properties.items() if name != imports.TASK}
        await IMAGES.change(ctx, image, properties=shown)


async def _end_task(ctx: Context, new: NewLocation, failure: str | None) -> None:
    task = await TASKS.get(ctx.tx, new.task_id)
    if task is not None:
        hours = ctx.options(ImageOptions).task_hours
        await TASKS.update(ctx.tx, task_model.ended(task, ctx.now(), hours, failure=failure))


ADD_LOCATION = Saga(
    "image.add_location",
    input=NewLocation,
    steps=[
        Step(ask),
        Step(activate, undo=take_back),
        Step(look, undo=forget, deadline_s=86400.0),
        Step(tidy),
        Step(finish),
    ],
    on_failure=queue_again,
)
