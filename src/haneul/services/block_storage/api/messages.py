"""/messages: why work failed after it was accepted, as its owner may be told"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Query
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import lists, other_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.messages import Message
from haneul.services.block_storage.operations import messages

routes = ProjectRoutes()

SORTABLE = {
    "id": "id",
    "event_id": "event_id",
    "resource_uuid": "resource_id",
    "resource_type": "resource_type",
    "message_level": "level",
    "request_id": "request_id",
    "created_at": "created_at",
}
FILTERS = {
    "resource_uuid": "resource_id",
    "resource_type": "resource_type",
    "event_id": "event_id",
    "request_id": "request_id",
    "message_level": "level",
}
ADMINS_FILTERS = {"id": "id", "project_id": "project_id"}
LISTING = lists.Listing("messages", messages.list_all, SORTABLE, FILTERS, ADMINS_FILTERS, is_counted=False)


@routes.get(
    "/messages",
    policy=policy.GET_ALL_MESSAGES,
    since="3.3",
    answer=other_answers.Messages,
    errors=(errors.MessageNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_messages(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of what the project was told; before 3.5 all of it."""

    async def shown(rows: list[Message]) -> list[dict[str, Any]]:
        return [_view(ctx, m) for m in rows]

    if ctx.wants(versions.MESSAGES_ARE_PAGED):
        return await LISTING.answer(ctx, query, "/messages", shown)
    everything = await messages.list_all(
        ctx,
        [],
        all_projects=False,
        sort=lists.SORTING.read(Query(""), SORTABLE),
        marker=None,
        limit=lists.MOST,
    )
    return {"messages": await shown(everything)}


@routes.get(
    "/messages/{id}",
    policy=policy.GET_MESSAGE,
    since="3.3",
    answer=other_answers.OneMessage,
    errors=(errors.MessageNotFound,),
)
async def show_message(ctx: Context, id: str) -> dict[str, Any]:
    """Why something failed, as its owner may be told."""
    return {"message": _view(ctx, await messages.show(ctx, id))}


@routes.delete("/messages/{id}", policy=policy.DELETE_MESSAGE, since="3.3", errors=(errors.MessageNotFound,))
async def delete_message(ctx: Context, id: str) -> None:
    """The message is gone."""
    await messages.delete(ctx, id)


def _view(ctx: Context, m: Message) -> dict[str, Any]:
    return {
        "id": m.id,
        "event_id": m.event_id,
        "user_message": m.text,
        "message_level": m.level,
        "created_at": lists.time(m.created_at),
        "guaranteed_until": lists.time(m.expires_at),
        "request_id": m.request_id,
        "resource_type": m.resource_type,
        "resource_uuid": m.resource_id,
        "links": lists.links(ctx, "messages", m.id),
    }
