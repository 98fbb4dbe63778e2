"""Import staged data: it is inspected and becomes the image's own, or the image is queued again.

The data was hashed when it was staged, and stays in the file it is in.
"""

from __future__ import annotations

import asyncio
import os

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.image import errors
from haneul.services.image.events import ImageActivated
from haneul.services.image.model import formats
from haneul.services.image.model import images as model
from haneul.services.image.model.images import Stored
from haneul.services.image.store.files import Files
from haneul.services.image.store.images import IMAGES


class StagedImage(msgspec.Struct, frozen=True):
    """What is imported."""

    image_id: str
    stored: Stored
    declared: str | None
    """The disk format that the data must have; None: it is not looked at."""


class Inspected(msgspec.Struct, frozen=True):
    virtual_size: int | None


async def inspect(ctx: Context, staged: StagedImage) -> Inspected:
    """Look at the data; DataRefused if it is not what was declared."""
    if staged.declared is None:
        return Inspected(None)
    path = Files(ctx.platform.folder).path(staged.stored.blob)
    declared, size = staged.declared, staged.stored.size

    def verify() -> int | None:
        with path.open("rb") as f:
            return formats.verify(declared, lambda o, n: os.pread(f.fileno(), n, o), size)

    return Inspected(await asyncio.to_thread(verify))


async def activate(ctx: Context, staged: StagedImage, inspected: Inspected) -> None:
    image = await IMAGES.get(ctx.tx, staged.image_id)
    if image is None:
        raise errors.DeletedMeanwhile(image_id=staged.image_id)
    if image.blob == staged.stored.blob:
        return  # done before
    stored = msgspec.structs.replace(staged.stored, virtual_size=inspected.virtual_size)
    await IMAGES.update(ctx.tx, model.activated(image, stored, ctx.now()))
    await ctx.emit(ImageActivated(image.id, stored.size))


async def queue_again(ctx: Context, staged: StagedImage, failure: Failure) -> None:
    """The image waits for other data; the file belongs to nobody now, and the reconciler removes it."""
    image = await IMAGES.get(ctx.tx, staged.image_id)
    if image is not None and image.staged is not None:
        changed = msgspec.structs.replace(image, staged=None, size=None, updated_at=ctx.now())
        await IMAGES.update(ctx.tx, changed)


IMPORT_IMAGE = Saga(
    "image.import_image",
    input=StagedImage,
    steps=[Step(inspect), Step(activate)],
    on_failure=queue_again,
)
