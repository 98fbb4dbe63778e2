"""/v2/images/{id}/locations"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Routes
from haneul.services.image import errors, policy
from haneul.services.image.api import answers
from haneul.services.image.model import locations as model
from haneul.services.image.operations import locations

routes = Routes("/v2/images/{image_id}/locations", asks_late=True)


@routes.get("", policy=policy.FETCH_IMAGE_LOCATION, errors=(errors.ImageNotFound,), answer=answers.Locations)
async def list_locations(ctx: Context, image_id: str) -> list[dict[str, Any]]:
    """List where an image's data is."""
    return await locations.listed(ctx, image_id)


@routes.post(
    "",
    status=202,
    policy=policy.ADD_IMAGE_LOCATION,
    errors=(errors.ImageNotFound, errors.InvalidImage, errors.NotImportable, errors.NotAllowed,
            errors.UriRefused),
)  # fmt: skip
async def add_location(ctx: Context, image_id: str, body: Document) -> None:
    """Say where a queued image's data is; it stays there."""
    url = body.get("url")
    if not isinstance(url, str) or not 0 < len(url) <= model.URL_MAX:
        raise errors.InvalidImage(why="Provided object does not match schema 'location': url")
    await locations.add(ctx, image_id, url, model.validation(body.get("validation_data")))
