"""Large objects, put and read: what is made of other objects.

Who reads one must be allowed to read its segments. A static one is refused when it is put if its segments are not as
its manifest says; when it is read, one that is not so any more ends the answer before its time.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.kernel.http.bounds import LARGEST
from haneul.services.object_storage import errors, policy
from haneul.services.object_storage.model import large_objects as model
from haneul.services.object_storage.model import names, ranges, times
from haneul.services.object_storage.model.large_objects import DYNAMIC, ETAG, SIZE, STATIC, Segment
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.objects import StoredObject, listed
from haneul.services.object_storage.model.ranges import Part
from haneul.services.object_storage.operations import containers, lists, objects
from haneul.services.object_storage.operations.lists import Wish
from haneul.services.object_storage.operations.objects import Found, NewObject
from haneul.services.object_storage.store.objects import OBJECTS

DEEPEST = 10
"""So many manifests may lie in each other."""
MOST_DELETED = 10 * model.MOST_SEGMENTS
"""So many objects go with one manifest, those of manifests among its segments included."""


class Piece(NamedTuple):
    """A part of an object that a large one is made of."""

    place: Place
    part: Part
    etag: str
    """The object's MD5; of one that is a manifest, that of its whole."""
    is_manifest: bool = False


class Whole(NamedTuple):
    """A large object, as one who reads it sees it. What manifests among its segments hold is not looked at yet."""

    object: StoredObject
    size: int
    etag: str
    segments: Sequence[Piece]


async def put_static(
    ctx: Context,
    place: Place,
    new: NewObject,
    body: bytes,
    etag: str | None,
    *,
    if_none_match: str | None = None,
) -> StoredObject:
    """The object is the list of these segments."""
    wishes = model.wished(body)
    async with ctx.in_reading() as c:
        await containers.find(c, place, policy.OPERATE)
        segments = await _checked(c, place.account, wishes)
    size = model.size(segments)
    if size > LARGEST:  # manifests in manifests: each level a thousand times as large
        raise errors.ObjectTooLarge(limit=LARGEST)
    whole = model.etag(segments)
    if etag is not None and etag != whole:
        raise errors.WrongChecksum(computed=whole, expected=etag)
    headers = {**new.headers, STATIC: "True", SIZE: str(size), ETAG: whole}
    manifest = msgspec.json.encode(segments)
    return await objects.put(
        ctx,
        place,
        new._replace(headers=headers),
        objects.once(manifest),
        length=len(manifest),
        if_none_match=if_none_match,
    )


async def _checked(c: Context, account: str, wishes: Sequence[model.WishedSegment]) -> list[Segment]:
    segments, problems = [], []
    for wish in wishes:
        container, name = names.within_container(wish.path, "path", "/container/object")
        path = f"/{container}/{name}"
        try:
            thing = await objects.find(c, Place(account, container, name))
        except HaneulError as refusal:
            problems.append(f"{path}, {'404 Not Found' if refusal.status == 404 else '403 Forbidden'}")
            continue
        is_manifest = STATIC in thing.headers
        size = int(thing.headers[SIZE]) if is_manifest else thing.size
        etag = thing.headers[ETAG] if is_manifest else thing.etag
        if (problem := model.fitting(wish, size, etag)) is not None:
            problems.append(f"{path}, {problem}")
            continue
        part = ranges.parts(f"bytes={wish.range}", size) if wish.range else [Part(0, size)]
        if not part or len(part) != 1:
            problems.append(f"{path}, Unsatisfiable Range")
            continue
        is_part = part[0] != Part(0, size)
        segments.append(
            Segment(
                path,
                etag,
                size,
                thing.content_type,
                times.listed(thing.created_at),
                f"{part[0].offset}-{part[0].offset + part[0].length - 1}" if is_part else None,
                is_manifest,
            )
        )
    if problems:
        raise errors.BadManifest(reason="\n".join(["Errors:", *problems[:100], ""]))
    return segments


