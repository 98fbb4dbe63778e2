"""Large objects, put and read: what is made of other objects.

Who reads one must be allowed to read its segments. A static one is refused when it is put if its segments are not as
its manifest says; when it is read, one that is not so any more ends the answer before its time.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.services.object_storage import errors, policy
from haneul.services.object_storage.model import large_objects as model
from haneul.services.object_storage.model import names, ranges, times
from haneul.services.object_storage.model.large_objects import DYNAMIC, ETAG, SIZE, STATIC, Segment
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.model.ranges import Part
from haneul.services.object_storage.operations import containers, lists, objects
from haneul.services.object_storage.operations.lists import Wish
from haneul.services.object_storage.operations.objects import Found, NewObject
from haneul.services.object_storage.store.objects import OBJECTS

DEEPEST = 10
"""So many manifests may lie in each other."""


class Whole(NamedTuple):
    """A large object, as one who reads it sees it."""

    object: StoredObject
    size: int
    etag: str
    segments: Sequence[tuple[Place, Part, str]]
    """(which object, which part of it, its MD5)."""


async def put_static(
    ctx: Context, place: Place, new: NewObject, body: bytes, etag: str | None
) -> StoredObject:
    """The object is the list of these segments."""
    wishes = model.wished(body)
    async with ctx.in_reading() as c:
        await containers.find(c, place, policy.OPERATE)
        segments = await _checked(c, place.account, wishes)
    whole = model.etag(segments)
    if etag is not None and etag != whole:
        raise errors.WrongChecksum(computed=whole, expected=etag)
    headers = {**new.headers, STATIC: "True", SIZE: str(model.size(segments)), ETAG: whole}
    manifest = msgspec.json.encode(segments)
    return await objects.put(
        ctx, place, new._replace(headers=headers), objects.once(manifest), length=len(manifest)
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
        segments = await _flat(ctx, place.account, await manifest(opened), referrer, 0)
        return Whole(thing, int(thing.headers[SIZE]), f'"{thing.headers[ETAG]}"', segments)
    if header := thing.headers.get(DYNAMIC):
        container, _, prefix = names.decoded(header).partition("/")
        async with ctx.in_reading() as c:
            holder = await containers.find(c, Place(place.account, container), referrer=referrer)
            entries = await lists.page(c.tx, OBJECTS, {"container_id": holder.id}, Wish(prefix=prefix))
        parts = [entry.thing for entry in entries if entry.thing is not None]
        md5 = hashlib.md5("".join(part.etag for part in parts).encode(), usedforsecurity=False).hexdigest()
        return Whole(
            thing,
            sum(part.size for part in parts),
            f'"{md5}"',
            [(Place(place.account, container, part.name), Part(0, part.size), part.etag) for part in parts],
        )
    return None


async def manifest(opened: Found) -> list[Segment]:
    """The segments of a static large object."""
    body = b"".join([piece async for piece in opened.pieces(0, opened.object.size)])
    return model.SEGMENTS.decode(body)


async def _flat(
    ctx: Context, account: str, segments: Sequence[Segment], referrer: str, depth: int
) -> list[tuple[Place, Part, str]]:
    """The objects with data behind the segments, whatever manifests lie between."""
    if depth > DEEPEST:
        raise errors.SegmentsChanged
    flat: list[tuple[Place, Part, str]] = []
    for segment in segments:
        place = Place(account, *segment.place)
        if not segment.sub_slo:
            flat.append((place, segment.part, segment.hash))
            continue
        inner = await objects.read(ctx, place, referrer=referrer)
        if inner.object.headers.get(ETAG) != segment.hash:
            raise errors.SegmentsChanged
        below = await _flat(ctx, account, await manifest(inner), referrer, depth + 1)
        for index, part in model.overlapping([p.length for _, p, _ in below], segment.part):
            where, outer, etag = below[index]
            flat.append((where, Part(outer.offset + part.offset, part.length), etag))
    return flat


async def pieces(ctx: Context, large: Whole, part: Part, *, referrer: str = "") -> AsyncIterator[bytes]:
    """That part of the whole. It ends before its time if a segment is not what it was."""
    for index, inner in model.overlapping([p.length for _, p, _ in large.segments], part):
        place, outer, etag = large.segments[index]
        opened = await objects.read(ctx, place, referrer=referrer)
        if opened.object.etag != etag:
            raise errors.SegmentsChanged
        async for piece in opened.pieces(outer.offset + inner.offset, inner.length):
            yield piece


async def require_first(ctx: Context, large: Whole, *, referrer: str = "") -> None:
    """SegmentsChanged, or a refusal, if not even the first segment can be read."""
    if large.segments:
        place, _, etag = large.segments[0]
        async with ctx.in_reading() as c:
            try:
                thing = await objects.find(c, place, referrer=referrer)
            except errors.NotFound:
                raise errors.SegmentsChanged from None
        if thing.etag != etag:
            raise errors.SegmentsChanged


async def delete_with_segments(ctx: Context, place: Place, opened: Found) -> list[Place]:
    """What goes with a static large object: its segments, and those of manifests among them, it last."""
    gone: list[Place] = []
    if STATIC in opened.object.headers:
        for segment in await manifest(opened):
            inner = Place(place.account, *segment.place)
            if segment.sub_slo and len(gone) < model.MOST_SEGMENTS * DEEPEST:
                try:
                    gone += await delete_with_segments(ctx, inner, await objects.read(ctx, inner))
                    continue
                except errors.NotFound:
                    pass
            gone.append(inner)
    return [*gone, place]
