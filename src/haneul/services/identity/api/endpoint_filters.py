"""/OS-EP-FILTER: endpoint groups, and which endpoints a project's catalogue shows"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema
from haneul.kernel.ids import new_hex
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers, catalog_answers, projects
from haneul.services.identity.api.bodies import Text, sent
from haneul.services.identity.api.catalog import endpoint_view
from haneul.services.identity.api.lists import links, listing, whole
from haneul.services.identity.errors import Invalid, NotFoundInBody
from haneul.services.identity.model.endpoint_filters import FIELDS, EndpointGroup
from haneul.services.identity.operations import access, endpoint_filters
from haneul.services.identity.operations.collections import ENDPOINT_GROUPS, ENDPOINTS, PROJECTS

routes = Routes("/v3/OS-EP-FILTER")

GroupName = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*\S[^\x00]*$")]


class Filters(Schema):
    interface: Literal["admin", "internal", "public"] | UnsetType = UNSET
    service_id: Text | UnsetType = UNSET
    region_id: Text | UnsetType = UNSET


class NewEndpointGroup(Schema):
    name: GroupName
    filters: Document
    description: Text | None = None


class ChangedEndpointGroup(Schema):
    name: GroupName | UnsetType = UNSET
    filters: Document | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET


class EndpointGroupBody(Schema):
    endpoint_group: NewEndpointGroup


class ChangedEndpointGroupBody(Schema):
    endpoint_group: ChangedEndpointGroup


def view(ctx: Context, group: EndpointGroup) -> dict[str, Any]:
    fields = ("id", "name", "description", "filters")
    document = {name: getattr(group, name) for name in fields}
    return {**document, "links": links(ctx, f"OS-EP-FILTER/endpoint_groups/{group.id}")}


def _checked(filters: dict[str, Any]) -> dict[str, Any]:
    """The filters, if they are some that endpoints can be compared with."""
    if not filters:
        raise Invalid(why="filters field is required and cannot be empty")
    if not set(filters) <= set(FIELDS):
        raise NotFoundInBody(field="service_id or region_id or interface", kind="endpoint_group")
    try:
        msgspec.convert(filters, Filters)
    except msgspec.ValidationError as problem:
        raise Invalid(why=f"Invalid input for field/attribute filters. {problem}") from None
    return filters


# groups


@routes.get(
    "/endpoint_groups",
    policy=policy.LIST_ENDPOINT_GROUPS,
    answer=catalog_answers.EndpointGroups,
    errors=(NotFound,),
)
async def list_groups(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List endpoint groups."""
    ctx.authorize(policy.LIST_ENDPOINT_GROUPS, {})
    return await listing(ctx, request, query, ENDPOINT_GROUPS, "endpoint_groups", view)


@routes.post(
    "/endpoint_groups",
    status=201,
    policy=policy.CREATE_ENDPOINT_GROUP,
    answer=catalog_answers.OneEndpointGroup,
    errors=(errors.Invalid, errors.NotFoundInBody),
)
async def create_group(ctx: Context, body: EndpointGroupBody) -> dict[str, Any]:
    """Create an endpoint group."""
    ctx.authorize(policy.CREATE_ENDPOINT_GROUP, {})
    new = body.endpoint_group
    group = EndpointGroup(new_hex(), new.name, _checked(new.filters), new.description)
    return {"endpoint_group": view(ctx, await endpoint_filters.create_group(ctx, group))}


async def _group(ctx: Context, rule: Rule, id: str) -> EndpointGroup:
    ctx.authorize(rule, {})
    group = await ENDPOINT_GROUPS.get(ctx, id)
    if group is None:
        raise NotFound(f"Could not find Endpoint Group: {id}.")
    return group


@routes.get(
    "/endpoint_groups/{endpoint_group_id}",
    policy=policy.GET_ENDPOINT_GROUP,
    answer=catalog_answers.OneEndpointGroup,
    errors=(NotFound, errors.ThingNotFound),
)
async def show_group(ctx: Context, endpoint_group_id: str) -> dict[str, Any]:
    """Show an endpoint group."""
    return {"endpoint_group": view(ctx, await _group(ctx, policy.GET_ENDPOINT_GROUP, endpoint_group_id))}


