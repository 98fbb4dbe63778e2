"""/v1/{account}/{container}"""

from __future__ import annotations

from haneul.kernel import races
from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.services.object_storage import errors
from haneul.services.object_storage.api import listings, uploads
from haneul.services.object_storage.api.answers import ANYTHING, PATH_ERRORS, done, place_of
from haneul.services.object_storage.model import metadata, times
from haneul.services.object_storage.model.containers import Container
from haneul.services.object_storage.operations import access, containers

routes = Routes("/v1/{account}/{container}", lets_anybody_in=True, reads_path=True, errors=PATH_ERRORS)


def _headers(ctx: Context, container: Container) -> dict[str, str]:
    return {
        "X-Container-Object-Count": str(container.object_count),
        "X-Container-Bytes-Used": str(container.bytes_used),
        "X-Timestamp": times.timestamp(container.created_at),
        "X-Storage-Policy": containers.POLICY,
        "Last-Modified": times.http_date(container.updated_at),
        "Accept-Ranges": "bytes",
        **metadata.shown(container.headers, to_owner=access.operates(ctx, container.account)),
    }


@routes.route("HEAD", "", status=204, answer=ANYTHING, errors=(errors.ContainerNotFound,))
async def show_container(ctx: Context, request: Request) -> Reply:
    """How much is in the container, and what is said of it."""
    container = await containers.find(
        ctx, place_of(request), referrer=request.header("referer", "") or "", is_list=True
    )
    headers = {**_headers(ctx, container), "Content-Length": "0"}
    return done(204, headers, content_type="text/plain; charset=utf-8")


@routes.get(
    "",
    answer=ANYTHING,
    other_answers={204: ANYTHING},
    errors=(errors.ContainerNotFound, errors.FormatNotAcceptable, errors.WrongListQuery),
)
async def list_objects(ctx: Context, request: Request, query: Query) -> Reply:
    """The container's objects."""
    container = await containers.find(
        ctx, place_of(request), referrer=request.header("referer", "") or "", is_list=True
    )
    kind, wish = listings.content_type(request, query), listings.wish(query)
    entries = await containers.list_objects(ctx, container, wish)
    is_json = kind == "application/json"
    items = [listings.object_item(entry, container.account, is_json=is_json) for entry in entries]
    return listings.reply(kind, "container", container.name, items, _headers(ctx, container))


@routes.put(
    "",
    status=201,
    transaction=False,
    answer=ANYTHING,
    other_answers={200: ANYTHING, 202: ANYTHING},
    errors=uploads.ERRORS,
)
async def create_container(ctx: Context, request: Request, query: Query) -> Reply:
    """The container is there, with this metadata beside what it has; with `extract-archive`, objects in it."""
    if (kind := query.get("extract-archive")) is not None:
        return await uploads.extract(ctx, request, kind)

    async def made() -> bool:
        return await ctx.transact(containers.create, place_of(request), request.headers())

    # a duplicate: it is made twice at once
    return done(201 if await races.won(made, lost=(Duplicate,)) else 202)


@routes.post("", status=204, answer=ANYTHING, errors=(errors.ContainerNotFound,))
async def update_container(ctx: Context, request: Request) -> Reply:
    """The container has this metadata, beside what it has."""
    await containers.update(ctx, place_of(request), request.headers())
    return done(204)


@routes.delete("", status=204, answer=ANYTHING, errors=(errors.ContainerNotFound, errors.ContainerNotEmpty))
async def delete_container(ctx: Context, request: Request) -> Reply:
    """The container is gone, if it was empty."""
    await containers.delete(ctx, place_of(request))
    return done(204)
