"""/v2/stores"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Routes
from haneul.services.image import errors, policy
from haneul.services.image.operations import stores

routes = Routes("/v2/stores")


@routes.delete(
    "/{store}/{image_id}",
    policy=policy.DELETE_IMAGE_LOCATION,
    errors=(errors.ImageNotFound, errors.UnknownStore, errors.NotImportable, errors.OnlyCopy,
            errors.NotInStore, errors.ImageInUse),
)  # fmt: skip
async def remove_from_store(ctx: Context, store: str, image_id: str) -> None:
    """Remove an image's data from one of the stores that have it."""
    await stores.remove_image(ctx, store, image_id)
