"""Stores: what an image is in, and taking it out of one."""

from __future__ import annotations

import builtins
from typing import Any, NamedTuple

from haneul.kernel.context import Context
from haneul.services.image import errors, policy
from haneul.services.image.config import StoreOptions
from haneul.services.image.events import ImageUpdated
from haneul.services.image.model.images import Image
from haneul.services.image.operations import images
from haneul.services.image.store import leftovers
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.stores import stores


class Store(NamedTuple):
    name: str
    options: StoreOptions
    is_default: bool


def list(ctx: Context) -> builtins.list[Store]:
    """The stores that the configuration names."""
    known = stores(ctx.platform)
    return [Store(name, options, name == known.default) for name, options in known.known.items()]


def properties(ctx: Context, name: str) -> dict[str, Any]:
    """What the store's driver says of it to administrators."""
    return stores(ctx.platform).built(name).properties()


def names(ctx: Context) -> builtins.list[str]:
    """The stores that data can be put into."""
    return [name for name, store in stores(ctx.platform).known.items() if not store.read_only]


async def remove_image(ctx: Context, store: str, image_id: str) -> None:
    """The store no longer has the image; another one does."""
    known = stores(ctx.platform)
    if store not in known.known:
        raise errors.UnknownStore(store=store)
    if known.knows_use(store):  # it may be slow, so it is asked before this transaction begins
        async with ctx.in_reading() as c:
            image = await _removable(c, store, image_id)
        await known.require_unused(image, [store], what="The data for Image")
    image = await _removable(ctx, store, image_id)
    left = [name for name in image.stores if name != store]
    await IMAGES.change(ctx, image, stores=left)
    if image.blob is not None:
        await leftovers.expect(ctx.tx, image.blob, [store])
    await ctx.emit(ImageUpdated(image.id))


async def _removable(ctx: Context, store: str, image_id: str) -> Image:
    """The image, which is in this store and elsewhere, and may be removed by who asks."""
    image = await images.show(ctx, image_id)
    whom = images.target(ctx, image, is_member=False)
    for rule in (policy.GET_IMAGE_LOCATION, policy.DELETE_IMAGE_LOCATION):
        ctx.authorize(rule, whom)
    if image.status != "active":
        raise errors.NotImportable(
            why="It's not allowed to remove image data from store if image status is not 'active'"
        )
    if len(image.stores) + len(image.locations) == 1:
        raise errors.OnlyCopy
    if store not in image.stores or image.blob is None:
        raise errors.NotInStore(image_id=image_id, store=store)
    return image
