"""Domains and projects: the tree, and what goes with what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.services.identity.errors import (
    DomainEnabled,
    DuplicateThing,
    ImmutableId,
    Invalid,
    ProjectNotLeaf,
    ThingNotFound,
)
from haneul.services.identity.model.projects import Domain, Project
from haneul.services.identity.model.revocations import of_domain, of_project
from haneul.services.identity.model.roles import Holder
from haneul.services.identity.operations import (
    access,
    collections,
    endpoint_filters,
    groups,
    identity_providers,
    limits,
    oauth1,
    trusts,
    users,
)
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store import projects
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS, CREDENTIALS
from haneul.services.identity.store.domain_config import DOMAIN_OPTIONS
from haneul.services.identity.store.limits import LIMITS
from haneul.services.identity.store.oauth1 import REQUEST_TOKENS
from haneul.services.identity.store.projects import DOMAINS, PROJECTS
from haneul.services.identity.store.roles import ASSIGNMENTS, ROLES, projects_held_by
from haneul.services.identity.store.trusts import TRUSTS
from haneul.services.identity.store.users import GROUPS, USERS, forget_default_project

DEEPEST = 5


async def create(ctx: Context, project: Project) -> Project:
    """The new project, below its parent and in its parent's domain."""
    if await DOMAINS.get(ctx.tx, project.domain_id) is None:
        raise Invalid(why=f"Could not find domain: {project.domain_id}.")
    if not project.is_at_top:
        await _require_room_below(ctx, project)
    return await access.add(ctx, collections.PROJECTS, project)


async def _require_room_below(ctx: Context, project: Project) -> None:
    """The project's parent can have it."""
    parent = await PROJECTS.get(ctx.tx, project.parent_id)
    if parent is None:
        if await DOMAINS.get(ctx.tx, project.parent_id) is None:
            raise Invalid(why=f"Could not find project: {project.parent_id}.")
        raise Invalid(
            why=f"Cannot create project, the parent ({project.parent_id}) is acting as a domain, but this "
            f"project's domain id ({project.domain_id}) does not match the parent's id."
        )
    if parent.domain_id != project.domain_id:
        raise Invalid(
            why=f"Cannot create project, since it specifies its domain_id {project.domain_id}, but specifies "
            f"a parent in a different domain ({parent.domain_id})."
        )
    if not parent.enabled:
        raise Forbidden(f"Cannot create a project in a branch with a disabled project: {parent.id}.")
    deepest = DEEPEST if limits.model(ctx) == "flat" else 1  # two levels: the domain, and this one
    if len(await projects.ancestors(ctx.tx, parent)) + 2 > deepest:
        raise Forbidden(f"Max hierarchy depth reached for {parent.id} branch.")


async def update(ctx: Context, project: Project, changes: dict[str, Any], extra: dict[str, Any]) -> Project:
    """The project has these fields.

    Disabled, its tokens hold no longer; it can be only when nothing below is enabled, and enabled only when
    everything above is.
    """
    access.require_mutable(project, "project", "update", {**changes, **extra})
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
    return await access.write(ctx, collections.PROJECTS, new)


async def delete(ctx: Context, project: Project) -> None:
    """The project is gone, with the roles and credentials that held in it."""
    access.require_mutable(project, "project", "delete")
    if await PROJECTS.first(ctx.tx, parent_id=project.id) is not None:
        raise ProjectNotLeaf(id=project.id)
    await _remove(ctx, project)


async def _remove(ctx: Context, project: Project) -> None:
    await revoke(ctx, of_project(project.id))
    await ASSIGNMENTS.remove(ctx.tx, target_id=project.id)
    await trusts.end(ctx, await TRUSTS.find(ctx.tx, project_id=project.id))
    await REQUEST_TOKENS.remove(ctx.tx, project_id=project.id)
    await oauth1.end(ctx, project_id=project.id)
    await APPLICATION_CREDENTIALS.remove(ctx.tx, project_id=project.id)
    await CREDENTIALS.remove(ctx.tx, project_id=project.id)
    await forget_default_project(ctx.tx, project.id)
    await endpoint_filters.forget_project(ctx.tx, project.id)
    await LIMITS.remove(ctx.tx, project_id=project.id)
    await PROJECTS.remove(ctx.tx, id=project.id)


async def ancestors(ctx: Context, project: Project) -> list[Project]:
    """The projects above, the nearest first; the domain is not one of them."""
    return await projects.ancestors(ctx.tx, project)


async def descendants(ctx: Context, project_id: str) -> list[Project]:
    """All projects below, level by level."""
    return await projects.descendants(ctx.tx, project_id)


async def held(ctx: Context, some: Sequence[Project]) -> list[Project]:
    """Those of the projects on which the asker has a role."""
    if not some:
        return []
    mine = [projects_held_by(Holder(ctx.user_id))]
    ids = {each.id for each in await PROJECTS.page(ctx.tx, extra=mine)}
    return [each for each in some if each.id in ids]


async def create_acting_domain(ctx: Context, domain: Domain) -> Domain:
    """The new domain, asked for as a project."""
    if await DOMAINS.first(ctx.tx, name=domain.name) is not None:
        raise _taken(domain.name)
    return await access.add(ctx, collections.ACTING_DOMAINS, domain)


async def update_acting_domain(
    ctx: Context, domain: Domain, changes: dict[str, Any], extra: dict[str, Any]
) -> Domain:
    """The domain as changed by way of the projects API."""
    for name in ("domain_id", "parent_id"):
        if changes.pop(name, domain.id) != domain.id:
            raise Invalid(why="only root projects are allowed to act as domains.")
    return await update_domain(ctx, domain, changes, extra)


def _taken(name: str) -> DuplicateThing:
    return DuplicateThing(
        kind="project",
        details=f"it is not permitted to have two projects acting as domains with the same name: {name}",
    )


async def update_domain(
    ctx: Context, domain: Domain, changes: dict[str, Any], extra: dict[str, Any]
) -> Domain:
    """The domain has these fields; disabled, the tokens of its users and projects hold no longer."""
    access.require_mutable(domain, "domain", "update", {**changes, **extra})
    new = access.changed(domain, changes, extra)
    if domain.enabled and not new.enabled:
        await revoke(ctx, of_domain(domain.id))
    return await access.write(ctx, collections.DOMAINS, new)


async def delete_domain(ctx: Context, domain: Domain) -> None:
    """The domain is gone, with all projects, users, groups and roles in it."""
    access.require_mutable(domain, "domain", "delete")
    if domain.enabled:
        raise DomainEnabled
    await revoke(ctx, of_domain(domain.id))
    await identity_providers.delete_in_domain(ctx, domain.id)
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
    await DOMAIN_OPTIONS.remove(ctx.tx, domain_id=domain.id)
    await DOMAINS.remove(ctx.tx, id=domain.id)


async def require_tag(project: Project, tag: str) -> None:
    """ThingNotFound unless the project has the tag."""
    if tag not in project.tags:
        raise ThingNotFound(kind="project tag", id=tag)
