"""/v1/{account}/{container}/{object}"""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator, Mapping

from haneul.kernel.auth import ANONYMOUS
from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http import Content
from haneul.kernel.http.answers import ANY_TYPE
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.services.object_storage import errors
from haneul.services.object_storage.api import bulk_answers, downloads, faults, temp_urls, uploads
from haneul.services.object_storage.api.answers import ANYTHING, BASE, PATH_ERRORS, done, place_of
from haneul.services.object_storage.api.downloads import Download
from haneul.services.object_storage.model import large_objects, metadata, names, times
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.model.ranges import Part
from haneul.services.object_storage.model.truths import is_true
from haneul.services.object_storage.operations import bulk, copies, links, objects
from haneul.services.object_storage.operations import large_objects as large
from haneul.services.object_storage.operations.objects import Found, NewObject

routes = Routes(
    "/v1/{account}/{container}/{object_name:path}",
    lets_anybody_in=True,
    reads_path=True,
    errors=(*PATH_ERRORS, errors.ContainerNotFound, errors.ObjectNotFound, errors.PreconditionFailed),
)
_WRITE_ERRORS = (
    errors.TooManyLinks,
    errors.LengthRequired, errors.ObjectTooLarge, errors.QuotaReached, errors.WrongChecksum, errors.BadManifest,
    errors.TooManySegments, errors.SegmentsChanged, errors.LinkChanged,
)  # fmt: skip
_READ_ERRORS = (errors.DataMissing, errors.SegmentsChanged, errors.TooManyLinks, errors.LinkChanged)
WHATEVER = Content((ANY_TYPE,))
OCTETS, JSON = "application/octet-stream", "application/json; charset=utf-8"


def _sent_type(headers: Mapping[str, str]) -> str:
    """The type that the sender says; empty: none."""
    kind = headers.get("content-type", "")
    if len(kind) > metadata.LONGEST_TYPE:
        raise errors.BadHeader(reason="Header value too long: content-type")
    return kind


def _content_type(headers: Mapping[str, str], name: str) -> str:
    """What the sender says, or what the name looks like."""
    kind = _sent_type(headers)
    if kind and not is_true(headers.get("x-detect-content-type")):
        return kind
    return mimetypes.guess_type(name, strict=False)[0] or OCTETS


def _new(ctx: Context, headers: Mapping[str, str], name: str) -> NewObject:
    sent = metadata.named("object", headers)
    dynamic = sent.get(large_objects.DYNAMIC)
    if dynamic is not None and "/" not in dynamic.lstrip("/"):
        raise errors.BadHeader(reason="X-Object-Manifest must be in the format container/prefix")
    return NewObject(
        _content_type(headers, name),
        metadata.changed("object", {}, sent),
        objects.time_to_delete(headers, ctx.now().timestamp()),
    )


def _written(thing: StoredObject) -> dict[str, str]:
    return {"Last-Modified": times.http_date(thing.created_at), "Etag": thing.etag}


@routes.put(
    "", status=201, transaction=False, answer=ANYTHING, other_answers={200: ANYTHING}, errors=_WRITE_ERRORS
)
async def put_object(ctx: Context, request: Request, query: Query) -> Reply:
    """The object is there with this data, or with a copy of another's."""
    place, headers = place_of(request), request.headers()
    ctx, _ = await temp_urls.admitted(ctx, request, query, place)
    names.require_object(place.name)
    if (kind := query.get("extract-archive")) is not None:
        return await uploads.extract(ctx, request, kind)
    if "x-copy-from" in headers:
        source = copies.source(place, headers)
        if request.content_length:
            raise errors.BadHeader(reason="Copy requests require a zero byte body")
        return await _copy(ctx, source, place, headers, query)
    length = request.content_length
    if length is None and headers.get("transfer-encoding", "").lower() != "chunked":
        raise errors.LengthRequired
    new, etag = _new(ctx, headers, place.name), objects.etag_of(headers)
    if link := links.kept(place, headers):
        if length:
            raise errors.BadHeader(reason="Symlink requests require a zero byte body")
        await links.require_static(ctx, place, link)
        kind = _sent_type(headers) or "application/symlink"
        new = new._replace(headers={**new.headers, **link}, content_type=kind)
    if query.get("multipart-manifest") == "put":
        body = await request.body(large_objects.MANIFEST_BYTES)
        thing = await large.put_static(
            ctx, place, new, body, etag, if_none_match=headers.get("if-none-match")
        )
        return done(201, {**_written(thing), "Etag": f'"{thing.headers[large_objects.ETAG]}"'})
    thing = await objects.put(
        ctx,
        place,
        new,
        request.chunks(),
        length=length,
        etag=etag,
        if_none_match=headers.get("if-none-match"),
    )
    return done(201, _written(thing))


@routes.route("COPY", "", status=201, transaction=False, answer=ANYTHING, errors=_WRITE_ERRORS)
async def copy_object(ctx: Context, request: Request, query: Query) -> Reply:
    """There is a copy of the object at the destination."""
    if ctx.auth is ANONYMOUS:  # nobody may write anywhere, whatever else is wrong
        raise Unauthorized
    place, headers = place_of(request), request.headers()
    return await _copy(ctx, place, copies.target(place, headers), headers, query)


