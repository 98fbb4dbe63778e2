"""Many things at once: deleted by a list of paths, or put from an archive."""

from __future__ import annotations

import asyncio
import mimetypes
import tarfile
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Literal

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, HaneulError, NotFound, Unauthorized
from haneul.services.object_storage import errors
from haneul.services.object_storage.config import ObjectStorageOptions
from haneul.services.object_storage.model import names
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.operations import containers, objects
from haneul.services.object_storage.operations.objects import NewObject

Headers = Mapping[str, str]
MOST_DELETES, MOST_FAILURES = 10_000, 1000


@dataclass
class Outcome:
    """What came of it: how many were done or were not there, and what went wrong with which."""

    done: int = 0
    not_found: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    """(path, status as it would have been for it alone)"""
    problem: str = ""
    """Why it ended before its time."""


async def delete(ctx: Context, places: Iterable[Place]) -> Outcome:
    """Each is gone: an object, or a container that is empty by then."""
    outcome = Outcome()
    for place in places:
        try:
            if place.name:
                await objects.delete(ctx, place)
            else:
                async with ctx.in_transaction() as c:
                    await containers.delete(c, place)
        except NotFound:
            outcome.not_found += 1
        except HaneulError as refusal:
            outcome.failures.append((f"/{place.container}/{place.name}".rstrip("/"), status(refusal)))
            if isinstance(refusal, Unauthorized):
                outcome.problem = "401 Unauthorized"
                return outcome
        else:
            outcome.done += 1
        if len(outcome.failures) >= MOST_FAILURES:
            outcome.problem = "Max delete failures exceeded"
            return outcome
    return outcome


STATUSES = {
    400: "Bad Request",
    404: "Not Found",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Request Entity Too Large",
}


def status(refusal: HaneulError) -> str:
    """The refusal as bulk answers list it: a status line, which for one forbidden is always the same."""
    if isinstance(refusal, Forbidden):
        return "403 Forbidden"
    return f"{refusal.status} {STATUSES.get(refusal.status, 'Error')}"


KINDS: dict[str, Literal["r:", "r:gz", "r:bz2"]] = {"tar": "r:", "tar.gz": "r:gz", "tar.bz2": "r:bz2"}
PIECE = 1 << 20


async def extract(
    ctx: Context, place: Place, kind: str, chunks: AsyncIterator[bytes], headers: Headers
) -> Outcome:
    """Each file of the archive is an object below the place, and the containers for them are there."""
    outcome = Outcome()
    if kind not in KINDS:
        raise errors.BadHeader(reason="Unsupported archive format")
    limit = ctx.options(ObjectStorageOptions).object_bytes_max
    with tempfile.TemporaryFile(dir=ctx.platform.folder) as file:
        size = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise errors.ObjectTooLarge(limit=limit)
            await asyncio.to_thread(file.write, chunk)
        file.seek(0)
        try:
            archive = await asyncio.to_thread(tarfile.open, fileobj=file, mode=KINDS[kind])
            while (member := await asyncio.to_thread(archive.next)) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # each is looked at once
                if member.isfile():
                    await _extract_one(ctx, place, archive, member, headers, outcome)
                if len(outcome.failures) >= MOST_FAILURES:
                    outcome.problem = "Too many failures"
                    break
        except (
            tarfile.TarError,
            OSError,
            EOFError,
            zlib.error,
            UnicodeError,
            ValueError,
            OverflowError,
        ) as problem:
            outcome.problem = f"Invalid Tar File: {problem}"
    if not outcome.done and not outcome.failures and not outcome.problem:
        outcome.problem = "Invalid Tar File: No Valid Files"
    return outcome


async def _extract_one(
    ctx: Context,
    place: Place,
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    headers: Headers,
    outcome: Outcome,
) -> None:
    below = "/".join(part for part in (place.container, place.name) if part)
    path = "/".join(part for part in (below, *member.name.split("/")) if part not in ("", "."))
    container, _, name = path.partition("/")
    target = Place(place.account, container, name)
    if not name:
        return
    try:
        names.decoded(names.quoted(path))
        async with ctx.in_transaction() as c:
            await containers.create_if_missing(c, target)
        source = archive.extractfile(member)
        kind = mimetypes.guess_type(name, strict=False)[0] or "application/octet-stream"
        await objects.put(
            ctx, target, NewObject(kind, dict(headers)), _pieces(source, member.size), length=member.size
        )
    except HaneulError as refusal:
        outcome.failures.append((f"/{path}", status(refusal)))
    else:
        outcome.done += 1


async def _pieces(source: IO[bytes] | None, size: int) -> AsyncIterator[bytes]:
    left = size if source is not None else 0
    while source is not None and left:
        piece = await asyncio.to_thread(source.read, min(left, PIECE))
        if not piece:
            raise errors.BadHeader(reason="Invalid Tar File")
        left -= len(piece)
        yield piece
