"""/v2/images"""

from __future__ import annotations

from typing import Any

from haneul.kernel.clock import seconds_text
from haneul.kernel.context import Context
from haneul.kernel.http import lists
from haneul.kernel.http.bounds import Anything, Document
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.services.image import errors, policy
from haneul.services.image.api import answers, queries
from haneul.services.image.config import ImageOptions
from haneul.services.image.model import patches
from haneul.services.image.model.images import Image
from haneul.services.image.model.locations import HTTP
from haneul.services.image.operations import images, protections, relocation, stores

routes = Routes("/v2/images", asks_late=True)


def view(ctx: Context, image: Image, limits: ImageOptions) -> dict[str, Any]:
    """The image as the API shows it: custom properties stand beside the attributes."""
    path = f"/v2/images/{image.id}"
    shown: dict[str, Any] = {
        **protections.readable(ctx, image, limits),
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "visibility": image.visibility,
        "owner": image.owner,
        "disk_format": image.disk_format,
        "container_format": image.container_format,
        "size": image.size,
        "virtual_size": image.virtual_size,
        "checksum": image.checksum,
        "os_hash_algo": image.os_hash_algo,
        "os_hash_value": image.os_hash_value,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "protected": image.protected,
        "os_hidden": image.os_hidden,
        "tags": image.tags,
        "created_at": seconds_text(image.created_at),
        "updated_at": seconds_text(image.updated_at),
        "self": path,
        # Addresses of this API are paths without a host, as upstream has them.
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }
    # A text with commas, not a list, as upstream shows it.
    if image.stores or image.locations:
        shown["stores"] = ",".join([*image.stores, *(HTTP for _ in image.locations)])
    if limits.show_multiple_locations or limits.show_direct_url:
        places = relocation.of(ctx, image)
        if limits.show_multiple_locations:
            shown["locations"] = places
        if limits.show_direct_url and places:
            shown["direct_url"] = places[0]["url"]
    return shown


@routes.post(
    "",
    status=201,
    policy=policy.ADD_IMAGE,
    asks_late=False,
    errors=(errors.InvalidImage, errors.ReadOnlyAttribute, errors.ReservedAttribute, errors.ImageExists,
            errors.TooMany, errors.NotAllowed, errors.LimitExceeded),
answer=answers.Image)  # fmt: skip
async def create_image(ctx: Context, body: Document) -> Reply:
    """Register an image; its data is uploaded, or imported, afterwards."""
    image = await images.create(ctx, body)
    limits = ctx.options(ImageOptions)
    headers = {
        "Location": f"{ctx.endpoint}/image/v2/images/{image.id}",
        "OpenStack-image-import-methods": ",".join(limits.import_methods),
        "OpenStack-image-store-ids": ",".join(stores.names(ctx)),
    }
    return Reply(view(ctx, image, limits), headers=headers)


@routes.get(
    "", policy=policy.GET_IMAGES, asks_late=False, answer=answers.Images, errors=(errors.ImageNotFound,)
)
async def list_images(ctx: Context, query: Query) -> dict[str, Any]:
    """List the images that the asker can see."""
    limits = ctx.options(ImageOptions)
    search = queries.read(query, limits)
    page = await images.listed(
        ctx,
        search.filters,
        tags=search.tags,
        properties=search.properties,
        visibility=search.visibility,
        member_status=search.member_status,
        sort=search.sort,
        marker=search.marker,
        limit=search.limit,
    )
    body: Document = {
        "images": [view(ctx, image, limits) for image in page],
        "first": lists.address("/v2/images", query),
        "schema": "/v2/schemas/images",
    }
    if page and len(page) == search.limit:
        body["next"] = lists.address("/v2/images", query, marker=page[-1].id)
    return body


@routes.get("/{image_id}", policy=policy.GET_IMAGE, errors=(errors.ImageNotFound,), answer=answers.Image)
async def show_image(ctx: Context, image_id: str) -> dict[str, Any]:
    """Show an image."""
    return view(ctx, await images.show(ctx, image_id), ctx.options(ImageOptions))


@routes.patch(
    "/{image_id}",
    policy=policy.MODIFY_IMAGE,
    content_types=(patches.DRAFT_10, patches.DRAFT_4),
    errors=(errors.ImageNotFound, errors.InvalidImage, errors.ReadOnlyAttribute, errors.ReservedAttribute,
            errors.NotRemovable, errors.NoSuchProperty, errors.PropertyExists, errors.TooMany,
            errors.NotAllowed, errors.NotImportable, errors.UriRefused),
answer=answers.Image)  # fmt: skip
async def update_image(ctx: Context, request: Request, image_id: str, body: Anything) -> dict[str, Any]:
    """Change an image by a JSON patch: all of its operations, or none."""
    content_type = (request.header("content-type") or "").split(";")[0].strip().lower()
    changes = patches.read(body, content_type)
    is_draft_4 = content_type == patches.DRAFT_4
    image = await images.update(ctx, image_id, changes, is_draft_4=is_draft_4)
    return view(ctx, image, ctx.options(ImageOptions))


@routes.delete(
    "/{image_id}",
    policy=policy.DELETE_IMAGE,
    errors=(errors.ImageNotFound, errors.Protected, errors.ImageInUse),
)
async def delete_image(ctx: Context, image_id: str) -> None:
    """Delete an image and its data."""
    await images.require_unused(ctx, image_id)
    await images.delete(ctx, image_id)


@routes.put(
    "/{image_id}/tags/{tag}",
    status=204,
    policy=policy.MODIFY_IMAGE,
    errors=(errors.ImageNotFound, errors.InvalidImage, errors.TooMany),
)
async def add_tag(ctx: Context, image_id: str, tag: str) -> None:
    """Tag an image."""
    await images.add_tag(ctx, image_id, tag)


@routes.delete(
    "/{image_id}/tags/{tag}",
    policy=policy.MODIFY_IMAGE,
    errors=(errors.ImageNotFound, errors.TagNotFound),
)
async def remove_tag(ctx: Context, image_id: str, tag: str) -> None:
    """Remove a tag from an image."""
    await images.remove_tag(ctx, image_id, tag)


@routes.post(
    "/{image_id}/actions/deactivate",
    status=204,
    policy=policy.DEACTIVATE,
    errors=(errors.ImageNotFound, errors.NotSwitchable),
)
async def deactivate_image(ctx: Context, image_id: str) -> None:
    """Make an image's data unavailable to all but administrators."""
    await images.switch(ctx, image_id, "deactivated")


@routes.post(
    "/{image_id}/actions/reactivate",
    status=204,
    policy=policy.REACTIVATE,
    errors=(errors.ImageNotFound, errors.NotSwitchable),
)
async def reactivate_image(ctx: Context, image_id: str) -> None:
    """Make a deactivated image's data available again."""
    await images.switch(ctx, image_id, "active")