async def _copy(
    ctx: Context, source: Place, target: Place, headers: Mapping[str, str], query: Query
) -> Reply:
    original, copy = await copies.copy(
        ctx,
        source,
        target,
        metadata.named("object", headers),
        content_type=_sent_type(headers) or None,
        delete_at=objects.time_to_delete(headers, ctx.now().timestamp()),
        is_fresh=is_true(headers.get("x-fresh-metadata")),
        is_link=query.get("symlink") == "get",
        is_manifest=query.get("multipart-manifest") == "get",
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
    other_answers={206: WHATEVER, 304: WHATEVER, 416: WHATEVER},
    errors=_READ_ERRORS,
)
async def get_object(ctx: Context, request: Request, query: Query) -> Reply:
    """The object's data, or parts of it."""
    return await _read(ctx, request, query)


@routes.route(
    "HEAD", "", transaction=False, answer=WHATEVER, other_answers={304: WHATEVER}, errors=_READ_ERRORS
)
async def show_object(ctx: Context, request: Request, query: Query) -> Reply:
    """What is said of the object."""
    return await _read(ctx, request, query, is_head=True)


async def _read(ctx: Context, request: Request, query: Query, *, is_head: bool = False) -> Reply:
    place, headers = place_of(request), request.headers()
    ctx, visit = await temp_urls.admitted(ctx, request, query, place)
    download = await _download(ctx, request, query, place, headers.get("referer", ""))
    reply = downloads.reply(download, headers, is_head=is_head)
    return visit.dressed(reply) if visit else reply


async def _download(ctx: Context, request: Request, query: Query, place: Place, referrer: str) -> Download:
    """What may be read at that place, or where a link there leads to."""
    if query.get("symlink") == "get":
        opened = await objects.read(ctx, place, referrer=referrer)
        return downloads.of(opened, request)._replace(headers=links.shown(opened.object))
    target, opened = await links.followed(ctx, place, referrer=referrer)
    if target != place:
        download = await _made(ctx, request, query, target, opened, referrer)
        where = {"Content-Location": names.quoted(f"{BASE}{target.path}")}
        return download._replace(headers={**download.headers, **where})
    return await _made(ctx, request, query, place, opened, referrer)


async def _made(
    ctx: Context, request: Request, query: Query, place: Place, opened: Found, referrer: str
) -> Download:
    """The object, its manifest, or the whole that others make."""
    if query.get("multipart-manifest") == "get":
        download = downloads.of(opened, request)
        if large_objects.STATIC in opened.object.headers:
            return download._replace(content_type=JSON)
        return download
    whole = await large.whole(ctx, place, opened, referrer=referrer)
    if whole is None:
        return downloads.of(opened, request)
    await large.require_first(ctx, whole, referrer=referrer)

    def body(part: Part) -> AsyncIterator[bytes]:
        return large.pieces(ctx, whole, part, referrer=referrer)

    extra = {"X-Manifest-Etag": opened.object.etag} if large_objects.STATIC in opened.object.headers else {}
    return Download(opened.object, whole.size, whole.etag, body, extra)


@routes.post("", status=202, answer=ANYTHING, other_answers={307: ANYTHING})
async def update_object(ctx: Context, request: Request, query: Query) -> Reply:
    """The object has this metadata instead of what it had."""
    place, headers = place_of(request), request.headers()
    ctx, _ = await temp_urls.admitted(ctx, request, query, place)
    sent = metadata.changed("object", {}, metadata.named("object", headers))
    delete_at = objects.time_to_delete(headers, ctx.now().timestamp())
    if (target := links.target(place.account, await objects.find(ctx, place))) is not None:
        body = b"The requested POST was made to a symlink. POST was redirected to the target."
        where = {"Location": names.quoted(f"{BASE}{target.path}")}
        return Reply(body, status=307, headers=where, content_type=faults.PLAIN, has_utf8_headers=True)
    thing = await objects.update(ctx, place, sent, _sent_type(headers) or None, delete_at)
    return done(202, {"X-Timestamp": times.timestamp(thing.created_at)})


@routes.delete(
    "",
    status=204,
    transaction=False,
    answer=ANYTHING,
    other_answers={200: ANYTHING},
    errors=(errors.BadManifest,),
)
async def delete_object(ctx: Context, request: Request, query: Query) -> Reply:
    """The object is gone; with `multipart-manifest=delete`, its segments too."""
    place = place_of(request)
    ctx, _ = await temp_urls.admitted(ctx, request, query, place)
    if query.get("multipart-manifest") == "delete":
        opened = await objects.read(ctx, place)
        doomed = await large.delete_with_segments(ctx, place, opened)
        return bulk_answers.reply(await bulk.delete(ctx, doomed), request)
    await objects.delete(ctx, place)
    return done(204)
