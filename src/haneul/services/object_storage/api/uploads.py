"""Requests about many things: a list of what is to be deleted, an archive of what is to be there."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Reply, Request
from haneul.services.object_storage import errors, policy
from haneul.services.object_storage.api import bulk_answers
from haneul.services.object_storage.api.answers import place_of
from haneul.services.object_storage.model import metadata, names
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.operations import access, bulk

ERRORS = (errors.ObjectTooLarge,)
LIST_BYTES = bulk.MOST_DELETES * 3 * (names.LONGEST_CONTAINER + names.LONGEST_OBJECT + 2)


async def bulk_delete(ctx: Context, request: Request) -> Reply:
    """What the lines of the body name is gone, each path below the account with its escapes."""
    account = place_of(request).account
    access.require(ctx, account, policy.READ)
    lines = (await request.body(LIST_BYTES)).split(b"\n")
    if len(lines) > bulk.MOST_DELETES + 1:
        raise errors.BadHeader(reason=f"Maximum Bulk Deletes: {bulk.MOST_DELETES} per request")
    outcome = bulk.Outcome()
    places = []
    for line in lines:
        text = line.strip().decode("utf-8", "replace")
        if not text:
            continue
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


async def extract(ctx: Context, request: Request, kind: str) -> Reply:
    """What is in the archive is there."""
    place = place_of(request)
    access.require(ctx, place.account, policy.OPERATE)
    sent = metadata.named("object", request.headers())
    outcome = await bulk.extract(ctx, place, kind, request.chunks(), sent)
    return bulk_answers.reply(outcome, request, counted="Number Files Created")
