"""Large objects: those that are made of others.

A dynamic one (`X-Object-Manifest: CONTAINER/PREFIX`) is whatever has names with that prefix at the moment it is read.
A static one is a list of segments, checked when it is put: its data is that list, as JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from haneul.services.object_storage import errors
from haneul.services.object_storage.model import names, ranges

DYNAMIC = "x-object-manifest"
STATIC = "x-static-large-object"
SIZE, ETAG = "x-object-sysmeta-slo-size", "x-object-sysmeta-slo-etag"
MOST_SEGMENTS, MANIFEST_BYTES = 1000, 8 << 20
LOOKED_AT = 256 << 10
"""Of a manifest up to so long is said what is wrong with which of its segments."""


class WishedSegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A segment as a manifest that is put names it."""

    path: Annotated[str, msgspec.Meta(max_length=4096)]
    etag: Annotated[str, msgspec.Meta(max_length=256)] | None = None
    size_bytes: Annotated[int, msgspec.Meta(ge=1)] | None = None
    range: Annotated[str, msgspec.Meta(max_length=100)] | None = None


_WISHES: msgspec.json.Decoder[list[WishedSegment]] = msgspec.json.Decoder(list[WishedSegment])


class Segment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A segment as a manifest is kept and shown."""

    name: str
    """`/CONTAINER/OBJECT`"""
    hash: str
    bytes: int
    content_type: str
    last_modified: str
    range: str | None = None
    sub_slo: bool = False

    @property
    def place(self) -> tuple[str, str]:
        container, _, name = self.name.removeprefix("/").partition("/")
        return container, name

    @property
    def part(self) -> ranges.Part:
        """Which part of the segment is meant."""
        if self.range is None:
            return ranges.Part(0, self.bytes)
        first, last = map(int, self.range.split("-"))
        return ranges.Part(first, last - first + 1)


def wished(body: bytes) -> list[WishedSegment]:
    """The segments of a manifest that is put; BadManifest says what is wrong with it.

    Eight mebibytes of brackets are a hundred of objects: a long one is read only as what it should be.
    """
    if body.count(b'"path"') > MOST_SEGMENTS:
        raise errors.TooManySegments(most=MOST_SEGMENTS)
    try:
        if len(body) > LOOKED_AT:
            _WISHES.decode(body)
        raw = msgspec.json.decode(body, type=list[Any])
    except msgspec.ValidationError as problem:
        text = "Manifest must be a list.\n" if len(body) <= LOOKED_AT else f"{problem}\n"
        raise errors.BadManifest(reason=text) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise errors.BadManifest(reason="Manifest must be valid JSON.\n") from None
    if not raw:
        raise errors.BadManifest(reason="Manifest must have at least one segment.\n")
    if len(raw) > MOST_SEGMENTS:
        raise errors.TooManySegments(most=MOST_SEGMENTS)
    wishes, problems = [], []
    for index, each in enumerate(raw):
        try:
            segment = msgspec.convert(each, WishedSegment)
            names.within_container(segment.path, "path", "/container/object")
            wishes.append(segment)
        except (msgspec.ValidationError, errors.BadName, errors.BadHeader) as problem:
            problems.append(f"Index {index}: {problem}")
    if problems:
        raise errors.BadManifest(reason="\n".join([*problems[:20], ""]))
    return wishes


def fitting(wish: WishedSegment, size: int, etag: str) -> str | None:
    """What of the wish is not so of the segment; None: all is."""
    if wish.size_bytes is not None and wish.size_bytes != size:
        return "Size Mismatch"
    if wish.etag is not None and wish.etag.strip('"').lower() != etag:
        return "Etag Mismatch"
    if size < 1:
        return "Too Small; each segment must be at least 1 byte."
    return None


def etag(segments: Sequence[Segment]) -> str:
    """Of the whole: the MD5 of what is said of its parts."""
    words = (f"{s.hash}:{s.range};" if s.range else s.hash for s in segments)
    return hashlib.md5("".join(words).encode(), usedforsecurity=False).hexdigest()


def size(segments: Sequence[Segment]) -> int:
    return sum(segment.part.length for segment in segments)


SEGMENTS: msgspec.json.Decoder[list[Segment]] = msgspec.json.Decoder(list[Segment])


def overlapping(lengths: Sequence[int], part: ranges.Part) -> list[tuple[int, ranges.Part]]:
    """(which, which part of it) of pieces with these lengths, one after the other, that make up the part."""
    overlaps = []
    begin, end, at = part.offset, part.offset + part.length, 0
    for index, length in enumerate(lengths):
        first, last = max(begin, at), min(end, at + length)
        if first < last:
            overlaps.append((index, ranges.Part(first - at, last - first)))
        at += length
    return overlaps
