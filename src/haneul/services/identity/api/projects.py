"""/projects"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import UNSET, UnsetType, field, to_builtins

from haneul.kernel.collection import TAG_FILTERS
from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http.bounds import MANY, Document
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.kernel.ids import is_uuid, new_hex
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.bodies import (
    Id,
    ProjectName,
    ResourceOptions,
    Tag,
    Text,
    merged,
    read,
    sent,
    set_options,
)
from haneul.services.identity.api.domains import default_domain, own_domain
from haneul.services.identity.api.lists import base, links, listing
from haneul.services.identity.errors import ImmutableId, Invalid
from haneul.services.identity.model.projects import Domain, Project, as_project
from haneul.services.identity.operations import access, projects
from haneul.services.identity.operations.collections import ACTING_DOMAINS, DOMAINS, LIMITS, PROJECTS

routes = Routes("/v3")
MOST_TAGS = 80


class NewProject(Schema):
    name: ProjectName
    domain_id: Id | None = None
    parent_id: Id | None = None
    description: Text | None = None
    enabled: bool = True
    is_domain: bool = False
    tags: Annotated[list[Tag], MANY] = field(default_factory=list)
    options: ResourceOptions = field(default_factory=ResourceOptions)


class ChangedProject(Schema):
    name: ProjectName | UnsetType = UNSET
    domain_id: Id | UnsetType | None = UNSET
    parent_id: Id | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    is_domain: bool | UnsetType = UNSET
    tags: Annotated[list[Tag], MANY] | UnsetType = UNSET
    options: ResourceOptions | UnsetType = UNSET


class ProjectBody(Strict):
    project: Document


class TagsBody(Strict):
    tags: Annotated[list[Tag], MANY]


def view(ctx: Context, project: Project) -> dict[str, Any]:
    return {
        **project.extra,
        "id": project.id,
        "name": project.name,
        "domain_id": project.domain_id or None,
        "description": project.description,
        "enabled": project.enabled,
        "parent_id": project.parent_id or None,
        "is_domain": project.is_domain,
        "tags": project.tags,
        "options": project.options,
        "links": links(ctx, f"projects/{project.id}"),
    }


@routes.get("/projects", policy=policy.LIST_PROJECTS, answer=answers.Projects, errors=(NotFound,))
async def list_projects(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List projects."""
    ctx.authorize(policy.LIST_PROJECTS, {"target": {"domain_id": ctx.auth.domain_id}})
    if query.truth("is_domain"):
        mine = [Filter("id", "eq", ctx.auth.domain_id)] if ctx.auth.domain_id else []
        return await listing(
            ctx, request, query, DOMAINS, "projects", _domain_view, truths=("enabled",), fixed=mine
        )
    for parent_id in query.all("parent_id"):
        if not is_uuid(parent_id) and await DOMAINS.get(ctx, parent_id) is None:
            raise BadRequest(f"Invalid input for field 'parent_id': '{parent_id}' is not a 'uuid'")
    return await listing(
        ctx, request, query, PROJECTS, "projects", view,
        texts=("name", "domain_id", "parent_id"), truths=("enabled",),
        fixed=own_domain(ctx), narrowed=_tags_asked(query),
    )  # fmt: skip


def _tags_asked(query: Query) -> dict[str, list[str]]:
    """`tags=a,b`: has all of them; `tags-any`: some; `not-tags`: not all; `not-tags-any`: none."""
    return {name: values.split(",") for name in TAG_FILTERS if (values := query.get(name))}


@routes.post(
    "/projects",
    status=201,
    policy=policy.CREATE_PROJECT,
    answer=answers.OneProject,
    errors=(errors.DuplicateThing, errors.Invalid),
)
async def create_project(ctx: Context, body: ProjectBody) -> dict[str, Any]:
    """Create a project, or (`is_domain`) one that acts as a domain."""
    new, extra = read(NewProject, body.project, of="project")
    tags, options = _checked(new.tags), set_options(new.options)
    if new.is_domain:
        if new.domain_id or new.parent_id:
            raise Invalid(why="only root projects are allowed to act as domains.")
        ctx.authorize(policy.CREATE_PROJECT, {"target": {"project": {"domain_id": None}}})
        domain = Domain(new_hex(), new.name, new.description or "", new.enabled, tags, options, extra)
        return {"project": _domain_view(ctx, await projects.create_acting_domain(ctx, domain))}
    of_domain = new.domain_id or await _parents_domain(ctx, new.parent_id)
    domain_id = of_domain or default_domain(ctx)
    parent_id = new.parent_id or domain_id
    project = Project(
        new_hex(), new.name, domain_id, parent_id, new.description or "", new.enabled, tags, options, extra
    )
    ctx.authorize(policy.CREATE_PROJECT, access.target(project={"domain_id": of_domain}))
    return {"project": view(ctx, await projects.create(ctx, project))}


