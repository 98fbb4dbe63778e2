"""/roles and /role_inferences"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType, field

from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.kernel.ids import new_hex
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.bodies import (
    Description,
    Id,
    Name,
    ResourceOptions,
    merged,
    read,
    sent,
    set_options,
)
from haneul.services.identity.api.lists import links, listing
from haneul.services.identity.errors import ImmutableId
from haneul.services.identity.model.roles import Role
from haneul.services.identity.operations import access, roles, tokens
from haneul.services.identity.operations.collections import DOMAINS, ROLES

routes = Routes("/v3")


class NewRole(Schema):
    name: Name
    domain_id: Id | None = None
    description: Description | None = None
    options: ResourceOptions = field(default_factory=ResourceOptions)


class ChangedRole(Schema):
    name: Name | UnsetType = UNSET
    domain_id: Id | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET
    options: ResourceOptions | UnsetType = UNSET


class RoleBody(Strict):
    role: Document


def view(ctx: Context, role: Role) -> dict[str, Any]:
    return {
        **role.extra,
        "id": role.id,
        "name": role.name,
        "domain_id": role.domain_id or None,
        "description": role.description or None,
        "options": role.options,
        "links": links(ctx, f"roles/{role.id}"),
    }


async def _find(ctx: Context, role_id: str, everywhere: Rule, in_domain: Rule) -> Role:
    """The role; which rule protects it depends on whether it is a domain's."""
    role = await access.exists(ctx, ROLES, role_id)
    ctx.authorize(in_domain if role.domain_id else everywhere, access.target(role=role))
    return role


