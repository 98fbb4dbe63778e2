"""/os-server-groups"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Query, Routes, Strict, UnsetType, lists
from haneul.kernel.http.bounds import Number, Text
from haneul.services.compute import errors, versions
from haneul.services.compute.api import server_answers, values
from haneul.services.compute.api.links import page_size
from haneul.services.compute.model.server_groups import ServerGroup
from haneul.services.compute.operations import server_groups
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import server_groups as policy

routes = Routes("/v2.1")
Policy = Literal["anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity"]


class OldGroup(Strict):
    name: values.Text
    policies: Annotated[list[Policy], msgspec.Meta(min_length=1, max_length=1)]


class CreateOldGroup(Strict):
    server_group: OldGroup


class Rules(Strict):
    max_server_per_host: Number | Text = 1


class NewGroup(Strict):
    name: values.Text
    policy: Policy
    rules: Rules | UnsetType = UNSET


class CreateGroup(Strict):
    server_group: NewGroup


def view(ctx: Context, group: ServerGroup) -> dict[str, Any]:
    document: dict[str, Any] = {"id": group.id, "name": group.name, "members": group.members}
    if ctx.wants(versions.GROUPS_HAVE_ONE_POLICY):
        document |= {"policy": group.policy, "rules": group.rules}
    else:
        # A list that always held one, and metadata that nobody could ever set, went in 2.64.
        document |= {"policies": [group.policy], "metadata": {}}
    if ctx.wants(versions.GROUPS_HAVE_OWNERS):
        document |= {"project_id": group.project_id, "user_id": group.user_id}
    return document


@routes.get("/os-server-groups", policy=policy.LIST, answer=server_answers.ServerGroups)
async def list_groups(ctx: Context, query: Query) -> dict[str, Any]:
    """The project's server groups."""
    values.only(ctx, query, {"all_projects", "limit", "offset"})
    groups = await server_groups.list(
        ctx,
        # The parameter counts by being there, whatever its value.
        of_all="all_projects" in query and ctx.may(CONTEXT_IS_ADMIN, {}),
        offset=lists.NUMBERS.read(query, "offset") or 0,
        limit=page_size(query),
    )
    return {"server_groups": [view(ctx, g) for g in groups]}


@routes.get(
    "/os-server-groups/{id}",
    policy=policy.SHOW,
    answer=server_answers.OneServerGroup,
    errors=(errors.ServerGroupNotFound,),
)
async def show_group(ctx: Context, id: str) -> dict[str, Any]:
    """One server group."""
    return {"server_group": view(ctx, await server_groups.show(ctx, id))}


@routes.post(
    "/os-server-groups",
    policy=policy.CREATE,
    until="2.63",
    answer=server_answers.OneServerGroup,
    errors=(errors.TooManyServerGroups,),
)
async def create_group_2_63(ctx: Context, body: CreateOldGroup) -> dict[str, Any]:
    """Create a server group with one policy."""
    new = body.server_group
    # The schema of 2.15 let the soft ones in; before, they were none of its words.
    if new.policies[0].startswith("soft") and not ctx.wants(versions.SOFT_POLICIES):
        raise BadRequest(f"Invalid input for field/attribute policies. Value: {new.policies}.")
    name = values.name(new.name, "server_group.name")
    made = await server_groups.create(ctx, name=name, rule=new.policies[0], rules={})
    return {"server_group": view(ctx, made)}


@routes.post(
    "/os-server-groups",
    policy=policy.CREATE,
    since="2.64",
    answer=server_answers.OneServerGroup,
    errors=(errors.TooManyServerGroups,),
)
async def create_group(ctx: Context, body: CreateGroup) -> dict[str, Any]:
    """Create a server group; anti-affinity may allow several servers on a host."""
    new = body.server_group
    rules = {}
    if new.rules is not UNSET:
        if new.policy != "anti-affinity":
            raise BadRequest("Only anti-affinity policy supports rules.")
        most = values.integer(new.rules.max_server_per_host, "server_group.rules", least=1)
        rules = {"max_server_per_host": most}
    name = values.name(new.name, "server_group.name")
    made = await server_groups.create(ctx, name=name, rule=new.policy, rules=rules)
    return {"server_group": view(ctx, made)}


@routes.delete("/os-server-groups/{id}", policy=policy.DELETE, errors=(errors.ServerGroupNotFound,))
async def delete_group(ctx: Context, id: str) -> None:
    """Delete the group; its servers stay where they are."""
    await server_groups.delete(ctx, id)