@routes.patch(
    "/endpoint_groups/{endpoint_group_id}",
    policy=policy.UPDATE_ENDPOINT_GROUP,
    answer=catalog_answers.OneEndpointGroup,
    errors=(NotFound, errors.ThingNotFound, errors.Invalid, errors.NotFoundInBody),
)
async def update_group(
    ctx: Context, endpoint_group_id: str, body: ChangedEndpointGroupBody
) -> dict[str, Any]:
    """Change an endpoint group."""
    group = await _group(ctx, policy.UPDATE_ENDPOINT_GROUP, endpoint_group_id)
    changes = sent(body.endpoint_group)
    if "filters" in changes:
        changes["filters"] = _checked(changes["filters"])
    return {"endpoint_group": view(ctx, await endpoint_filters.change_group(ctx, group, changes))}


@routes.delete(
    "/endpoint_groups/{endpoint_group_id}",
    policy=policy.DELETE_ENDPOINT_GROUP,
    errors=(NotFound, errors.ThingNotFound),
)
async def delete_group(ctx: Context, endpoint_group_id: str) -> None:
    """Delete an endpoint group."""
    await endpoint_filters.remove_group(
        ctx, await _group(ctx, policy.DELETE_ENDPOINT_GROUP, endpoint_group_id)
    )


@routes.get(
    "/endpoint_groups/{endpoint_group_id}/endpoints",
    policy=policy.LIST_ENDPOINTS_OF_ENDPOINT_GROUP,
    answer=catalog_answers.Endpoints,
    errors=(NotFound, errors.ThingNotFound),
)
async def list_endpoints_of_group(ctx: Context, endpoint_group_id: str, request: Request) -> dict[str, Any]:
    """List the endpoints that are in a group."""
    endpoints = await endpoint_filters.of_group(
        ctx, await _group(ctx, policy.LIST_ENDPOINTS_OF_ENDPOINT_GROUP, endpoint_group_id)
    )
    return whole(ctx, request, "endpoints", [endpoint_view(ctx, each) for each in endpoints])


@routes.get(
    "/endpoint_groups/{endpoint_group_id}/projects",
    policy=policy.LIST_PROJECTS_OF_ENDPOINT_GROUP,
    answer=answers.Projects,
    errors=(NotFound, errors.ThingNotFound),
)
async def list_projects_of_group(ctx: Context, endpoint_group_id: str, request: Request) -> dict[str, Any]:
    """List the projects that a group is given to."""
    group = await _group(ctx, policy.LIST_PROJECTS_OF_ENDPOINT_GROUP, endpoint_group_id)
    listed = await endpoint_filters.projects_of_group(ctx, group.id)
    return whole(ctx, request, "projects", [projects.view(ctx, each) for each in listed])


_PAIR = "/endpoint_groups/{endpoint_group_id}/projects/{project_id}"


@routes.put(
    _PAIR,
    status=204,
    policy=policy.ADD_ENDPOINT_GROUP_TO_PROJECT,
    errors=(errors.DuplicateThing, NotFound, errors.ThingNotFound),
)
async def give_group(ctx: Context, endpoint_group_id: str, project_id: str) -> None:
    """Give a project the endpoints of a group."""
    group = await _group(ctx, policy.ADD_ENDPOINT_GROUP_TO_PROJECT, endpoint_group_id)
    await access.exists(ctx, PROJECTS, project_id)
    await endpoint_filters.give_group(ctx, project_id, group.id)


@routes.get(
    _PAIR,
    policy=policy.GET_ENDPOINT_GROUP_IN_PROJECT,
    answer=catalog_answers.OneProjectEndpointGroup,
    errors=(NotFound, errors.ThingNotFound),
)
async def check_group(ctx: Context, endpoint_group_id: str, project_id: str) -> dict[str, Any]:
    """Whether a project has an endpoint group."""
    group = await _group(ctx, policy.GET_ENDPOINT_GROUP_IN_PROJECT, endpoint_group_id)
    await access.exists(ctx, PROJECTS, project_id)
    await endpoint_filters.require_group(ctx, project_id, group.id)
    path = f"OS-EP-FILTER/endpoint_groups/{group.id}/projects/{project_id}"
    pair = {"endpoint_group_id": group.id, "project_id": project_id, "links": links(ctx, path)}
    return {"project_endpoint_group": pair}


