"""Requests about many things: a list of what is to be deleted, an archive of what is to be there."""

from __future__ import annotations

from collections.abc import AsyncIterator

from haneul.kernel.context import Context
from haneul.kernel.errors import TooLarge
from haneul.kernel.http.routes import Reply, Request
from haneul.services.object_storage import errors, policy
from haneul.services.object_storage.api import bulk_answers
from haneul.services.object_storage.api.answers import place_of
from haneul.services.object_storage.model import metadata, names
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.operations import access, bulk

ERRORS = (errors.ObjectTooLarge,)
LONGEST_LINE = 2 * 3 * (names.LONGEST_CONTAINER + names.LONGEST_OBJECT + 2)
MOST_LINES = 10 * bulk.MOST_DELETES
"""Empty ones count too."""
LIST_BYTES = bulk.MOST_DELETES * 3 * (names.LONGEST_CONTAINER + names.LONGEST_OBJECT + 2)


async def bulk_delete(ctx: Context, request: Request) -> Reply:
    """What the lines of the body name is gone, each path below the account with its escapes."""
    account = place_of(request).account
    access.require(ctx, account, policy.READ)
    outcome = bulk.Outcome()
    places: list[Place] = []
    async for line in _lines(request):
        if len(line) > LONGEST_LINE:
            outcome.problem = "Invalid File Name"
            return bulk_answers.reply(outcome, request)
        text = line.strip().decode("utf-8", "replace")
        if not text:
            continue
        if len(places) + len(outcome.failures) >= bulk.MOST_DELETES:
            outcome.problem = f"Maximum Bulk Deletes: {bulk.MOST_DELETES} per request"
            return bulk_answers.reply(outcome, request, problem_status="413 Request Entity Too Large")
        try:
            container, _, name = names.decoded(text).removeprefix("/").partition("/")
            names.require_container(container)
            names.require_object(name)
            places.append(Place(account, container, name))
        except (errors.BadName, errors.BadHeader) as refusal:
            outcome.failures.append((text[:1024], bulk.status(refusal)))
    if not places and not outcome.failures:
        outcome.problem = "Invalid bulk delete."
        return bulk_answers.reply(outcome, request)
    done = await bulk.delete(ctx, places)
    done.failures[:0] = outcome.failures
    return bulk_answers.reply(done, request)


async def _lines(request: Request) -> AsyncIterator[bytes]:
    """Each line as it arrives; the last one may be cut where it is too long. TooLarge for what never ends."""
    held, size, count = b"", 0, 0
    async for chunk in request.chunks():
        size += len(chunk)
        if size > LIST_BYTES:
            raise TooLarge(limit=LIST_BYTES)
        *lines, held = (held + chunk).split(b"\n")
        count += len(lines)
        if count > MOST_LINES:
            raise TooLarge(limit=MOST_LINES)
        for line in filter(None, lines):
            yield line
        if len(held) > LONGEST_LINE:
            break
    yield held


async def extract(ctx: Context, request: Request, kind: str) -> Reply:
    """What is in the archive is there."""
    place = place_of(request)
    access.require(ctx, place.account, policy.OPERATE)
    sent = metadata.named("object", request.headers())
    outcome = await bulk.extract(ctx, place, kind, request.chunks(), sent)
    return bulk_answers.reply(outcome, request, counted="Number Files Created")
