"""/v1/{account}/{container}/{object}"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping

from haneul.kernel.context import Context
from haneul.kernel.http import Content
from haneul.kernel.http.answers import ANY_TYPE
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.services.object_storage import errors
from haneul.services.object_storage.api import downloads
from haneul.services.object_storage.api.answers import ANYTHING, PATH_ERRORS, done, place_of
from haneul.services.object_storage.model import metadata, names, times
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.operations import copies, objects
from haneul.services.object_storage.operations.objects import NewObject

routes = Routes(
    "/v1/{account}/{container}/{object_name:path}",
    lets_anybody_in=True,
    reads_path=True,
    errors=(*PATH_ERRORS, errors.ContainerNotFound, errors.ObjectNotFound, errors.PreconditionFailed),
)
_WRITE_ERRORS = (
    errors.LengthRequired, errors.ObjectTooLarge, errors.QuotaReached, errors.WrongChecksum,
)  # fmt: skip
_READ_ERRORS = (errors.RangeNotSatisfiable, errors.DataMissing)
WHATEVER = Content((ANY_TYPE,))
OCTETS = "application/octet-stream"
TRUE = {"true", "1", "yes", "on", "t", "y"}


def _content_type(headers: Mapping[str, str], name: str) -> str:
    """What the sender says, or what the name looks like."""
    said = headers.get("content-type", "")
    if said and headers.get("x-detect-content-type", "").lower() not in TRUE:
        return said
    return mimetypes.guess_type(name, strict=False)[0] or OCTETS


def _new(ctx: Context, headers: Mapping[str, str], name: str) -> NewObject:
    said = metadata.given("object", headers)
    return NewObject(
        _content_type(headers, name),
        metadata.changed("object", {}, said),
        objects.time_to_delete(headers, ctx.now().timestamp()),
    )


def _written(thing: StoredObject) -> dict[str, str]:
    return {"Last-Modified": times.http_date(thing.created_at), "Etag": thing.etag}


@routes.put("", status=201, transaction=False, answer=ANYTHING, errors=_WRITE_ERRORS)
async def put_object(ctx: Context, request: Request) -> Reply:
    """The object is there with this data, or with a copy of another's."""
    place, headers = place_of(request), request.headers()
    names.require_object(place.name)
    if "x-copy-from" in headers:
        source = copies.source(place, headers)
        if request.content_length:
            raise errors.BadHeader(reason="Copy requests require a zero byte body")
        return await _copy(ctx, request, source, place, headers)
    length = request.content_length
    if length is None and headers.get("transfer-encoding", "").lower() != "chunked":
        raise errors.LengthRequired
    thing = await objects.put(
        ctx,
        place,
        _new(ctx, headers, place.name),
        request.chunks(),
        length=length,
        etag=objects.etag_of(headers),
        if_none_match=headers.get("if-none-match"),
    )
    return done(201, _written(thing))


@routes.route("COPY", "", status=201, transaction=False, answer=ANYTHING, errors=_WRITE_ERRORS)
async def copy_object(ctx: Context, request: Request) -> Reply:
    """There is a copy of the object at the destination."""
    place, headers = place_of(request), request.headers()
    target = copies.target(place, headers)
    return await _copy(ctx, request, place, target, headers)


async def _copy(
    ctx: Context, request: Request, source: Place, target: Place, headers: Mapping[str, str]
) -> Reply:
    said = metadata.given("object", headers)
    delete_at = objects.time_to_delete(headers, ctx.now().timestamp())
    is_fresh = headers.get("x-fresh-metadata", "").lower() in TRUE
    original, copy = await copies.copy(
        ctx,
        source,
        target,
        said,
        content_type=headers.get("content-type") or None,
        delete_at=delete_at,
        is_fresh=is_fresh,
        headers=headers,
        referrer=headers.get("referer", ""),
    )
    return done(
        201,
        {
            **_written(copy),
            "X-Copied-From": names.quoted(f"{source.container}/{source.name}"),
            "X-Copied-From-Account": names.quoted(source.account),
            "X-Copied-From-Last-Modified": times.http_date(original.created_at),
            **metadata.shown(copy.headers, to_owner=True),
        },
    )


@routes.get(
    "",
    transaction=False,
    answer=WHATEVER,
    other_answers={206: WHATEVER, 304: WHATEVER},
    errors=_READ_ERRORS,
)
async def get_object(ctx: Context, request: Request, query: Query) -> Reply:
    """The object's data, or parts of it."""
    headers = request.headers()
    found = await objects.read(ctx, place_of(request), referrer=headers.get("referer", ""))
    return downloads.reply(found, request, headers)


@routes.route(
    "HEAD", "", transaction=False, answer=WHATEVER, other_answers={304: WHATEVER}, errors=_READ_ERRORS
)
async def show_object(ctx: Context, request: Request) -> Reply:
    """What is said of the object."""
    headers = request.headers()
    async with ctx.in_reading() as c:
        thing = await objects.find(c, place_of(request), referrer=headers.get("referer", ""))
    return downloads.head(thing, headers)


@routes.post("", status=202, answer=ANYTHING)
async def update_object(ctx: Context, request: Request) -> Reply:
    """The object has this metadata instead of what it had."""
    place, headers = place_of(request), request.headers()
    said = metadata.changed("object", {}, metadata.given("object", headers))
    delete_at = objects.time_to_delete(headers, ctx.now().timestamp())
    thing = await objects.update(ctx, place, said, headers.get("content-type") or None, delete_at)
    return done(202, {"X-Timestamp": times.timestamp(thing.created_at)})


@routes.delete("", status=204, answer=ANYTHING)
async def delete_object(ctx: Context, request: Request) -> Reply:
    """The object is gone."""
    await objects.delete(ctx, place_of(request))
    return done(204)