async def _parents_domain(ctx: Context, parent_id: str | None) -> str | None:
    """The domain of the parent, which may be that domain itself."""
    if parent_id is None:
        return None
    parent = await _any(ctx, parent_id)
    return (parent.domain_id or parent.id) if parent else None


async def _any(ctx: Context, id: str) -> Project | None:
    """The project, or the domain of that id as a project."""
    project = await PROJECTS.get(ctx, id)
    if project is None and (domain := await DOMAINS.get(ctx, id)):
        return as_project(domain)
    return project


async def _find(ctx: Context, rule: Rule, id: str) -> Project:
    """As `access.find`, for projects and domains that are used as projects."""
    project = await _any(ctx, id)
    ctx.authorize(rule, access.target(project=project))
    return access.existing(project, "project", id)


def _domain_view(ctx: Context, domain: Domain) -> dict[str, Any]:
    return view(ctx, as_project(domain))


def _checked(tags: list[str]) -> list[str]:
    if len(tags) > MOST_TAGS:
        raise Invalid(why=f"Invalid input for field project.tags: more than {MOST_TAGS} tags")
    if len(set(tags)) < len(tags):
        raise Invalid(why=f"{tags} has non-unique elements")
    return tags


@routes.get(
    "/projects/{project_id}",
    policy=policy.GET_PROJECT,
    answer=answers.OneProjectInTree,
    errors=(errors.Invalid, errors.ThingNotFound),
)
async def show_project(ctx: Context, project_id: str, query: Query) -> dict[str, Any]:
    """Show a project, with those above or below it if asked; lists show those that one has roles on.

    `include_limits` shows the limits of the projects in such lists too.
    """
    project = await _find(ctx, policy.GET_PROJECT, project_id)
    document = view(ctx, project)
    for kind in ("parents", "subtree"):
        if _is_asked(query, f"{kind}_as_list") and _is_asked(query, f"{kind}_as_ids"):
            raise Invalid(why=f"Cannot use {kind}_as_list and {kind}_as_ids query params at the same time.")
    if _is_asked(query, "parents_as_list"):
        document["parents"] = await _listed(ctx, query, await projects.ancestors(ctx, project))
    elif _is_asked(query, "parents_as_ids"):
        above = await projects.ancestors(ctx, project)
        # Upstream counts the domain as the topmost parent, though lists do not show it as one.
        top = [] if project.is_domain else [project.domain_id]
        document["parents"] = _above_as_ids([*(each.id for each in above), *top])
    if _is_asked(query, "subtree_as_list"):
        document["subtree"] = await _listed(ctx, query, await projects.descendants(ctx, project_id))
    elif _is_asked(query, "subtree_as_ids"):
        document["subtree"] = _below_as_ids(project_id, await projects.descendants(ctx, project_id))
    return {"project": document}


def _is_asked(query: Query, name: str) -> bool:
    """As upstream reads it: with any value but 0."""
    return query.get(name, "0") != "0"


async def _listed(ctx: Context, query: Query, relatives: Sequence[Project]) -> list[dict[str, Any]]:
    """Those that the asker has roles on, with their limits if these are asked for."""
    held = await projects.held(ctx, relatives)
    views = {each.id: view(ctx, each) for each in held}
    if _is_asked(query, "include_limits"):
        for each in views.values():
            each["limits"] = []
        for limit in await LIMITS.among(ctx, "project_id", set(views)):
            views[limit.project_id or ""]["limits"].append(to_builtins(limit))
    return [{"project": each} for each in views.values()]


def _above_as_ids(ids: list[str]) -> dict[str, Any] | None:
    return {ids[0]: _above_as_ids(ids[1:])} if ids else None


def _below_as_ids(id: str, below: list[Project]) -> dict[str, Any] | None:
    return {each.id: _below_as_ids(each.id, below) for each in below if each.parent_id == id} or None


@routes.patch(
    "/projects/{project_id}",
    policy=policy.UPDATE_PROJECT,
    answer=answers.OneProject,
    errors=(
        errors.ImmutableId,
        errors.ImmutableThing,
        errors.Invalid,
        errors.ThingNotFound,
        errors.DuplicateThing,
    ),
)
async def update_project(ctx: Context, project_id: str, body: ProjectBody) -> dict[str, Any]:
    """Change a project; disabling it ends its tokens."""
    changed, extra = read(ChangedProject, body.project, of="project")
    project = await _find(ctx, policy.UPDATE_PROJECT, project_id)
    if extra.pop("id", project_id) != project_id:
        raise ImmutableId(kind="project")
    changes = sent(changed)
    if changes.pop("is_domain", project.is_domain) != project.is_domain:
        raise Invalid(why="Update of `is_domain` is not allowed.")
    for name in ("domain_id", "parent_id"):
        if changes.get(name, UNSET) is None:
            del changes[name]
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    if "tags" in changes:
        changes["tags"] = _checked(changes["tags"])
    if "options" in changes:
        changes["options"] = merged(project.options, changes["options"])
    if project.is_domain:
        domain = await access.exists(ctx, ACTING_DOMAINS, project_id)
        return {
            "project": _domain_view(ctx, await projects.update_acting_domain(ctx, domain, changes, extra))
        }
    updated = await projects.update(ctx, project, changes, extra)
    return {
        "project": {**view(ctx, updated), "extra": updated.extra}
    }  # once more, as upstream after a change


