"""Many things at once: deleted by a list of paths, or put from an archive."""

from __future__ import annotations

import asyncio
import mimetypes
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, HaneulError, NotFound, Unauthorized
from haneul.services.object_storage import errors
from haneul.services.object_storage.config import ObjectStorageOptions
from haneul.services.object_storage.model import names
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.operations import archives, containers, objects
from haneul.services.object_storage.operations.archives import Archive, BadArchive
from haneul.services.object_storage.operations.objects import NewObject

Headers = Mapping[str, str]
MOST_DELETES, MOST_FAILURES, MOST_CONTAINERS = 10_000, 1000, 10_000


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
                await ctx.transact(containers.delete, place)
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


async def extract(
    ctx: Context, place: Place, kind: str, chunks: AsyncIterator[bytes], headers: Headers
) -> Outcome:
    """Each file of the archive is an object below the place, and the containers for them are there."""
    outcome = Outcome()
    if kind not in archives.KINDS:
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
        archive = Archive(archives.unpacked(file, kind))
        try:
            await _extract_all(ctx, place, archive, headers, outcome)
        except (BadArchive, *archives.BROKEN) as problem:
            outcome.problem = f"Invalid Tar File: {problem}"
    if not outcome.done and not outcome.failures and not outcome.problem:
        outcome.problem = "Invalid Tar File: No Valid Files"
    return outcome


async def _extract_all(
    ctx: Context, place: Place, archive: Archive, headers: Headers, outcome: Outcome
) -> None:
    below = "/".join(part for part in (place.container, place.name) if part)
    made: set[str] = set()
    while (member := await archive.next()) is not None:
        shown = member.name.decode("utf-8", "replace")
        path = "/".join(part for part in (below, *shown.split("/")) if part not in ("", "."))
        container, _, name = path.partition("/")
        if not name:
            continue
        try:
            names.decoded(quote(member.name))
            target = Place(place.account, container, name)
            if container not in made:
                if len(made) >= MOST_CONTAINERS:
                    outcome.problem = f"More than {MOST_CONTAINERS} containers to create from tar."
                    return
                await ctx.transact(containers.create_if_missing, target)
                made.add(container)
            kind = mimetypes.guess_type(name, strict=False)[0] or "application/octet-stream"
            await objects.put(
                ctx, target, NewObject(kind, dict(headers)), _content(archive), length=member.size
            )
        except HaneulError as refusal:
            outcome.failures.append((f"/{path}", status(refusal)))
        else:
            outcome.done += 1
        if len(outcome.failures) >= MOST_FAILURES:
            outcome.problem = "Too many failures"
            return


async def _content(archive: Archive) -> AsyncIterator[bytes]:
    while piece := await archive.read():
        yield piece
