"""Roles, and giving and taking them."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.services.identity.errors import DuplicateThing, Invalid, ThingNotFound
from haneul.services.identity.model.revocations import of_grant, of_group, of_role, of_user
from haneul.services.identity.model.roles import (
    SYSTEM_ID,
    Assignment,
    Holder,
    ImpliedRole,
    Role,
    with_implied,
)
from haneul.services.identity.operations import access, collections
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store import roles
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS
from haneul.services.identity.store.roles import ASSIGNMENTS, IMPLIED, ROLES
from haneul.services.identity.store.users import MEMBERSHIPS


async def update(ctx: Context, role: Role, changes: dict[str, Any], extra: dict[str, Any]) -> Role:
    """The role has these fields; Invalid for another domain, DuplicateThing if its name is in use there."""
    access.require_mutable(role, "role", "update", {**changes, **extra})
    if (changes.pop("domain_id", role.domain_id) or "") != role.domain_id:
        raise Invalid(why="Update of `domain_id` is not allowed.")
    return await access.write(ctx, collections.ROLES, access.changed(role, changes, extra))


async def delete(ctx: Context, role: Role) -> None:
    """The role is gone, from everybody and from every token."""
    access.require_mutable(role, "role", "delete")
    await _end_tokens_with(ctx, role)
    for each in await ASSIGNMENTS.find(ctx.tx, role_id=role.id):
        await _end_application_credentials(ctx, each)
    await ASSIGNMENTS.remove(ctx.tx, role_id=role.id)
    await IMPLIED.remove(ctx.tx, prior_role_id=role.id)
    await IMPLIED.remove(ctx.tx, implied_role_id=role.id)
    await ROLES.remove(ctx.tx, id=role.id)


async def implied_by(ctx: Context, role_id: str) -> list[Role]:
    """The roles that this one implies directly."""
    pairs = await IMPLIED.find(ctx.tx, prior_role_id=role_id)
    return await ROLES.among(ctx.tx, "id", [pair.implied_role_id for pair in pairs])


async def inferences(ctx: Context) -> list[tuple[Role, list[Role]]]:
    """Each role that implies others, and those that it implies directly."""
    known, implied = await roles.graph(ctx.tx)
    return [(known[prior], [known[id] for id in ids]) for prior, ids in implied.items()]


async def on(ctx: Context, about: Assignment) -> list[Role]:
    """The roles that this actor was given on this target, and in this way."""
    assignments = await ASSIGNMENTS.find(
        ctx.tx, actor_id=about.actor_id, target_kind=about.target_kind, target_id=about.target_id
    )
    ids = [each.role_id for each in assignments if each.inherited == about.inherited]
    return await ROLES.among(ctx.tx, "id", ids)


async def has_system_role(ctx: Context, who: Holder) -> bool:
    """Whether they have any role on the system."""
    group_ids, now = who.group_ids, who.now or roles.NEVER
    return bool(await roles.held(ctx.tx, who.user_id, "system", SYSTEM_ID, group_ids=group_ids, now=now))


async def imply(ctx: Context, prior: Role, implied: Role) -> None:
    """From now on, who has `prior` has `implied` too."""
    if implied.name == "admin" or (implied.domain_id and not prior.domain_id):
        raise Forbidden(f"{implied.id} cannot be an implied roles.")
    if await IMPLIED.get(ctx.tx, prior.id, implied.id) is not None:
        raise DuplicateThing(kind="implied_role", details="Duplicate entry")
    await IMPLIED.add(ctx.tx, ImpliedRole(prior.id, implied.id))


async def require_implied(ctx: Context, prior_id: str, implied_id: str) -> None:
    """ThingNotFound unless who has the first role has the second by it."""
    if await IMPLIED.get(ctx.tx, prior_id, implied_id) is None:
        raise ThingNotFound(f"{prior_id} does not imply {implied_id}.")


async def stop_implying(ctx: Context, prior: Role, implied_id: str) -> None:
    """Who has the prior role no longer has the implied one because of it."""
    await require_implied(ctx, prior.id, implied_id)
    await _end_tokens_with(ctx, prior)
    await IMPLIED.remove(ctx.tx, prior_role_id=prior.id, implied_role_id=implied_id)


async def _end_tokens_with(ctx: Context, role: Role) -> None:
    """Tokens that owe something to the role end.

    A domain's own role is not in tokens itself; there, all tokens of whoever has it, or has a role that
    implies it, end.
    """
    if not role.domain_id:
        await revoke(ctx, of_role(role.id))
        return
    known, implied = await roles.graph(ctx.tx)
    priors = [id for id in known if role.id in with_implied([id], implied)]
    assignments = await ASSIGNMENTS.among(ctx.tx, "role_id", priors)
    group_ids = {each.actor_id for each in assignments if each.actor_kind == "group"}
    people = {each.actor_id for each in assignments if each.actor_kind == "user"}
    people |= {m.user_id for m in await MEMBERSHIPS.among(ctx.tx, "group_id", group_ids)}
    await revoke(ctx, *(of_user(each) for each in people))


async def give(ctx: Context, new: Assignment, role: Role, domain_id: str | None) -> None:
    """The actor has the role on the target, which is (in) that domain, or is the system.

    A domain's own role is for projects of that domain; upstream lets it be given on other domains too.
    """
    if role.domain_id and new.target_kind == "system":
        raise Invalid(
            why=f"Role {role.id} is a domain-specific role. Unable to use a domain-specific role in a system "
            "assignment."
        )
    if role.domain_id and new.target_kind == "project" and role.domain_id != domain_id:
        raise Forbidden(
            f"Project {new.target_id} must be in the same domain as the role {role.id} being assigned."
        )
    key = (new.actor_id, new.target_kind, new.target_id, new.role_id, new.inherited)
    if await ASSIGNMENTS.get(ctx.tx, *key) is None:
        await ASSIGNMENTS.add(ctx.tx, new)


async def require_given(ctx: Context, assignment: Assignment) -> None:
    """ThingNotFound unless just this role was given to this actor on this target, inherited or not."""
    key = (
        assignment.actor_id,
        assignment.target_kind,
        assignment.target_id,
        assignment.role_id,
        assignment.inherited,
    )
    if await ASSIGNMENTS.get(ctx.tx, *key) is None:
        raise ThingNotFound(
            f"Could not find role assignment with role: {assignment.role_id}, user or group: {assignment.actor_id}, "
            f"project, domain, or system: {assignment.target_id}."
        )


async def _end_application_credentials(ctx: Context, taken: Assignment) -> None:
    if (taken.actor_kind, taken.target_kind) == ("user", "project"):
        owner = {"user_id": taken.actor_id, "project_id": taken.target_id}
        await APPLICATION_CREDENTIALS.remove(ctx.tx, **owner)


async def take(ctx: Context, assignment: Assignment) -> None:
    """The actor no longer has the role there, and tokens that may carry it end.

    So do application credentials of the user in that project, for good: what somebody copied does not come
    back to life with the role.
    """
    await require_given(ctx, assignment)
    await _end_application_credentials(ctx, assignment)
    await ASSIGNMENTS.remove(
        ctx.tx,
        actor_id=assignment.actor_id,
        target_kind=assignment.target_kind,
        target_id=assignment.target_id,
        role_id=assignment.role_id,
        inherited=assignment.inherited,
    )
    people = [assignment.actor_id]
    if assignment.actor_kind == "group":
        people = [m.user_id for m in await MEMBERSHIPS.find(ctx.tx, group_id=assignment.actor_id)]
        await revoke(ctx, of_group(assignment.actor_id))
    if assignment.inherited:
        await revoke(ctx, *(of_user(each) for each in people))
    else:
        await revoke(ctx, *(of_grant(each, assignment.target_id) for each in people))