@routes.delete(
    "/projects/{project_id}",
    policy=policy.DELETE_PROJECT,
    errors=(errors.DomainEnabled, errors.ImmutableThing, errors.ProjectNotLeaf, errors.ThingNotFound),
)
async def delete_project(ctx: Context, project_id: str) -> None:
    """Delete a project; it must have none below it, or be a disabled domain."""
    project = await _find(ctx, policy.DELETE_PROJECT, project_id)
    if project.is_domain:
        await projects.delete_domain(ctx, await access.exists(ctx, ACTING_DOMAINS, project_id))
    else:
        await projects.delete(ctx, project)


@routes.get(
    "/projects/{project_id}/tags",
    policy=policy.LIST_PROJECT_TAGS,
    answer=answers.ProjectTags,
    errors=(errors.ThingNotFound,),
)
async def list_tags(ctx: Context, project_id: str) -> dict[str, Any]:
    """List the tags of a project."""
    project = await access.find(ctx, policy.LIST_PROJECT_TAGS, PROJECTS, project_id)
    return _tags_view(ctx, project)


@routes.put(
    "/projects/{project_id}/tags",
    policy=policy.UPDATE_PROJECT_TAGS,
    answer=answers.ProjectTags,
    errors=(
        errors.ThingNotFound,
        errors.ImmutableId,
        errors.ImmutableThing,
        errors.Invalid,
    ),
)
async def replace_tags(ctx: Context, project_id: str, body: TagsBody) -> dict[str, Any]:
    """Replace the tags of a project."""
    project = await access.find(ctx, policy.UPDATE_PROJECT_TAGS, PROJECTS, project_id)
    new = await projects.update(ctx, project, {"tags": _checked(body.tags)}, {})
    return _tags_view(ctx, new)


@routes.delete(
    "/projects/{project_id}/tags",
    policy=policy.DELETE_PROJECT_TAGS,
    errors=(
        errors.ThingNotFound,
        errors.ImmutableId,
        errors.ImmutableThing,
    ),
)
async def remove_tags(ctx: Context, project_id: str) -> None:
    """Remove all tags of a project."""
    project = await access.find(ctx, policy.DELETE_PROJECT_TAGS, PROJECTS, project_id)
    await projects.update(ctx, project, {"tags": []}, {})


@routes.get(
    "/projects/{project_id}/tags/{tag}",
    status=204,
    policy=policy.GET_PROJECT_TAG,
    errors=(errors.ThingNotFound,),
)
async def check_tag(ctx: Context, project_id: str, tag: str) -> None:
    """Whether a project has a tag."""
    await projects.require_tag(await access.find(ctx, policy.GET_PROJECT_TAG, PROJECTS, project_id), tag)


@routes.put(
    "/projects/{project_id}/tags/{tag}",
    status=201,
    policy=policy.CREATE_PROJECT_TAG,
    answer=None,
    errors=(
        errors.ThingNotFound,
        errors.ImmutableId,
        errors.ImmutableThing,
        errors.Invalid,
    ),
)
async def add_tag(ctx: Context, project_id: str, tag: str) -> Reply:
    """Add a tag to a project."""
    project = await access.find(ctx, policy.CREATE_PROJECT_TAG, PROJECTS, project_id)
    [checked] = read(TagsBody, {"tags": [tag]}, of="project")[0].tags
    await projects.update(ctx, project, {"tags": _checked(list(dict.fromkeys([*project.tags, checked])))}, {})
    return Reply(headers={"Location": f"{base(ctx)}/projects/{project_id}/tags/{tag}"})


@routes.delete(
    "/projects/{project_id}/tags/{tag}",
    policy=policy.DELETE_PROJECT_TAG,
    errors=(
        errors.ThingNotFound,
        errors.ImmutableId,
        errors.ImmutableThing,
    ),
)
async def remove_tag(ctx: Context, project_id: str, tag: str) -> None:
    """Remove a tag from a project."""
    project = await access.find(ctx, policy.DELETE_PROJECT_TAG, PROJECTS, project_id)
    await projects.require_tag(project, tag)
    await projects.update(ctx, project, {"tags": [each for each in project.tags if each != tag]}, {})


def _tags_view(ctx: Context, project: Project) -> dict[str, Any]:
    return {"tags": project.tags, "links": links(ctx, f"projects/{project.id}/tags")}