@routes.delete(
    _PAIR,
    policy=policy.REMOVE_ENDPOINT_GROUP_FROM_PROJECT,
    errors=(NotFound, errors.ThingNotFound),
)
async def take_group(ctx: Context, endpoint_group_id: str, project_id: str) -> None:
    """Take the endpoints of a group from a project."""
    group = await _group(ctx, policy.REMOVE_ENDPOINT_GROUP_FROM_PROJECT, endpoint_group_id)
    await access.exists(ctx, PROJECTS, project_id)
    await endpoint_filters.take_group(ctx, project_id, group.id)


@routes.get(
    "/projects/{project_id}/endpoint_groups",
    policy=policy.LIST_ENDPOINT_GROUPS_FOR_PROJECT,
    answer=catalog_answers.EndpointGroups,
    errors=(errors.ThingNotFound,),
)
async def list_groups_of_project(ctx: Context, project_id: str, request: Request) -> dict[str, Any]:
    """List the endpoint groups of a project."""
    ctx.authorize(policy.LIST_ENDPOINT_GROUPS_FOR_PROJECT, {})
    await access.exists(ctx, PROJECTS, project_id)
    groups = await endpoint_filters.groups_of(ctx, project_id)
    return whole(ctx, request, "endpoint_groups", [view(ctx, each) for each in groups])


# endpoints


@routes.get(
    "/projects/{project_id}/endpoints",
    policy=policy.LIST_ENDPOINTS_FOR_PROJECT,
    answer=catalog_answers.Endpoints,
    errors=(errors.ThingNotFound,),
)
async def list_endpoints(ctx: Context, project_id: str, request: Request) -> dict[str, Any]:
    """List the endpoints that are given to a project."""
    ctx.authorize(policy.LIST_ENDPOINTS_FOR_PROJECT, {})
    await access.exists(ctx, PROJECTS, project_id)
    endpoints = await endpoint_filters.of_project(ctx, project_id)
    return whole(ctx, request, "endpoints", [endpoint_view(ctx, each) for each in endpoints])


@routes.get(
    "/endpoints/{endpoint_id}/projects",
    policy=policy.LIST_PROJECTS_FOR_ENDPOINT,
    answer=answers.Projects,
    errors=(errors.ThingNotFound,),
)
async def list_projects(ctx: Context, endpoint_id: str, request: Request) -> dict[str, Any]:
    """List the projects that an endpoint is given to."""
    ctx.authorize(policy.LIST_PROJECTS_FOR_ENDPOINT, {})
    await access.exists(ctx, ENDPOINTS, endpoint_id)
    listed = await endpoint_filters.projects_of_endpoint(ctx, endpoint_id)
    return whole(ctx, request, "projects", [projects.view(ctx, each) for each in listed])


async def _require_both(ctx: Context, rule: Rule, project_id: str, endpoint_id: str) -> None:
    ctx.authorize(rule, {})
    await access.exists(ctx, ENDPOINTS, endpoint_id)
    await access.exists(ctx, PROJECTS, project_id)


_ENDPOINT = "/projects/{project_id}/endpoints/{endpoint_id}"


@routes.put(
    _ENDPOINT,
    status=204,
    policy=policy.ADD_ENDPOINT_TO_PROJECT,
    errors=(errors.DuplicateThing, errors.ThingNotFound),
)
async def give_endpoint(ctx: Context, project_id: str, endpoint_id: str) -> None:
    """Give a project an endpoint."""
    await _require_both(ctx, policy.ADD_ENDPOINT_TO_PROJECT, project_id, endpoint_id)
    await endpoint_filters.give_endpoint(ctx, project_id, endpoint_id)


@routes.get(
    _ENDPOINT,
    status=204,
    policy=policy.CHECK_ENDPOINT_IN_PROJECT,
    errors=(NotFound, errors.ThingNotFound),
)
async def check_endpoint(ctx: Context, project_id: str, endpoint_id: str) -> None:
    """Whether an endpoint is given to a project."""
    await _require_both(ctx, policy.CHECK_ENDPOINT_IN_PROJECT, project_id, endpoint_id)
    await endpoint_filters.require_endpoint(ctx, project_id, endpoint_id)


@routes.delete(
    _ENDPOINT,
    policy=policy.REMOVE_ENDPOINT_FROM_PROJECT,
    errors=(NotFound, errors.ThingNotFound),
)
async def take_endpoint(ctx: Context, project_id: str, endpoint_id: str) -> None:
    """Take an endpoint from a project."""
    ctx.authorize(policy.REMOVE_ENDPOINT_FROM_PROJECT, {})
    await endpoint_filters.take_endpoint(ctx, project_id, endpoint_id)
