"""/v2/cache: copies of images on the machine that answers"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.routes import Request, Routes
from haneul.services.image import errors, policy
from haneul.services.image.api import answers
from haneul.services.image.operations import cache

routes = Routes("/v2/cache")


@routes.get("", policy=policy.CACHE_LIST, answer=answers.Cache)
async def show_cache(ctx: Context) -> dict[str, Any]:
    """List what is cached, and what is queued to be."""
    listing = await cache.listed(ctx)
    return {
        "cached_images": [
            {
                "image_id": copy.image_id,
                "hits": copy.hits,
                "last_accessed": copy.last_accessed.timestamp(),
                "last_modified": copy.last_modified.timestamp(),
                "size": copy.size,
                "checksum": copy.checksum,
            }
            for copy in listing
            if copy.is_ready
        ],
        "queued_images": [copy.image_id for copy in listing if not copy.is_ready],
    }


@routes.delete("", policy=policy.CACHE_DELETE)
async def clear_cache(ctx: Context, request: Request) -> None:
    """Empty the cache, or its queue, or both."""
    target = (request.header("x-image-cache-clear-target") or "").lower()
    if target not in ("", "cache", "queue"):
        raise BadRequest("If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty string.")
    await cache.clear(ctx, copies=target != "queue", queued=target != "cache")


@routes.post("/clean", status=200, policy=policy.CACHE_CLEAN)
async def clean_cache(ctx: Context) -> None:
    """Remove what is broken."""
    await cache.clean(ctx)


@routes.post("/prune", status=200, policy=policy.CACHE_PRUNE, answer=answers.Pruned)
async def prune_cache(ctx: Context) -> dict[str, Any]:
    """Remove what was not read for longest, until the rest fits."""
    files, size = await cache.prune(ctx)
    return {"total_files_pruned": files, "total_bytes_pruned": size}


@routes.get(
    "/nodes/{image_id}", policy=policy.LIST_CACHED_NODES, errors=(errors.ImageNotFound,), answer=answers.Nodes
)
async def list_nodes(ctx: Context, image_id: str) -> list[str]:
    """List the machines where an image is cached."""
    return await cache.nodes(ctx, image_id)


@routes.put(
    "/{image_id}", status=202, policy=policy.CACHE_IMAGE, errors=(errors.ImageNotFound, errors.BadImport)
)
async def queue_image(ctx: Context, image_id: str) -> None:
    """Queue an image to be cached."""
    await cache.queue(ctx, image_id)


@routes.delete("/{image_id}", policy=policy.CACHE_DELETE, errors=(errors.ImageNotFound,))
async def remove_image(ctx: Context, image_id: str) -> None:
    """Remove an image from the cache and its queue."""
    await cache.remove(ctx, image_id)
