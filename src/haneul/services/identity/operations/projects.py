"""Domains and projects: the tree, and what goes with what."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.services.identity.errors import DomainEnabled, ImmutableId, Invalid, ProjectNotLeaf, ThingNotFound
from haneul.services.identity.model.projects import Domain, Project
from haneul.services.identity.model.revocations import of_domain, of_project
from haneul.services.identity.operations import access, endpoint_filters, groups, limits, users
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store import projects
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS, CREDENTIALS
from haneul.services.identity.store.limits import LIMITS
from haneul.services.identity.store.projects import DOMAINS, PROJECTS
from haneul.services.identity.store.roles import ASSIGNMENTS, ROLES
from haneul.services.identity.store.users import GROUPS, USERS, forget_default_project

DEEPEST = 5


async def create(ctx: Context, project: Project) -> Project:
    """The new project, below its parent and in its parent's domain."""
    await access.exists(ctx, DOMAINS, project.domain_id, "domain")
    if not project.is_at_top:
        parent = await access.exists(ctx, PROJECTS, project.parent_id, "project")
        if parent.domain_id != project.domain_id:
            raise Invalid(why="The project's domain must be that of its parent.")
        if not parent.enabled:
            raise Forbidden(f"Cannot create a project in a branch with a disabled project: {parent.id}.")
        deepest = DEEPEST if limits.model(ctx) == "flat" else 1  # two levels: the domain, and this one
        if len(await projects.ancestors(ctx.tx, parent)) + 2 > deepest:
            raise Forbidden(f"Max hierarchy depth reached for {parent.id} branch.")
    return await access.add(ctx, PROJECTS, project, "project")


async def update(ctx: Context, project: Project, changes: dict[str, Any], extra: dict[str, Any]) -> Project:
    access.require_mutable(project, "project", "update", changes.get("options"))
    if changes.get("domain_id", project.domain_id) != project.domain_id:
        raise ImmutableId(kind="Domain")
    if changes.get("parent_id", project.parent_id) != project.parent_id:
        raise Forbidden("Update of `parent_id` is not allowed.")
    new = access.changed(project, changes, extra)
    if project.enabled and not new.enabled:
        if any(each.enabled for each in await projects.descendants(ctx.tx, project.id)):
            raise Forbidden(
                f"Cannot disable project {project.id} since its subtree contains enabled projects."
            )
        await revoke(ctx, of_project(project.id))
    if new.enabled and not project.enabled:
        for above in await projects.ancestors(ctx.tx, project):
            if not above.enabled:
                raise Forbidden(f"Cannot enable project {project.id} since it has disabled parents.")
    return await access.write(ctx, PROJECTS, new, "project")


async def delete(ctx: Context, project: Project) -> None:
    """The project is gone, with the roles and credentials that held in it."""
    access.require_mutable(project, "project", "delete")
    if await PROJECTS.first(ctx.tx, parent_id=project.id) is not None:
        raise ProjectNotLeaf(id=project.id)
    await _remove(ctx, project)


async def _remove(ctx: Context, project: Project) -> None:
    await revoke(ctx, of_project(project.id))
    await ASSIGNMENTS.remove(ctx.tx, target_id=project.id)
    await APPLICATION_CREDENTIALS.remove(ctx.tx, project_id=project.id)
    await CREDENTIALS.remove(ctx.tx, project_id=project.id)
    await forget_default_project(ctx.tx, project.id)
    await endpoint_filters.forget_project(ctx.tx, project.id)
    await LIMITS.remove(ctx.tx, project_id=project.id)
    await PROJECTS.remove(ctx.tx, id=project.id)


async def update_domain(
    ctx: Context, domain: Domain, changes: dict[str, Any], extra: dict[str, Any]
) -> Domain:
    access.require_mutable(domain, "domain", "update", changes.get("options"))
    new = access.changed(domain, changes, extra)
    if domain.enabled and not new.enabled:
        await revoke(ctx, of_domain(domain.id))
    return await access.write(ctx, DOMAINS, new, "domain")


async def delete_domain(ctx: Context, domain: Domain) -> None:
    """The domain is gone, with all projects, users, groups and roles in it."""
    access.require_mutable(domain, "domain", "delete")
    if domain.enabled:
        raise DomainEnabled
    await revoke(ctx, of_domain(domain.id))
    for project in await PROJECTS.find(ctx.tx, domain_id=domain.id):
        await _remove(ctx, project)
    for user in await USERS.find(ctx.tx, domain_id=domain.id):
        await users.delete(ctx, user)
    for group in await GROUPS.find(ctx.tx, domain_id=domain.id):
        await groups.delete(ctx, group)
    for role in await ROLES.find(ctx.tx, domain_id=domain.id):
        await ASSIGNMENTS.remove(ctx.tx, role_id=role.id)
        await ROLES.remove(ctx.tx, id=role.id)
    await ASSIGNMENTS.remove(ctx.tx, target_id=domain.id)
    await LIMITS.remove(ctx.tx, domain_id=domain.id)
    await DOMAINS.remove(ctx.tx, id=domain.id)


async def require_tag(project: Project, tag: str) -> None:
    if tag not in project.tags:
        raise ThingNotFound(kind="project tag", id=tag)
