"""Locations: where an image's data is, and addresses at which it may stay."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.services.image import errors, policy
from haneul.services.image.config import ImageOptions
from haneul.services.image.model import imports, web_addresses
from haneul.services.image.model import tasks as task_model
from haneul.services.image.model.locations import Validation
from haneul.services.image.operations import images, relocation
from haneul.services.image.operations.imports import add_task
from haneul.services.image.sagas.add_location import ADD_LOCATION, NewLocation
from haneul.services.image.store.images import IMAGES


async def listed(ctx: Context, image_id: str) -> list[dict[str, Any]]:
    """Where the image's data is, for who may know."""
    image = await images.show(ctx, image_id)
    ctx.authorize(policy.FETCH_IMAGE_LOCATION, images.target(ctx, image, is_member=False))
    return relocation.of(ctx, image)


async def add(ctx: Context, image_id: str, url: str, validation: Validation) -> None:
    """The queued image is on its way to have its data at this address; it is read once, to hash it."""
    image = await images.show(ctx, image_id)
    if image.status != "queued":
        raise errors.NotImportable(
            why=f"It's not allowed to add locations if image status is {image.status}."
        )
    ctx.authorize(policy.ADD_IMAGE_LOCATION, images.target(ctx, image, is_member=False))
    relocation.require_http(ctx)
    web_addresses.checked(url, ctx.options(ImageOptions).web)
    if imports.TASK in image.properties:
        raise errors.NotImportable(why="Image has active task")
    input = {"image_id": image.id, "loc_url": url, "validation_data": msgspec.to_builtins(validation)}
    task = await add_task(ctx, task_model.LOCATION, image.id, input)
    shown = {**image.properties, imports.TASK: task.id}
    await IMAGES.change(ctx, image, properties=shown)
    declared = image.disk_format if image.container_format == "bare" else None
    await ctx.start(
        ADD_LOCATION,
        NewLocation(
            image.id,
            task.id,
            ctx.new_id(),
            url,
            validation.os_hash_algo or "sha512",
            validation.os_hash_value,
            declared,
        ),
        resource=image.id,
    )
