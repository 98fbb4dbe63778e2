"""Projects and roles that a mapping gives to a user: made where they are missing, taken back where it says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.kernel.ids import new_hex
from haneul.services.identity.errors import ThingNotFound
from haneul.services.identity.model.federation import IdentityProvider
from haneul.services.identity.model.mappings import MappedProject
from haneul.services.identity.model.projects import Project
from haneul.services.identity.model.revocations import of_grant
from haneul.services.identity.model.roles import Assignment
from haneul.services.identity.model.users import User
from haneul.services.identity.operations.identity_providers import domain_at
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store.projects import PROJECTS
from haneul.services.identity.store.roles import ASSIGNMENTS, ROLES


async def give(
    ctx: Context,
    idp: IdentityProvider,
    user: User,
    mapped: Sequence[MappedProject],
    *,
    takes_roles_away: bool,
) -> None:
    """The user has these roles on these projects.

    If `takes_roles_away`, those that they have on projects themselves are these and no others.
    """
    role_ids = [await _role_ids(ctx, idp, user, each.roles) for each in mapped]
    wanted: dict[str, list[str]] = defaultdict(list)
    for each, ids in zip(mapped, role_ids, strict=True):
        wanted[(await _ensured(ctx, idp, each)).id] += ids
    held = [
        assignment
        for assignment in await ASSIGNMENTS.find(ctx.tx, actor_id=user.id, target_kind="project")
        if not assignment.inherited
    ]
    there = {(assignment.target_id, assignment.role_id) for assignment in held}
    for project_id, ids in wanted.items():
        for id in dict.fromkeys(ids):
            if (project_id, id) not in there:
                await ASSIGNMENTS.add(ctx.tx, Assignment(user.id, "project", project_id, id))
    if takes_roles_away:
        await _take(
            ctx,
            [
                assignment
                for assignment in held
                if assignment.role_id not in wanted.get(assignment.target_id, ())
            ],
        )


async def _role_ids(ctx: Context, idp: IdentityProvider, user: User, names: Sequence[str]) -> list[str]:
    """The roles of those names: the cloud's, or those of the user's domain."""
    ids = []
    for name in names:
        role = await ROLES.first(ctx.tx, name=name, domain_id="")
        role = role or await ROLES.first(ctx.tx, name=name, domain_id=user.domain_id)
        if role is None and await ROLES.first(ctx.tx, name=name) is not None:
            raise Forbidden(
                f"role: {name} must be within the same domain as the identity provider: {idp.id}."
            )
        if role is None:
            raise ThingNotFound(kind="role", id=name)
        ids.append(role.id)
    return ids


async def _ensured(ctx: Context, idp: IdentityProvider, mapped: MappedProject) -> Project:
    """The project of that name, made if it is not there."""
    domain = await domain_at(ctx, mapped.domain, idp.domain_id)
    project = await PROJECTS.first(ctx.tx, domain_id=domain.id, name=mapped.name)
    if project is not None:
        return project
    return await PROJECTS.add(ctx.tx, Project(new_hex(), mapped.name, domain.id, domain.id))


async def _take(ctx: Context, lost: Sequence[Assignment]) -> None:
    for assignment in lost:
        await ASSIGNMENTS.remove(
            ctx.tx,
            actor_id=assignment.actor_id,
            target_kind=assignment.target_kind,
            target_id=assignment.target_id,
            role_id=assignment.role_id,
            inherited=assignment.inherited,
        )
    await revoke(ctx, *(of_grant(each.actor_id, each.target_id) for each in lost))
