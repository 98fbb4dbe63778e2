"""/images: the image service's images, as clients before 2.36 see them."""

from __future__ import annotations

from typing import Any

from haneul.kernel.clock import seconds_text
from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http import Query, Routes
from haneul.kernel.http.metadata import Pairs
from haneul.services.compute.api import answers, values
from haneul.services.compute.api.links import links, next_links, page_size
from haneul.services.image import public as image
from haneul.services.image.public import Image

routes = Routes("/v2.1", until="2.35")
STATUSES = {
    "active": "ACTIVE",
    "queued": "SAVING",
    "saving": "SAVING",
    "importing": "SAVING",
    "deleted": "DELETED",
}
PROGRESS = {"ACTIVE": 100, "SAVING": 50}
NUMBERS = {"minRam": "min_ram", "minDisk": "min_disk"}
PROPERTIES = {"server": "instance_uuid", "type": "image_type"}


def brief(ctx: Context, each: Image) -> dict[str, Any]:
    path = f"images/{each.id}"
    own = {
        "rel": "alternate",
        "type": "application/vnd.openstack.image",
        "href": f"{ctx.endpoint}/image/images/{each.id}",
    }
    return {"id": each.id, "name": each.name, "links": [*links(ctx, path), own]}


def detail(ctx: Context, each: Image) -> dict[str, Any]:
    status = STATUSES.get(each.status, "UNKNOWN")
    server = str(each.properties.get("instance_uuid") or "")
    of_server = {"server": {"id": server, "links": links(ctx, f"servers/{server}")}} if server else {}
    return (
        brief(ctx, each)
        | of_server
        | {
            "minRam": each.min_ram,
            "minDisk": each.min_disk,
            "metadata": each.properties,
            "created": seconds_text(each.created_at),
            "updated": seconds_text(each.updated_at),
            "status": status,
            "progress": PROGRESS.get(status, 0),
            "OS-EXT-IMG-SIZE:size": each.size,
        }
    )


async def _page(ctx: Context, query: Query, path: str) -> tuple[list[Image], dict[str, Any]]:
    filters: list[Filter] = []
    if (name := query.get("name")) is not None:
        filters.append(Filter("name", "eq", name))
    if (status := query.get("status")) is not None:
        filters.append(Filter("status", "in", [k for k, v in STATUSES.items() if v == status.upper()]))
    for parameter, field in NUMBERS.items():
        if (text := query.get(parameter)) is not None:
            filters.append(Filter(field, "ge", values.integer(text, parameter)))
    if (since := query.get("changes-since")) is not None:
        filters.append(Filter("updated_at", "ge", values.time(since, "changes-since")))
    properties = [
        (field, text.rsplit("/", 1)[-1])
        for parameter, field in PROPERTIES.items()
        if (text := query.get(parameter)) is not None
    ]
    size, marker = page_size(query), query.get("marker")
    try:
        page = await image.page(
            ctx, filters, properties=properties, sort=[Sort("created_at", True), Sort("id", True)],
            marker=marker, limit=size,
        )  # fmt: skip
    except NotFound:
        raise BadRequest(f"marker [{marker}] not found") from None
    more = next_links(ctx, path, query, page, size, page[-1].id if page else "")
    return page, {"images_links": more} if more else {}


@routes.get("/images", answer=answers.Images, errors=image.IMAGE_REFUSALS)
async def list_images(ctx: Context, query: Query) -> dict[str, Any]:
    """Images: ids, names and links."""
    page, following = await _page(ctx, query, "images")
    return {"images": [brief(ctx, each) for each in page]} | following


@routes.get("/images/detail", answer=answers.ImagesInDetail, errors=image.IMAGE_REFUSALS)
async def list_images_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """Images with all that compute tells of them."""
    page, following = await _page(ctx, query, "images/detail")
    return {"images": [detail(ctx, each) for each in page]} | following


async def _find(ctx: Context, id: str) -> Image:
    try:
        return await image.get(ctx, id)
    except NotFound:
        raise NotFound("Image not found.") from None


@routes.get("/images/{id}", answer=answers.OneImage, errors=(NotFound,))
async def show_image(ctx: Context, id: str) -> dict[str, Any]:
    """One image."""
    return {"image": detail(ctx, await _find(ctx, id))}


@routes.delete("/images/{id}", errors=(NotFound, *image.IMAGE_REFUSALS))
async def delete_image(ctx: Context, id: str) -> None:
    """The image is gone."""
    await _find(ctx, id)
    await image.delete(ctx, id)


IMAGE_METADATA = Pairs(
    lambda ctx, rule, id: _find(ctx, id),
    None,
    missing=lambda image, key: NotFound("Metadata item was not found"),
    answer=answers.ImageMetadata,
    one_answer=answers.OneImageMetadata,
    errors=(NotFound,),
    no_key=NotFound,
    field="properties",
    until="2.38",
)
IMAGE_METADATA.serve(routes, "/images/{id}/metadata", {"list": None, "show": None})