@routes.get("/roles", answer=answers.Roles, errors=(NotFound,))
async def list_roles(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List the roles of the whole cloud, or those of a domain (`domain_id`)."""
    # Without the parameter only the roles of the whole cloud are listed, never all.
    domain_id = query.get("domain_id") or ""
    rule = policy.LIST_DOMAIN_ROLES if domain_id else policy.LIST_ROLES
    ctx.authorize(rule, {"target": {"role": {"domain_id": domain_id}}})
    fixed = [Filter("domain_id", "eq", domain_id)]
    return await listing(ctx, request, query, ROLES, "roles", view, fixed=fixed)


@routes.post(
    "/roles",
    status=201,
    answer=answers.OneRole,
    errors=(
        errors.DuplicateThing,
        errors.ThingNotFound,
    ),
)
async def create_role(ctx: Context, body: RoleBody) -> dict[str, Any]:
    """Create a role."""
    new, extra = read(NewRole, body.role, of="role")
    role = Role(
        new_hex(), new.name, new.domain_id or "", new.description or "", set_options(new.options), extra
    )
    rule = policy.CREATE_DOMAIN_ROLE if role.domain_id else policy.CREATE_ROLE
    ctx.authorize(rule, access.target(role=role))
    if role.domain_id:
        await access.exists(ctx, DOMAINS, role.domain_id)
    return {"role": view(ctx, await access.add(ctx, ROLES, role))}


@routes.get("/roles/{role_id}", answer=answers.OneRole, errors=(errors.ThingNotFound,))
async def show_role(ctx: Context, role_id: str) -> dict[str, Any]:
    """Show a role."""
    return {"role": view(ctx, await _find(ctx, role_id, policy.GET_ROLE, policy.GET_DOMAIN_ROLE))}


@routes.patch(
    "/roles/{role_id}",
    answer=answers.OneRole,
    errors=(
        errors.ImmutableThing,
        errors.ThingNotFound,
        errors.ImmutableId,
        errors.Invalid,
        errors.DuplicateThing,
    ),
)
async def update_role(ctx: Context, role_id: str, body: RoleBody) -> dict[str, Any]:
    """Change a role."""
    changed, extra = read(ChangedRole, body.role, of="role", may_be_empty=False)
    role = await _find(ctx, role_id, policy.UPDATE_ROLE, policy.UPDATE_DOMAIN_ROLE)
    if extra.pop("id", role_id) != role_id:
        raise ImmutableId(kind="role")
    changes = sent(changed)
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    if "options" in changes:
        changes["options"] = merged(role.options, changes["options"])
    new = await roles.update(ctx, role, changes, extra)
    tokens.catalogue_changed(ctx)  # tokens are shown with the names of their roles too
    return {"role": view(ctx, new)}


@routes.delete(
    "/roles/{role_id}",
    errors=(errors.ImmutableThing, errors.ThingNotFound),
)
async def delete_role(ctx: Context, role_id: str) -> None:
    """Delete a role; everybody loses it."""
    await roles.delete(ctx, await _find(ctx, role_id, policy.DELETE_ROLE, policy.DELETE_DOMAIN_ROLE))


def _brief(ctx: Context, role: Role) -> dict[str, Any]:
    return {"id": role.id, "name": role.name, "links": links(ctx, f"roles/{role.id}")}


@routes.get(
    "/roles/{role_id}/implies",
    policy=policy.LIST_IMPLIED_ROLES,
    asks_late=True,
    answer=answers.InferencesOfRole,
    errors=(errors.ThingNotFound,),
)
async def list_implied(ctx: Context, role_id: str) -> dict[str, Any]:
    """List what a role implies directly."""
    prior = await access.find_openly(ctx, policy.LIST_IMPLIED_ROLES, ROLES, role_id)
    implied = await roles.implied_by(ctx, role_id)
    return {
        "role_inference": {
            "prior_role": _brief(ctx, prior),
            "implies": [_brief(ctx, role) for role in implied],
        },
        "links": links(ctx, f"roles/{role_id}/implies"),
    }


async def _pair(ctx: Context, rule: Rule, role_id: str, implied_role_id: str) -> tuple[Role, Role]:
    implied = await access.exists(ctx, ROLES, implied_role_id)
    return await access.find_openly(ctx, rule, ROLES, role_id), implied


def _inference(ctx: Context, prior: Role, implied: Role) -> dict[str, Any]:
    return {
        "role_inference": {"prior_role": _brief(ctx, prior), "implies": _brief(ctx, implied)},
        "links": links(ctx, f"roles/{prior.id}/implies/{implied.id}"),
    }


@routes.put(
    "/roles/{role_id}/implies/{implied_role_id}",
    status=201,
    policy=policy.CREATE_IMPLIED_ROLE,
    asks_late=True,
    answer=answers.OneInference,
    errors=(errors.DuplicateThing, errors.ThingNotFound),
)
async def create_implied(ctx: Context, role_id: str, implied_role_id: str) -> dict[str, Any]:
    """Let a role imply another."""
    prior, implied = await _pair(ctx, policy.CREATE_IMPLIED_ROLE, role_id, implied_role_id)
    await roles.imply(ctx, prior, implied)
    return _inference(ctx, prior, implied)


@routes.get(
    "/roles/{role_id}/implies/{implied_role_id}",
    policy=policy.GET_IMPLIED_ROLE,
    asks_late=True,
    answer=answers.OneInference,
    errors=(errors.ThingNotFound,),
)
async def show_implied(ctx: Context, role_id: str, implied_role_id: str) -> dict[str, Any]:
    """Show that a role implies another."""
    prior, implied = await _pair(ctx, policy.GET_IMPLIED_ROLE, role_id, implied_role_id)
    await roles.require_implied(ctx, role_id, implied_role_id)
    return _inference(ctx, prior, implied)


@routes.route(
    "HEAD",
    "/roles/{role_id}/implies/{implied_role_id}",
    status=204,
    policy=policy.CHECK_IMPLIED_ROLE,
    asks_late=True,
    errors=(errors.ThingNotFound,),
)
async def check_implied(ctx: Context, role_id: str, implied_role_id: str) -> None:
    """Whether a role implies another."""
    await _pair(ctx, policy.CHECK_IMPLIED_ROLE, role_id, implied_role_id)
    await roles.require_implied(ctx, role_id, implied_role_id)


@routes.delete(
    "/roles/{role_id}/implies/{implied_role_id}",
    policy=policy.DELETE_IMPLIED_ROLE,
    asks_late=True,
    errors=(errors.ThingNotFound,),
)
async def delete_implied(ctx: Context, role_id: str, implied_role_id: str) -> None:
    """Stop a role implying another."""
    prior, _ = await _pair(ctx, policy.DELETE_IMPLIED_ROLE, role_id, implied_role_id)
    await roles.stop_implying(ctx, prior, implied_role_id)


@routes.get("/role_inferences", policy=policy.LIST_ROLE_INFERENCE_RULES, answer=answers.AllInferences)
async def list_inferences(ctx: Context) -> dict[str, Any]:
    """List all that roles imply."""
    ctx.authorize(policy.LIST_ROLE_INFERENCE_RULES, {})
    return {
        "role_inferences": [
            {"prior_role": _brief(ctx, prior), "implies": [_brief(ctx, each) for each in implied]}
            for prior, implied in await roles.inferences(ctx)
        ],
    }
