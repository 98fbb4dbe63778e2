"""/role_assignments"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from haneul.kernel import truths
from haneul.kernel.context import Context
from haneul.kernel.db import Tx
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http.routes import Query, Reply, Request, Routes, encode
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.lists import base, longest_page, page
from haneul.services.identity.model.assignments import Asked, Found
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.model.roles import Assignment
from haneul.services.identity.operations import access, assignments, effective_assignments
from haneul.services.identity.store.projects import DOMAINS, PROJECTS
from haneul.services.identity.store.roles import ROLES
from haneul.services.identity.store.users import GROUPS, USERS

routes = Routes("/v3")


@routes.get(
    "/role_assignments",
    answer=answers.Assignments,
    errors=(errors.Invalid, NotFound),
)
async def list_role_assignments(ctx: Context, request: Request, query: Query) -> Any:
    """List role assignments, as they were given or (`effective`) as they take effect."""
    asked = _asked(query)
    if asked.subtree:
        if asked.project_id is None:
            raise BadRequest("scope.project.id must be specified if include_subtree is also specified")
        project = await PROJECTS.get(ctx.tx, asked.project_id)
        target = access.target(project=project)
        target["target"]["domain_id"] = project.domain_id if project else None
        ctx.authorize(policy.LIST_ROLE_ASSIGNMENTS_FOR_TREE, target)
    else:
        target = {"target": {"domain_id": ctx.auth.domain_id}}
        ctx.authorize(policy.LIST_ROLE_ASSIGNMENTS, target)
    asked = asked._replace(in_domain=ctx.auth.domain_id)
    limit = longest_page(ctx, query) if "limit" in query else None
    with_names = _is_on(query, "include_names")
    if asked.effective and limit is None and effective_assignments.is_about_all(asked):
        return Reply(_in_pieces(ctx, page(ctx, request, "role_assignments", [], None), asked, with_names))
    found = await assignments.listed(ctx.tx, asked, time_text(ctx.now()), after=_marker(query), limit=limit)
    names = await _names(ctx, found) if with_names else {}
    is_full = limit is not None and len(found) == limit
    following = _marker_of(found[-1].given) if is_full else None
    return page(ctx, request, "role_assignments", [_view(ctx, each, names) for each in found], following)


async def _in_pieces(
    ctx: Context, empty: dict[str, Any], asked: Asked, with_names: bool
) -> AsyncIterator[bytes]:
    """The list as it is sent, never all of it in memory."""

    @asynccontextmanager
    async def reading() -> AsyncIterator[Tx]:
        async with ctx.in_reading() as c:
            yield c.tx

    start = encode(empty).removesuffix(b"]}")
    async for found in effective_assignments.pieces(reading, asked, time_text(ctx.now())):
        async with ctx.in_reading() as c:
            names = await _names(c, found) if with_names else {}
        if found:
            yield start + encode([_view(ctx, each, names) for each in found])[1:-1]
            start = b","
    yield b"]}" if start == b"," else start + b"]}"


_MarkerParts = tuple[str, str, str, str, bool]


def _marker_of(given: Assignment) -> str:
    """Assignments have no id, so that of a page's last one is made of what it says."""
    parts = (given.actor_id, given.target_kind, given.target_id, given.role_id, given.inherited)
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


def _asked(query: Query) -> Asked:
    asked = Asked(
        user_id=query.get("user.id"),
        group_id=query.get("group.id"),
        role_id=query.get("role.id"),
        project_id=query.get("scope.project.id"),
        domain_id=query.get("scope.domain.id"),
        system="scope.system" in query,
        inherited=True if query.get("scope.OS-INHERIT:inherited_to") == "projects" else None,
        effective=_is_on(query, "effective"),
        subtree=_is_on(query, "include_subtree"),
    )
    if asked.user_id and asked.group_id:
        raise BadRequest("Specify a user or group, not both")
    if bool(asked.project_id) + bool(asked.domain_id) + asked.system > 1:
        raise BadRequest("Specify only one of domain, project, or system scope.")
    return asked


Names = dict[str, dict[str, Any]]
"""id -> the thing with its name and domain, for all that a list speaks of."""


async def _names(ctx: Context, found: list[Found]) -> Names:
    given = [each.given for each in found]
    domains = {each.id: each.name for each in await DOMAINS.page(ctx.tx)}

    def in_domain(id: str, name: str, domain_id: str) -> dict[str, Any]:
        return {"id": id, "name": name, "domain": {"id": domain_id, "name": domains.get(domain_id)}}

    names: Names = {id: {"id": id, "name": name} for id, name in domains.items()}
    for role in await ROLES.among(ctx.tx, "id", {each.role_id for each in given}):
        names[role.id] = {"id": role.id, "name": role.name}
        if role.domain_id:
            names[role.id] = in_domain(role.id, role.name, role.domain_id)
    for rows in (USERS, GROUPS):
        for actor in await rows.among(ctx.tx, "id", {each.actor_id for each in given}):  # type: ignore[attr-defined]
            names[actor.id] = in_domain(actor.id, actor.name, actor.domain_id)
    for project in await PROJECTS.among(ctx.tx, "id", {each.target_id for each in given}):
        names[project.id] = in_domain(project.id, project.name, project.domain_id)
    return names


def _view(ctx: Context, found: Found, names: Names) -> dict[str, Any]:
    given = found.given
    actor_url = f"{given.actor_kind}s/{given.actor_id}"
    view: dict[str, Any] = {
        given.actor_kind: names.get(given.actor_id, {"id": given.actor_id}),
        "role": names.get(given.role_id, {"id": given.role_id}),
        "scope": {},
        "links": {},
    }
    if given.target_kind == "system":
        view["scope"]["system"] = {"all": True}
    else:
        view["scope"][given.target_kind] = names.get(given.target_id, {"id": given.target_id})
    if given.inherited or found.inherited_from:
        view["scope"]["OS-INHERIT:inherited_to"] = "projects"
    origin = found.inherited_from or given
    holder = f"groups/{found.group_id}" if found.group_id else actor_url
    view["links"]["assignment"] = _url(ctx, origin, holder, found.prior_role_id or given.role_id)
    if found.group_id:
        view["links"]["membership"] = f"{base(ctx)}/groups/{found.group_id}/users/{given.actor_id}"
    if found.prior_role_id:
        view["links"]["prior_role"] = f"{base(ctx)}/prior_role/{found.prior_role_id}/implies/{given.role_id}"
    return view


def _url(ctx: Context, given: Assignment, holder: str, role_id: str) -> str:
    if given.target_kind == "system":
        return f"{base(ctx)}/system/{holder}/roles/{role_id}"
    path = f"{given.target_kind}s/{given.target_id}/{holder}/roles/{role_id}"
    return (
        f"{base(ctx)}/OS-INHERIT/{path}/inherited_to_projects" if given.inherited else f"{base(ctx)}/{path}"
    )
