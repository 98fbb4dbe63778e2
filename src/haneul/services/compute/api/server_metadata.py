"""/servers/{id}/metadata and /servers/{id}/tags"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http import Reply, Routes
from haneul.kernel.http.metadata import Pairs
from haneul.kernel.policy import Rule
from haneul.services.compute import errors
from haneul.services.compute.api import server_answers
from haneul.services.compute.api.links import links
from haneul.services.compute.api.server_schemas import MetadataBody, MetaItem, TagsBody
from haneul.services.compute.model.servers import Server
from haneul.services.compute.operations import actions, servers
from haneul.services.compute.policy import servers as policy

routes = Routes("/v2.1/servers/{id}")


async def _save(ctx: Context, rule: Rule, server: Server, pairs: dict[str, str]) -> dict[str, str]:
    action = "delete metadata" if rule == policy.REMOVE_METADATA else "update metadata"
    return (await actions.set_metadata(ctx, server, pairs, action)).metadata


METADATA = Pairs(
    lambda ctx, rule, id: servers.show(ctx, id, rule),
    _save,
    missing=lambda server, key: NotFound("Metadata item was not found"),
    body=MetadataBody,
    one_body=MetaItem,
    answer=server_answers.Metadata,
    one_answer=server_answers.OneMetadata,
    errors=(errors.ServerNotFound,),
    no_key=NotFound,
    unsaved=(errors.WrongState, errors.Locked),
)
METADATA.serve(
    routes,
    "/metadata",
    {
        "list": policy.LIST_METADATA,
        "add": policy.ADD_METADATA,
        "replace": policy.REPLACE_METADATA,
        "show": policy.SHOW_METADATA,
        "set": policy.SET_METADATA,
        "remove": policy.REMOVE_METADATA,
    },
)


@routes.get(
    "/tags",
    policy=policy.LIST_TAGS,
    since="2.26",
    answer=server_answers.Tags,
    errors=(errors.ServerNotFound,),
)
async def list_tags(ctx: Context, id: str) -> dict[str, Any]:
    """The server's tags."""
    return {"tags": (await servers.show(ctx, id, policy.LIST_TAGS)).tags}


@routes.put(
    "/tags",
    policy=policy.REPLACE_TAGS,
    since="2.26",
    answer=server_answers.Tags,
    errors=(errors.ServerNotFound, errors.WrongState, errors.Locked),
)
async def replace_tags(ctx: Context, id: str, body: TagsBody) -> dict[str, Any]:
    """The server has exactly these tags."""
    server = await actions.for_tagging(ctx, id, policy.REPLACE_TAGS, "update tags")
    return {"tags": (await actions.set_tags(ctx, server, body.tags)).tags}


@routes.delete(
    "/tags",
    policy=policy.REMOVE_TAGS,
    since="2.26",
    errors=(errors.ServerNotFound, errors.WrongState, errors.Locked),
)
async def delete_tags(ctx: Context, id: str) -> None:
    """The server has no tags."""
    await actions.set_tags(ctx, await actions.for_tagging(ctx, id, policy.REMOVE_TAGS, "delete tags"), [])


@routes.get(
    "/tags/{tag}", status=204, policy=policy.SHOW_TAG, since="2.26", errors=(errors.ServerNotFound, NotFound)
)
async def check_tag(ctx: Context, id: str, tag: str) -> None:
    """204 if the server has the tag."""
    if tag not in (await servers.show(ctx, id, policy.SHOW_TAG)).tags:
        raise NotFound(f"Server {id} has no tag '{tag}'")


@routes.put(
    "/tags/{tag}",
    status=204,
    policy=policy.ADD_TAG,
    since="2.26",
    answer=None,
    other_answers={201: None},
    errors=(errors.ServerNotFound, errors.WrongState, errors.Locked),
)
async def add_tag(ctx: Context, id: str, tag: str) -> Reply:
    """The server has this tag: 201 if it is new."""
    if not 0 < len(tag) <= 60 or "," in tag:
        raise BadRequest(f"Invalid input for field/attribute tag. Value: {tag}.")
    server = await actions.for_tagging(ctx, id, policy.ADD_TAG, "update tag")
    if tag in server.tags:
        return Reply(status=204)
    if len(server.tags) >= 50:
        raise BadRequest("The number of tags exceeded the per-server limit 50")
    await actions.set_tags(ctx, server, [*server.tags, tag])
    return Reply(
        status=201, headers={"Location": f"{links(ctx, f'servers/{id}')[0]['href']}/tags/{quote(tag)}"}
    )


@routes.delete(
    "/tags/{tag}",
    policy=policy.REMOVE_TAG,
    since="2.26",
    errors=(errors.ServerNotFound, errors.WrongState, errors.Locked, NotFound),
)
async def delete_tag(ctx: Context, id: str, tag: str) -> None:
    """The server does not have this tag."""
    server = await actions.for_tagging(ctx, id, policy.REMOVE_TAG, "delete tag")
    if tag not in server.tags:
        raise NotFound(f"Server {id} has no tag '{tag}'")
    await actions.set_tags(ctx, server, [t for t in server.tags if t != tag])
