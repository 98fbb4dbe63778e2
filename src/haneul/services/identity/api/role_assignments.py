"""/role_assignments"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from haneul.kernel import truths
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http.routes import Query, Reply, Request, Routes, encode
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.lists import base, longest_page, page
from haneul.services.identity.model.assignments import Effective, Search
from haneul.services.identity.model.roles import Assignment
from haneul.services.identity.operations import access, assignments, effective_assignments
from haneul.services.identity.operations.collections import DOMAINS, GROUPS, PROJECTS, ROLES, USERS

routes = Routes("/v3")


@routes.get(
    "/role_assignments",
    answer=answers.Assignments,
    errors=(errors.Invalid, NotFound),
)
async def list_role_assignments(ctx: Context, request: Request, query: Query) -> Any:
    """List role assignments, as they were given or (`effective`) as they take effect."""
    search = _asked(query)
    if search.subtree:
        if search.project_id is None:
            raise BadRequest("scope.project.id must be specified if include_subtree is also specified")
        project = await PROJECTS.get(ctx, search.project_id)
        target = access.target(project=project)
        target["target"]["domain_id"] = project.domain_id if project else None
        ctx.authorize(policy.LIST_ROLE_ASSIGNMENTS_FOR_TREE, target)
    else:
        target = {"target": {"domain_id": ctx.auth.domain_id}}
        ctx.authorize(policy.LIST_ROLE_ASSIGNMENTS, target)
    search = search._replace(in_domain=ctx.auth.domain_id)
    limit = longest_page(ctx, query) if "limit" in query else None
    with_names = _is_on(query, "include_names")
    if search.effective and limit is None and effective_assignments.is_about_all(search):
        return Reply(_in_pieces(ctx, page(ctx, request, "role_assignments", [], None), search, with_names))
    assignments_ = await assignments.listed(ctx, search, after=_marker(query), limit=limit)
    names = await _names(ctx, assignments_) if with_names else {}
    is_full = limit is not None and len(assignments_) == limit
    following = _marker_of(assignments_[-1].assignment) if is_full else None
    return page(
        ctx, request, "role_assignments", [_view(ctx, each, names) for each in assignments_], following
    )


async def _in_pieces(
    ctx: Context, empty: dict[str, Any], search: Search, with_names: bool
) -> AsyncIterator[bytes]:
    """The list as it is sent, never all of it in memory."""
    start = encode(empty).removesuffix(b"]}")
    async for piece in assignments.in_pieces(ctx, search):
        async with ctx.in_reading() as c:
            names = await _names(c, piece) if with_names else {}
        if piece:
            yield start + encode([_view(ctx, each, names) for each in piece])[1:-1]
            start = b","
    yield b"]}" if start == b"," else start + b"]}"


_MarkerParts = tuple[str, str, str, str, bool]


def _marker_of(assignment: Assignment) -> str:
    """Assignments have no id, so that of a page's last one is made of what it says."""
    parts = (
        assignment.actor_id,
        assignment.target_kind,
        assignment.target_id,
        assignment.role_id,
        assignment.inherited,
    )
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode()


def _marker(query: Query) -> Assignment | None:
    marker = query.get("marker")
    if marker is None:
        return None
    try:
        parts = msgspec.json.decode(base64.urlsafe_b64decode(marker.encode()), type=_MarkerParts)
    except (ValueError, msgspec.MsgspecError):
        raise NotFound(f"Marker {marker} could not be found.") from None
    return Assignment(*parts)


_FLAGS = truths.Words((), ("0", "false"))


def _is_on(query: Query, name: str) -> bool:
    """Flags count as soon as they are there, unless they say 0."""
    return name in query and _FLAGS.read(query.get(name)) is not False


def _asked(query: Query) -> Search:
    search = Search(
        user_id=query.get("user.id"),
        group_id=query.get("group.id"),
        role_id=query.get("role.id"),
        project_id=query.get("scope.project.id"),
        domain_id=query.get("scope.domain.id"),
        # Any value counts: upstream asks only whether it is there.
        system="scope.system" in query,
        inherited=True if query.get("scope.OS-INHERIT:inherited_to") == "projects" else None,
        effective=_is_on(query, "effective"),
        subtree=_is_on(query, "include_subtree"),
    )
    if search.user_id and search.group_id:
        raise BadRequest("Specify a user or group, not both")
    if bool(search.project_id) + bool(search.domain_id) + search.system > 1:
        raise BadRequest("Specify only one of domain, project, or system scope.")
    return search


Names = dict[str, dict[str, Any]]
"""id -> the thing with its name and domain, for all that a list speaks of."""


async def _names(ctx: Context, effective: list[Effective]) -> Names:
    assignments = [each.assignment for each in effective]
    domains = {each.id: each.name for each in await DOMAINS.page(ctx)}

    def in_domain(id: str, name: str, domain_id: str) -> dict[str, Any]:
        return {"id": id, "name": name, "domain": {"id": domain_id, "name": domains.get(domain_id)}}

    names: Names = {id: {"id": id, "name": name} for id, name in domains.items()}
    for role in await ROLES.among(ctx, "id", {each.role_id for each in assignments}):
        names[role.id] = {"id": role.id, "name": role.name}
        if role.domain_id:
            names[role.id] = in_domain(role.id, role.name, role.domain_id)
    actor_ids = {each.actor_id for each in assignments}
    for actor in (*await USERS.among(ctx, "id", actor_ids), *await GROUPS.among(ctx, "id", actor_ids)):
        names[actor.id] = in_domain(actor.id, actor.name, actor.domain_id)
    for project in await PROJECTS.among(ctx, "id", {each.target_id for each in assignments}):
        names[project.id] = in_domain(project.id, project.name, project.domain_id)
    return names


def _view(ctx: Context, effective: Effective, names: Names) -> dict[str, Any]:
    assignment = effective.assignment
    actor_url = f"{assignment.actor_kind}s/{assignment.actor_id}"
    view: dict[str, Any] = {
        assignment.actor_kind: names.get(assignment.actor_id, {"id": assignment.actor_id}),
        "role": names.get(assignment.role_id, {"id": assignment.role_id}),
        "scope": {},
        "links": {},
    }
    if assignment.target_kind == "system":
        view["scope"]["system"] = {"all": True}
    else:
        view["scope"][assignment.target_kind] = names.get(assignment.target_id, {"id": assignment.target_id})
    if assignment.inherited or effective.inherited_from:
        view["scope"]["OS-INHERIT:inherited_to"] = "projects"
    origin = effective.inherited_from or assignment
    holder = f"groups/{effective.group_id}" if effective.group_id else actor_url
    view["links"]["assignment"] = _url(ctx, origin, holder, effective.prior_role_id or assignment.role_id)
    if effective.group_id:
        view["links"]["membership"] = f"{base(ctx)}/groups/{effective.group_id}/users/{assignment.actor_id}"
    if effective.prior_role_id:
        view["links"]["prior_role"] = (
            f"{base(ctx)}/prior_role/{effective.prior_role_id}/implies/{assignment.role_id}"
        )
    return view


def _url(ctx: Context, assignment: Assignment, holder: str, role_id: str) -> str:
    if assignment.target_kind == "system":
        return f"{base(ctx)}/system/{holder}/roles/{role_id}"
    path = f"{assignment.target_kind}s/{assignment.target_id}/{holder}/roles/{role_id}"
    return (
        f"{base(ctx)}/OS-INHERIT/{path}/inherited_to_projects"
        if assignment.inherited
        else f"{base(ctx)}/{path}"
    )
