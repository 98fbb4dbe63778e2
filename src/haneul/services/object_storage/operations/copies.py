"""Copies of objects: the same data under another name, at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from haneul.kernel import disk_files
from haneul.kernel.context import Context
from haneul.services.object_storage import errors
from haneul.services.object_storage.model import conditions, metadata, names, times
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.operations import objects
from haneul.services.object_storage.operations.objects import NewObject

FORM = "<container name>/<object name>"


def source(place: Place, headers: Mapping[str, str]) -> Place:
    """What `X-Copy-From` names."""
    container, name = names.within_container(headers["x-copy-from"], "X-Copy-From", FORM)
    return Place(_account(headers, "x-copy-from-account", place.account), container, name)


def target(place: Place, headers: Mapping[str, str]) -> Place:
    """What `Destination` names."""
    if not (said := headers.get("destination")):
        raise errors.BadName(reason="Destination header required")
    container, name = names.within_container(said, "Destination", FORM)
    return Place(_account(headers, "destination-account", place.account), container, name)


def _account(headers: Mapping[str, str], header: str, default: str) -> str:
    if not (said := headers.get(header)):
        return default
    account = names.decoded(said)
    if not account or "/" in account:
        raise errors.BadName(reason="Account name cannot contain slashes")
    return account


async def copy(
    ctx: Context,
    source: Place,
    target: Place,
    said: Mapping[str, str],
    *,
    content_type: str | None,
    delete_at: int | None,
    is_fresh: bool,
    headers: Mapping[str, str],
    referrer: str = "",
) -> tuple[StoredObject, StoredObject]:
    """The original, and its copy, which has what was said of it, and else what the original has."""
    found = await objects.read(ctx, source, referrer=referrer)
    original = found.object
    if conditions.judge(headers, original.etag, times.whole_seconds(original.created_at)) != "go on":
        raise errors.PreconditionFailed
    kept = metadata.changed("object", {} if is_fresh else original.headers, said)
    new = NewObject(
        content_type or original.content_type,
        kept,
        delete_at or (None if is_fresh else original.delete_at),
    )
    chunks = _once(found.content) if found.content is not None else _file(found.path, original.size)
    made = await objects.put(ctx, target, new, chunks, length=original.size, etag=original.etag)
    return original, made


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _file(path: Path | None, size: int) -> AsyncIterator[bytes]:
    assert path is not None
    async for piece in disk_files.read(path, 0, size):
        yield piece
