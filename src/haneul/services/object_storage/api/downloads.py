"""Answers with an object's data: all of it, a part, or several parts, if the conditions of the request hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import NamedTuple

from haneul.kernel.http.routes import Reply, Request
from haneul.kernel.ids import new_hex
from haneul.services.object_storage import errors
from haneul.services.object_storage.api import faults
from haneul.services.object_storage.model import conditions, metadata, ranges, times
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.model.ranges import Part
from haneul.services.object_storage.operations.objects import Found

Body = Callable[[Part], bytes | AsyncIterator[bytes]]


class Download(NamedTuple):
    """What may be read: how long it is, what is said of it, and each part of it."""

    thing: StoredObject
    size: int
    etag: str
    """As it is shown: that of what is made of others has quotes."""
    body: Body
    headers: Mapping[str, str] = {}
    """Beside those of the object, or in their place."""
    content_type: str = ""


def of(opened: Found, request: Request) -> Download:
    """An object that is whole in itself."""

    def body(part: Part) -> bytes | AsyncIterator[bytes]:
        if opened.path is None:
            return (opened.content or b"")[part.offset : part.offset + part.length]
        return request.file_body(opened.path, part.offset, part.length)

    return Download(opened.object, opened.object.size, opened.object.etag, body)


def headers_of(download: Download) -> dict[str, str]:
    thing = download.thing
    shown = {
        "Etag": download.etag,
        "Last-Modified": times.http_date(thing.created_at),
        "X-Timestamp": times.timestamp(thing.created_at),
        "Accept-Ranges": "bytes",
        **metadata.shown(thing.headers, to_owner=True),
        **download.headers,
    }
    if thing.delete_at is not None:
        shown["X-Delete-At"] = str(thing.delete_at)
    return shown


def reply(download: Download, headers: Mapping[str, str], *, is_head: bool = False) -> Reply:
    """The answer to a request with these headers."""
    thing, size = download.thing, download.size
    shown = headers_of(download)
    kind = download.content_type or thing.content_type
    verdict = conditions.judge(headers, download.etag.strip('"'), times.whole_seconds(thing.created_at))
    if verdict == "failed":
        raise errors.PreconditionFailed
    if verdict == "not modified":
        return Reply(b"", status=304, headers=shown, content_type=kind, has_utf8_headers=True)
    if is_head:
        shown["Content-Length"] = str(size)
        return Reply(b"", status=200, headers=shown, content_type=kind, has_utf8_headers=True)
    parts = ranges.parts(headers.get("range"), size)
    if parts == [] and size:
        shown["Content-Range"] = f"bytes */{size}"
        return Reply(
            faults.page(416), status=416, headers=shown, content_type=faults.HTML, has_utf8_headers=True
        )
    if parts and len(parts) > 1:
        return _several(download, parts, shown, kind)
    part = parts[0] if parts else Part(0, size)
    if parts:
        shown["Content-Range"] = part.of(size)
    shown["Content-Length"] = str(part.length)
    return Reply(
        download.body(part) if part.length else b"",
        status=206 if parts else 200,
        headers=shown,
        content_type=kind,
        has_utf8_headers=True,
    )


def _several(download: Download, parts: Sequence[Part], shown: dict[str, str], kind: str) -> Reply:
    """The parts one after the other, each with a head of its own (RFC 9110 §14.6)."""
    boundary = new_hex()
    heads = [
        f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: {part.of(download.size)}\r\n\r\n".encode()
        for part in parts
    ]
    end = f"--{boundary}--".encode()
    length = sum(len(head) + part.length + 2 for head, part in zip(heads, parts, strict=True)) + len(end)

    async def pieces() -> AsyncIterator[bytes]:
        for head, part in zip(heads, parts, strict=True):
            yield head
            body = download.body(part)
            if isinstance(body, bytes):
                yield body
            else:
                async for piece in body:
                    yield piece
            yield b"\r\n"
        yield end

    return Reply(
        pieces(),
        status=206,
        headers={**shown, "Content-Length": str(length)},
        content_type=f"multipart/byteranges;boundary={boundary}",
        has_utf8_headers=True,
    )
