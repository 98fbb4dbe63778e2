"""Stores: what an image is in, and taking it out of one."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.services.image import errors, policy
from haneul.services.image.events import ImageUpdated
from haneul.services.image.operations import images
from haneul.services.image.store import leftovers
from haneul.services.image.store.images import IMAGES
from haneul.services.image.store.stores import stores


def names(ctx: Context) -> list[str]:
    """The stores that data can be put into."""
    return [name for name, store in stores(ctx.platform).known.items() if not store.read_only]


async def remove_image(ctx: Context, store: str, image_id: str) -> None:
    """The store no longer has the image; another one does."""
    if store not in stores(ctx.platform).known:
        raise errors.UnknownStore(store=store)
    image = await images.show(ctx, image_id)
    whom = images.target(ctx, image, is_member=False)
    for rule in (policy.GET_IMAGE_LOCATION, policy.DELETE_IMAGE_LOCATION):
        if not ctx.may(rule.name, whom):
            raise Forbidden(action=rule.name)
    if image.status != "active":
        raise errors.NotImportable(
            why="It's not allowed to remove image data from store if image status is not 'active'"
        )
    if len(image.stores) + len(image.locations) == 1:
        raise errors.OnlyCopy
    if store not in image.stores or image.blob is None:
        raise errors.NotInStore(image_id=image_id, store=store)
    left = [name for name in image.stores if name != store]
    await IMAGES.update(ctx.tx, msgspec.structs.replace(image, stores=left, updated_at=ctx.now()))
    await leftovers.expect(ctx.tx, image.blob, [store])
    await ctx.emit(ImageUpdated(image.id))
