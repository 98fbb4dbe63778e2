"""Answers with an object's data: all of it, a part, or several parts, if the conditions of the request hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from haneul.kernel.http.routes import Reply, Request
from haneul.kernel.ids import new_hex
from haneul.services.object_storage import errors
from haneul.services.object_storage.api import faults
from haneul.services.object_storage.model import conditions, metadata, ranges, times
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.model.ranges import Part
from haneul.services.object_storage.operations.objects import Found


def headers_of(thing: StoredObject) -> dict[str, str]:
    shown = {
        "Etag": thing.etag,
        "Last-Modified": times.http_date(thing.created_at),
        "X-Timestamp": times.timestamp(thing.created_at),
        "Accept-Ranges": "bytes",
        **metadata.shown(thing.headers, to_owner=True),
    }
    if thing.delete_at is not None:
        shown["X-Delete-At"] = str(thing.delete_at)
    return shown


def _stops(thing: StoredObject, headers: Mapping[str, str]) -> Reply | None:
    """The answer where the request's conditions do not hold."""
    verdict = conditions.judge(headers, thing.etag, times.whole_seconds(thing.created_at))
    if verdict == "failed":
        raise errors.PreconditionFailed
    if verdict == "not modified":
        return Reply(
            b"", status=304, headers=headers_of(thing), content_type=thing.content_type, has_utf8_headers=True
        )
    return None


def head(thing: StoredObject, headers: Mapping[str, str]) -> Reply:
    if (stopped := _stops(thing, headers)) is not None:
        return stopped
    shown = {**headers_of(thing), "Content-Length": str(thing.size)}
    return Reply(
        None, status=200, headers={**shown, "Content-Type": thing.content_type}, has_utf8_headers=True
    )


def reply(found: Found, request: Request, headers: Mapping[str, str]) -> Reply:
    thing = found.object
    if (stopped := _stops(thing, headers)) is not None:
        return stopped
    shown = headers_of(thing)
    parts = ranges.parts(headers.get("range"), thing.size)
    if parts == [] and thing.size:
        shown["Content-Range"] = f"bytes */{thing.size}"
        return Reply(
            faults.page(416), status=416, headers=shown, content_type=faults.HTML, has_utf8_headers=True
        )
    if not parts:
        return _data(found, request, Part(0, thing.size), 200, shown)
    if len(parts) == 1:
        return _data(found, request, parts[0], 206, {**shown, "Content-Range": parts[0].of(thing.size)})
    return _several(found, request, parts, shown)


def _data(found: Found, request: Request, part: Part, status: int, shown: dict[str, str]) -> Reply:
    return Reply(
        _body(found, request, part),
        status=status,
        headers={**shown, "Content-Length": str(part.length)},
        content_type=found.object.content_type,
        has_utf8_headers=True,
    )


def _body(found: Found, request: Request, part: Part) -> bytes | AsyncIterator[bytes]:
    if found.content is not None:
        return found.content[part.offset : part.offset + part.length]
    assert found.path is not None
    return request.file_body(found.path, part.offset, part.length)


def _several(found: Found, request: Request, parts: Sequence[Part], shown: dict[str, str]) -> Reply:
    """The parts one after the other, each with a head of its own (RFC 9110 §14.6)."""
    boundary, thing = new_hex(), found.object
    heads = [
        f"--{boundary}\r\nContent-Type: {thing.content_type}\r\nContent-Range: {part.of(thing.size)}\r\n\r\n".encode()
        for part in parts
    ]
    end = f"--{boundary}--".encode()
    length = sum(len(head) + part.length + 2 for head, part in zip(heads, parts, strict=True)) + len(end)

    async def pieces() -> AsyncIterator[bytes]:
        for each, part in zip(heads, parts, strict=True):
            yield each
            body = _body(found, request, part)
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
