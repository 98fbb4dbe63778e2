"""What other services may use of images."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context, Platform
from haneul.kernel.db import Filter, Sort
from haneul.kernel.disks.disk_image import ImageSource
from haneul.kernel.errors import HaneulError
from haneul.services.identity import public as identity
from haneul.services.image.errors import ImageInUse, ImageNotFound, LimitExceeded, Protected
from haneul.services.image.events import ImageActivated, ImageDeleted
from haneul.services.image.model.images import Image
from haneul.services.image.operations import data, images, members, metadef_catalogue, verification
from haneul.services.image.store.stores import stores

__all__ = [
    "IMAGE_REFUSALS",
    "Image",
    "ImageActivated",
    "ImageDeleted",
    "ImageNotFound",
    "create_queued",
    "delete",
    "discard",
    "ensure_definitions",
    "get",
    "page",
    "share",
    "source",
    "store_file",
    "store_nothing",
    "verify",
]

IMAGE_REFUSALS: tuple[type[HaneulError], ...] = (ImageNotFound, Protected, ImageInUse, LimitExceeded)
"""What calls of this door can fail with: who hands it on to a caller declares it."""


async def get(ctx: Context, image_id: str) -> Image:
    """The image, if the asker may see it; ImageNotFound otherwise."""
    return await images.show(ctx, image_id)


async def page(
    ctx: Context,
    filters: Sequence[Filter],
    *,
    properties: Sequence[tuple[str, str]] = (),
    sort: Sequence[Sort],
    marker: str | None,
    limit: int,
) -> list[Image]:
    """One page of the images that the asker sees."""
    return await images.listed(ctx, filters, properties=properties, sort=sort, marker=marker, limit=limit)


async def delete(ctx: Context, image_id: str) -> None:
    """The image is gone, if the asker may delete it."""
    await images.delete(ctx, image_id)


def source(ctx: Context, image: Image) -> ImageSource:
    """Where a host finds the data of an active image: a file, or our own API where no store keeps files."""
    if not image.stores and not image.locations:
        raise ImageNotFound(f"Image {image.id} has no data.", image_id=image.id)
    path = stores(ctx.platform).local_path(image)
    url = None if path else f"{ctx.endpoint}/image/v2/images/{image.id}/file"
    return ImageSource(
        format=image.disk_format or "raw",
        path=str(path) if path else None,
        url=url,
        token=identity.mint(ctx.platform, ctx.auth) if url else None,
        checksum=image.os_hash_value,
        checksum_algorithm=image.os_hash_algo or "sha512",
        size_bytes=image.size,
    )


async def create_queued(
    ctx: Context,
    name: str | None,
    disk_format: str,
    container_format: str = "bare",
    properties: dict[str, str] | None = None,
    *,
    visibility: str = "shared",
    min_disk: int = 0,
    min_ram: int = 0,
    tags: list[str] | None = None,
    protected: bool = False,
) -> Image:
    """A new image of the asker's project that waits for its data, as part of the caller's transaction."""
    return await images.create(
        ctx,
        {
            **(properties or {}),
            "name": name,
            "disk_format": disk_format,
            "container_format": container_format,
            "visibility": visibility,
            "min_disk": min_disk,
            "min_ram": min_ram,
            "tags": tags or [],
            "protected": protected,
        },
    )


async def discard(ctx: Context, image_id: str) -> None:
    """The image is gone, whatever it was waiting for; fine if it was gone before."""
    with contextlib.suppress(ImageNotFound):
        await images.delete(ctx, image_id)


async def store_file(platform: Platform, auth: Auth, image_id: str, path: Path) -> Image:
    """The image is active with a copy of this local file as its data, if it is not yet: for a saga's step.

    Opens its own transactions; raises `Waiting` while an earlier try, perhaps of a dead process, holds it.
    """
    return await data.store_file(platform, auth, image_id, Path(path))


async def store_nothing(platform: Platform, auth: Auth, image_id: str) -> Image:
    """The queued image is active with no data at all; opens its own transactions."""
    return await data.store_nothing(platform, auth, image_id)


async def share(ctx: Context, image_id: str, project_id: str) -> None:
    """The project may use the shared image."""
    await members.add(ctx, image_id, project_id)


async def ensure_definitions(ctx: Context, owner: str) -> None:
    """The usual metadata definitions are there, unless the cloud has had them before."""
    await metadef_catalogue.ensure(ctx, owner)


async def verify(ctx: Context) -> str | None:
    """What does not fit together among images, their data and the work on them; None: everything does."""
    return await verification.verify(ctx)
