"""Roles of users and groups on projects, domains and the system

One handler for each verb; what it is about is read from the path:
`/[OS-INHERIT/]projects|domains/ID/users|groups/ID/roles/ID[/inherited_to_projects]` and
`/system/users|groups/ID/roles/ID`.
"""

from __future__ import annotations

from typing import Any

from haneul.kernel.collection import Collection
from haneul.kernel.context import Context
from haneul.kernel.http.routes import Act, Request, Routes, asking
from haneul.kernel.policy import Rule
from haneul.services.identity import policy
from haneul.services.identity.api import roles as role_api
from haneul.services.identity.api.answers import Roles
from haneul.services.identity.api.lists import whole
from haneul.services.identity.errors import Invalid, ThingNotFound
from haneul.services.identity.model.roles import SYSTEM_ID, Assignment
from haneul.services.identity.operations import access, roles
from haneul.services.identity.operations.collections import DOMAINS, GROUPS, PROJECTS, ROLES, USERS

routes = Routes("/v3")


def assignment_of(path: str) -> Assignment:
    """What the path is about; without a role its `role_id` is empty."""
    words = path.split("/v3/", 1)[1].split("/")
    inherited = words[0] == "OS-INHERIT"
    if inherited:
        words = words[1:]
    if words[0] == "system":
        words = ["systems", SYSTEM_ID, *words[1:]]
    kind, target_id, actor_kind, actor_id = words[:4]
    role_id = words[5] if len(words) > 5 and words[5] != "inherited_to_projects" else ""
    return Assignment(actor_id, kind[:-1], target_id, role_id, inherited, actor_kind[:-1])


async def _allowed(ctx: Context, rule: Rule, request: Request, *, is_taking: bool = False) -> Assignment:
    """What the path is about, if all of it exists and the asker may.

    As upstream does, everybody is told of a role, project or domain that is not there, and of an actor unless
    something is to be taken from them.
    """
    assignment = assignment_of(request.path)
    role = await access.exists(ctx, ROLES, assignment.role_id) if assignment.role_id else None
    actor = await (USERS if assignment.actor_kind == "user" else GROUPS).get(ctx, assignment.actor_id)
    things: dict[str, Any] = {"role": role, assignment.actor_kind: actor}
    if assignment.target_kind != "system":
        targets: Collection[Any] = PROJECTS if assignment.target_kind == "project" else DOMAINS
        things[assignment.target_kind] = await access.exists(ctx, targets, assignment.target_id)
    if not is_taking:
        access.existing(actor, assignment.actor_kind, assignment.actor_id)
    ctx.authorize(rule, access.target(**things))
    access.existing(actor, assignment.actor_kind, assignment.actor_id)
    return assignment


async def give_role(ctx: Context, rule: Rule, request: Request) -> None:
    """Give a role."""
    new = await _allowed(ctx, rule, request)
    role = await access.exists(ctx, ROLES, new.role_id)
    domain_id = new.target_id if new.target_kind == "domain" else None
    if new.target_kind == "project":
        domain_id = (await access.exists(ctx, PROJECTS, new.target_id)).domain_id
    await roles.give(ctx, new, role, domain_id)


async def check_role(ctx: Context, rule: Rule, request: Request) -> None:
    """Whether they have the role."""
    await roles.require_given(ctx, await _allowed(ctx, rule, request))


async def take_role(ctx: Context, rule: Rule, request: Request) -> None:
    """Take a role."""
    await roles.take(ctx, await _allowed(ctx, rule, request, is_taking=True))


async def list_roles(ctx: Context, rule: Rule, request: Request) -> dict[str, Any]:
    """List the roles that they have there."""
    about = await _allowed(ctx, rule, request)
    held = await roles.on(ctx, about)
    return whole(ctx, request, "roles", [role_api.view(ctx, role) for role in held])


Verbs = tuple[Rule, Rule, Rule, Rule]
"""The rules of listing, checking, giving, taking."""


def _declare(path: str, verbs: Verbs, tail: str = "") -> None:
    listing, checking, giving, taking = verbs
    routes.get(f"{path}/roles{tail}", policy=listing, asks_late=True, answer=Roles, errors=(ThingNotFound,))(
        asking(listing, list_roles)
    )
    one = f"{path}/roles/{{role_id}}{tail}"
    acts: dict[str, tuple[Rule, Act]] = {
        "GET": (checking, check_role),
        "PUT": (giving, give_role),
        "DELETE": (taking, take_role),
    }
    for method, (rule, act) in acts.items():
        routes.route(method, one, status=204, policy=rule, asks_late=True, errors=(ThingNotFound, Invalid))(
            asking(rule, act)
        )


_GRANTS = (policy.LIST_GRANTS, policy.CHECK_GRANT, policy.CREATE_GRANT, policy.REVOKE_GRANT)
for _actor in ("users/{user_id}", "groups/{group_id}"):
    for _target in ("projects/{project_id}", "domains/{domain_id}"):
        _declare(f"/{_target}/{_actor}", _GRANTS)
        _declare(f"/OS-INHERIT/{_target}/{_actor}", _GRANTS, "/inherited_to_projects")
_declare(
    "/system/users/{user_id}",
    (
        policy.LIST_SYSTEM_GRANTS_FOR_USER,
        policy.CHECK_SYSTEM_GRANT_FOR_USER,
        policy.CREATE_SYSTEM_GRANT_FOR_USER,
        policy.REVOKE_SYSTEM_GRANT_FOR_USER,
    ),
)
_declare(
    "/system/groups/{group_id}",
    (
        policy.LIST_SYSTEM_GRANTS_FOR_GROUP,
        policy.CHECK_SYSTEM_GRANT_FOR_GROUP,
        policy.CREATE_SYSTEM_GRANT_FOR_GROUP,
        policy.REVOKE_SYSTEM_GRANT_FOR_GROUP,
    ),
)
