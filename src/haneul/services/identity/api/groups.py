"""/groups"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.kernel.ids import new_hex
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.bodies import Id, Name, Text, read, sent
from haneul.services.identity.api.domains import default_domain, own_domain
from haneul.services.identity.api.lists import expiry_filters, links, listing
from haneul.services.identity.api.views import user_view
from haneul.services.identity.errors import ImmutableId
from haneul.services.identity.model.users import Group
from haneul.services.identity.operations import access, directories, groups
from haneul.services.identity.operations.collections import DOMAINS, GROUPS, USERS

routes = Routes("/v3")


class NewGroup(Schema):
    name: Name
    domain_id: Id | UnsetType = UNSET
    description: Text | None = None


class ChangedGroup(Schema):
    name: Name | UnsetType = UNSET
    domain_id: Id | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET


class GroupBody(Strict):
    group: Document


def view(ctx: Context, group: Group) -> dict[str, Any]:
    return {
        **group.extra,
        "id": group.id,
        "name": group.name,
        "domain_id": group.domain_id,
        "description": group.description,
        "links": links(ctx, f"groups/{group.id}"),
    }


@routes.get(
    "/groups",
    policy=policy.LIST_GROUPS,
    answer=answers.Groups,
    errors=(
        NotFound,
        errors.ThingNotFound,
    ),
)
async def list_groups(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List groups."""
    ctx.authorize(policy.LIST_GROUPS, {"target": {"group": {"domain_id": ctx.auth.domain_id}}})
    await directories.refresh_all(ctx, query.get("domain_id") or ctx.auth.domain_id)
    return await listing(
        ctx, request, query, GROUPS, "groups", view, texts=("name", "domain_id"), fixed=own_domain(ctx)
    )


@routes.post(
    "/groups",
    status=201,
    policy=policy.CREATE_GROUP,
    answer=answers.OneGroup,
    errors=(errors.DirectoryIsReadOnly, errors.DuplicateThing, errors.ThingNotFound),
)
async def create_group(ctx: Context, body: GroupBody) -> dict[str, Any]:
    """Create a group."""
    new, extra = read(NewGroup, body.group, of="group")
    group = Group(new_hex(), new.name, new.domain_id or default_domain(ctx), new.description or "", extra)
    ctx.authorize(policy.CREATE_GROUP, access.target(group={"domain_id": new.domain_id or None}))
    await access.exists(ctx, DOMAINS, group.domain_id)
    await directories.require_writable(ctx, group.domain_id)
    return {"group": view(ctx, await access.add(ctx, GROUPS, group))}


@routes.get(
    "/groups/{group_id}", policy=policy.GET_GROUP, answer=answers.OneGroup, errors=(errors.ThingNotFound,)
)
async def show_group(ctx: Context, group_id: str) -> dict[str, Any]:
    """Show a group."""
    return {"group": view(ctx, await access.find(ctx, policy.GET_GROUP, GROUPS, group_id))}


@routes.patch(
    "/groups/{group_id}",
    policy=policy.UPDATE_GROUP,
    answer=answers.OneGroup,
    errors=(errors.DirectoryIsReadOnly, errors.ThingNotFound, errors.ImmutableId, errors.DuplicateThing),
)
async def update_group(ctx: Context, group_id: str, body: GroupBody) -> dict[str, Any]:
    """Change a group."""
    changed, extra = read(ChangedGroup, body.group, of="group", may_be_empty=False)
    group = await access.find(ctx, policy.UPDATE_GROUP, GROUPS, group_id)
    await directories.require_writable(ctx, group.domain_id)
    changes = sent(changed)
    if changes.get("domain_id", group.domain_id) != group.domain_id:
        raise ImmutableId(kind="Domain")
    if extra.pop("id", group_id) != group_id:
        raise ImmutableId(kind="group")
    changes["description"] = changes.get("description", group.description) or ""
    new = access.changed(group, changes, extra)
    return {"group": view(ctx, await access.write(ctx, GROUPS, new))}


@routes.delete(
    "/groups/{group_id}",
    policy=policy.DELETE_GROUP,
    asks_late=True,
    errors=(errors.DirectoryIsReadOnly, errors.ThingNotFound),
)
async def delete_group(ctx: Context, group_id: str) -> None:
    """Delete a group; its members stay."""
    group = await access.find_openly(ctx, policy.DELETE_GROUP, GROUPS, group_id)
    await directories.require_writable(ctx, group.domain_id)
    await groups.delete(ctx, group)


@routes.get(
    "/groups/{group_id}/users",
    policy=policy.LIST_USERS_IN_GROUP,
    answer=answers.Users,
    errors=(
        errors.ThingNotFound,
        NotFound,
    ),
)
async def list_users(ctx: Context, group_id: str, request: Request, query: Query) -> dict[str, Any]:
    """List the users in a group."""
    await directories.refresh_domain_of(ctx, group_id)
    await access.find(ctx, policy.LIST_USERS_IN_GROUP, GROUPS, group_id)
    return await listing(
        ctx, request, query, USERS, "users", user_view,
        texts=("name", "domain_id"), truths=("enabled",), fixed=[*own_domain(ctx), *expiry_filters(query)],
        narrowed={"in_group": group_id},
    )  # fmt: skip


async def _pair(ctx: Context, rule: Rule, group_id: str, user_id: str) -> Group:
    """Both exist, and the asker may act on them."""
    user = await USERS.get(ctx, user_id)
    group = await access.find(ctx, rule, GROUPS, group_id, user=user)
    access.existing(user, "user", user_id)
    return group


@routes.put(
    "/groups/{group_id}/users/{user_id}",
    status=204,
    policy=policy.ADD_USER_TO_GROUP,
    errors=(errors.DirectoryIsReadOnly, errors.ThingNotFound),
)
async def add_user(ctx: Context, group_id: str, user_id: str) -> None:
    """Add a user to a group."""
    group = await _pair(ctx, policy.ADD_USER_TO_GROUP, group_id, user_id)
    await directories.require_writable(ctx, group.domain_id)
    await groups.add_member(ctx, group_id, user_id)


@routes.get(
    "/groups/{group_id}/users/{user_id}",
    status=204,
    policy=policy.CHECK_USER_IN_GROUP,
    errors=(errors.ThingNotFound,),
)
async def check_user(ctx: Context, group_id: str, user_id: str) -> None:
    """Whether a user is in a group."""
    await _pair(ctx, policy.CHECK_USER_IN_GROUP, group_id, user_id)
    await groups.require_member_now(ctx, group_id, user_id)


@routes.delete(
    "/groups/{group_id}/users/{user_id}",
    policy=policy.REMOVE_USER_FROM_GROUP,
    errors=(
        errors.ThingNotFound,
        errors.DirectoryIsReadOnly,
    ),
)
async def remove_user(ctx: Context, group_id: str, user_id: str) -> None:
    """Take a user out of a group."""
    group = await _pair(ctx, policy.REMOVE_USER_FROM_GROUP, group_id, user_id)
    await directories.require_writable(ctx, group.domain_id)
    await groups.remove_member(ctx, group_id, user_id)