async def whole(ctx: Context, place: Place, opened: Found, *, referrer: str = "") -> Whole | None:
    """The object as a whole, if it is made of others."""
    thing = opened.object
    if STATIC in thing.headers:
        return await _of_manifest(place.account, opened)
    if header := thing.headers.get(DYNAMIC):
        container, _, prefix = names.decoded(header).partition("/")
        async with ctx.in_reading() as c:
            holder = await containers.find(c, Place(place.account, container), referrer=referrer)
            entries = await lists.page(
                c.tx, OBJECTS, {"container_id": holder.id}, Wish(prefix=prefix), listed
            )
        parts = [entry.thing for entry in entries if entry.thing is not None]
        md5 = hashlib.md5("".join(part.etag for part in parts).encode(), usedforsecurity=False).hexdigest()
        return Whole(
            thing,
            sum(part.size for part in parts),
            f'"{md5}"',
            [
                Piece(Place(place.account, container, part.name), Part(0, part.size), part.etag)
                for part in parts
            ],
        )
    return None


async def _of_manifest(account: str, opened: Found) -> Whole:
    thing = opened.object
    pieces_ = [
        Piece(Place(account, *each.place), each.part, each.hash, each.sub_slo)
        for each in await manifest(opened)
    ]
    return Whole(thing, int(thing.headers[SIZE]), f'"{thing.headers[ETAG]}"', pieces_)


async def manifest(opened: Found) -> list[Segment]:
    """The segments of a static large object."""
    body = b"".join([piece async for piece in opened.pieces(0, opened.object.size)])
    return model.SEGMENTS.decode(body)


async def pieces(
    ctx: Context, large: Whole, part: Part, *, referrer: str = "", depth: int = 0
) -> AsyncIterator[bytes]:
    """That part of the whole. It ends before its time if a segment is not what it was.

    A manifest among the segments is read when its turn comes: all of them at once may be more than any memory holds.
    """
    for index, inner in model.overlapping([piece.part.length for piece in large.segments], part):
        piece = large.segments[index]
        opened = await objects.read(ctx, piece.place, referrer=referrer)
        within = Part(piece.part.offset + inner.offset, inner.length)
        if piece.is_manifest:
            below = await _below(piece, opened, depth + 1)
            async for data in pieces(ctx, below, within, referrer=referrer, depth=depth + 1):
                yield data
            continue
        if opened.object.etag != piece.etag:
            raise errors.SegmentsChanged
        async for data in opened.pieces(*within):
            yield data


async def _below(piece: Piece, opened: Found, depth: int) -> Whole:
    """What the manifest stands for; SegmentsChanged if it is another one by now, or too deep."""
    if depth > DEEPEST or opened.object.headers.get(ETAG) != piece.etag:
        raise errors.SegmentsChanged
    return await _of_manifest(piece.place.account, opened)


async def require_first(ctx: Context, large: Whole, *, referrer: str = "") -> None:
    """SegmentsChanged, or a refusal, if not even the first segment can be read."""
    depth = 0
    while large.segments:
        piece = large.segments[0]
        try:
            if piece.is_manifest:
                depth += 1
                large = await _below(piece, await objects.read(ctx, piece.place, referrer=referrer), depth)
                continue
            async with ctx.in_reading() as c:
                thing = await objects.find(c, piece.place, referrer=referrer)
        except errors.NotFound:
            raise errors.SegmentsChanged from None
        if thing.etag != piece.etag:
            raise errors.SegmentsChanged
        return


async def delete_with_segments(ctx: Context, place: Place, opened: Found) -> list[Place]:
    """What goes with a static large object: its segments, and those of manifests among them, it last.

    A manifest may name another of its own name from before, or one thing many times: each goes once.
    """
    segments: dict[Place, None] = {}
    manifests: dict[Place, None] = {place: None}
    todo = [opened]
    while todo:
        holder = todo.pop()
        if STATIC not in holder.object.headers:
            continue
        for segment in await manifest(holder):
            inner = Place(place.account, *segment.place)
            if inner in manifests or inner in segments:
                continue
            if len(segments) + len(manifests) >= MOST_DELETED:
                raise errors.BadManifest(reason="Too many buffered slo segments to delete.")
            if segment.sub_slo:
                manifests[inner] = None
                with contextlib.suppress(errors.NotFound):
                    todo.append(await objects.read(ctx, inner))
            else:
                segments[inner] = None
    return [*segments, *reversed(manifests)]
