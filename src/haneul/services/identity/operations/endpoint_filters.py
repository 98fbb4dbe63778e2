"""Giving projects endpoints, alone or by groups; what follows is shown in their catalogues."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.db import Tx
from haneul.kernel.errors import NotFound
from haneul.services.identity.errors import DuplicateThing
from haneul.services.identity.model.catalog import Endpoint
from haneul.services.identity.model.endpoint_filters import (
    EndpointGroup,
    ProjectEndpoint,
    ProjectEndpointGroup,
    shown,
)
from haneul.services.identity.model.projects import Project
from haneul.services.identity.operations import tokens
from haneul.services.identity.store.catalog import ENDPOINTS
from haneul.services.identity.store.endpoint_filters import (
    ENDPOINT_GROUPS,
    PROJECT_ENDPOINT_GROUPS,
    PROJECT_ENDPOINTS,
)
from haneul.services.identity.store.projects import PROJECTS


async def of_project(ctx: Context, project_id: str) -> list[Endpoint]:
    """The endpoints that are given to the project."""
    associations = await PROJECT_ENDPOINTS.find(ctx.tx, project_id=project_id)
    groups = await groups_of(ctx, project_id)
    if not (associations or groups):
        return []
    return shown(await ENDPOINTS.page(ctx.tx), associations, groups)


async def groups_of(ctx: Context, project_id: str) -> list[EndpointGroup]:
    """The endpoint groups that the project was given itself."""
    pairs = await PROJECT_ENDPOINT_GROUPS.find(ctx.tx, project_id=project_id)
    if not pairs:
        return []
    return await ENDPOINT_GROUPS.among(ctx.tx, "id", [each.endpoint_group_id for each in pairs])


async def of_group(ctx: Context, group: EndpointGroup) -> list[Endpoint]:
    """The endpoints that the group's filters let in, now."""
    return [each for each in await ENDPOINTS.page(ctx.tx) if group.has(each)]


async def projects_of_group(ctx: Context, group_id: str) -> list[Project]:
    """The projects that were given the group."""
    pairs = await PROJECT_ENDPOINT_GROUPS.find(ctx.tx, endpoint_group_id=group_id)
    return await PROJECTS.among(ctx.tx, "id", [each.project_id for each in pairs])


async def projects_of_endpoint(ctx: Context, endpoint_id: str) -> list[Project]:
    """The projects that were given the endpoint itself, not by a group."""
    pairs = await PROJECT_ENDPOINTS.find(ctx.tx, endpoint_id=endpoint_id)
    return await PROJECTS.among(ctx.tx, "id", [each.project_id for each in pairs])


async def create_group(ctx: Context, group: EndpointGroup) -> EndpointGroup:
    """The group is there; no project has it yet."""
    return await ENDPOINT_GROUPS.add(ctx.tx, group)


async def change_group(ctx: Context, group: EndpointGroup, changes: dict[str, Any]) -> EndpointGroup:
    """The group has these fields, and catalogues follow at once."""
    tokens.catalogue_changed(ctx)
    return await ENDPOINT_GROUPS.update(ctx.tx, replace(group, **changes))


async def remove_group(ctx: Context, group: EndpointGroup) -> None:
    """The group is gone, from all projects too."""
    tokens.catalogue_changed(ctx)
    await PROJECT_ENDPOINT_GROUPS.remove(ctx.tx, endpoint_group_id=group.id)
    await ENDPOINT_GROUPS.remove(ctx.tx, id=group.id)


async def give_group(ctx: Context, project_id: str, group_id: str) -> None:
    """The project's catalogue has what is in the group; DuplicateThing if it was given before."""
    if await PROJECT_ENDPOINT_GROUPS.get(ctx.tx, project_id, group_id) is not None:
        raise DuplicateThing(kind="project_endpoint_group", details="Duplicate entry")
    tokens.catalogue_changed(ctx)
    await PROJECT_ENDPOINT_GROUPS.add(ctx.tx, ProjectEndpointGroup(project_id, group_id))


async def require_group(ctx: Context, project_id: str, group_id: str) -> None:
    """NotFound unless the project was given the group."""
    if await PROJECT_ENDPOINT_GROUPS.get(ctx.tx, project_id, group_id) is None:
        raise NotFound("Endpoint Group Project Association not found")


async def take_group(ctx: Context, project_id: str, group_id: str) -> None:
    """The project's catalogue has no longer what only the group gave it; NotFound if it was not given."""
    await require_group(ctx, project_id, group_id)
    tokens.catalogue_changed(ctx)
    await PROJECT_ENDPOINT_GROUPS.remove(ctx.tx, project_id=project_id, endpoint_group_id=group_id)


async def give_endpoint(ctx: Context, project_id: str, endpoint_id: str) -> None:
    """The project's catalogue has the endpoint; DuplicateThing if it was given before."""
    if await PROJECT_ENDPOINTS.get(ctx.tx, project_id, endpoint_id) is not None:
        raise DuplicateThing(kind="project_endpoint", details="Duplicate entry")
    tokens.catalogue_changed(ctx)
    await PROJECT_ENDPOINTS.add(ctx.tx, ProjectEndpoint(project_id, endpoint_id))


async def require_endpoint(ctx: Context, project_id: str, endpoint_id: str) -> None:
    """NotFound unless the project was given the endpoint itself."""
    if await PROJECT_ENDPOINTS.get(ctx.tx, project_id, endpoint_id) is None:
        raise NotFound(f"Endpoint {endpoint_id} not found in project {project_id}")


async def take_endpoint(ctx: Context, project_id: str, endpoint_id: str) -> None:
    """The project's catalogue has the endpoint no longer, unless a group gives it; NotFound if it was not given."""
    await require_endpoint(ctx, project_id, endpoint_id)
    tokens.catalogue_changed(ctx)
    await PROJECT_ENDPOINTS.remove(ctx.tx, project_id=project_id, endpoint_id=endpoint_id)


async def forget_project(tx: Tx, project_id: str) -> None:
    """Nothing is given to this project any more."""
    await PROJECT_ENDPOINTS.remove(tx, project_id=project_id)
    await PROJECT_ENDPOINT_GROUPS.remove(tx, project_id=project_id)


async def forget_endpoint(tx: Tx, endpoint_id: str) -> None:
    """No project was given the endpoint any more: it goes away itself."""
    await PROJECT_ENDPOINTS.remove(tx, endpoint_id=endpoint_id)
