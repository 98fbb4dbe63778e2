"""/limits and /registered_limits"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import MOST
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.kernel.ids import new_hex
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import catalog_answers
from haneul.services.identity.api.bodies import Description, refuse_empty, sent
from haneul.services.identity.api.lists import links, listing
from haneul.services.identity.errors import Invalid, LimitNotFound
from haneul.services.identity.model.limits import MODELS, Limit, RegisteredLimit
from haneul.services.identity.operations import access, limits
from haneul.services.identity.operations.collections import DOMAINS, LIMITS, PROJECTS, REGISTERED_LIMITS

routes = Routes("/v3")

Amount = Annotated[int, msgspec.Meta(ge=-1, le=2**31 - 1)]
Resource = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")]
HolderId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9-]+$")]
RegionId = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]


class NewRegisteredLimit(Strict):
    service_id: Uuid
    resource_name: Resource
    default_limit: Amount
    region_id: RegionId | None = None
    description: Description | None = None


class ChangedRegisteredLimit(Strict):
    service_id: Uuid | UnsetType = UNSET
    resource_name: Resource | UnsetType = UNSET
    default_limit: Amount | UnsetType = UNSET
    region_id: RegionId | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET


class NewLimit(Strict):
    service_id: Uuid
    resource_name: Resource
    resource_limit: Amount
    region_id: RegionId | None = None
    project_id: HolderId | UnsetType = UNSET
    domain_id: HolderId | UnsetType = UNSET
    description: Description | None = None


class ChangedLimit(Strict):
    resource_limit: Amount | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET


class RegisteredLimitsBody(Strict):
    registered_limits: Annotated[list[NewRegisteredLimit], msgspec.Meta(min_length=1, max_length=MOST)]


class RegisteredLimitBody(Schema):
    registered_limit: ChangedRegisteredLimit


class LimitsBody(Strict):
    limits: Annotated[list[NewLimit], msgspec.Meta(min_length=1, max_length=MOST)]


class LimitBody(Schema):
    limit: ChangedLimit


def registered_view(ctx: Context, registered: RegisteredLimit) -> dict[str, Any]:
    fields = ("id", "service_id", "region_id", "resource_name", "default_limit", "description")
    document = {name: getattr(registered, name) for name in fields}
    return {**document, "links": links(ctx, f"registered_limits/{registered.id}")}


def view(ctx: Context, limit: Limit) -> dict[str, Any]:
    document = {name: getattr(limit, name) for name in limit.__struct_fields__}
    return {**document, "links": links(ctx, f"limits/{limit.id}")}


# registered limits


@routes.get(
    "/registered_limits",
    policy=policy.LIST_REGISTERED_LIMITS,
    answer=catalog_answers.RegisteredLimits,
    errors=(NotFound,),
)
async def list_registered_limits(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List registered limits."""
    texts = ("service_id", "region_id", "resource_name")
    refuse_empty(query, texts)
    return await listing(
        ctx, request, query, REGISTERED_LIMITS, "registered_limits", registered_view, texts=texts
    )


@routes.post(
    "/registered_limits",
    status=201,
    policy=policy.CREATE_REGISTERED_LIMITS,
    answer=catalog_answers.NewRegisteredLimits,
    errors=(errors.DuplicateThing, errors.NotFoundInBody),
)
async def create_registered_limits(ctx: Context, body: RegisteredLimitsBody) -> dict[str, Any]:
    """Register limits for everybody."""
    ctx.authorize(policy.CREATE_REGISTERED_LIMITS, {})
    new = [RegisteredLimit(new_hex(), **sent(each)) for each in body.registered_limits]
    made = await limits.register(ctx, new)
    return {"registered_limits": [registered_view(ctx, each) for each in made]}


async def _registered(ctx: Context, rule: Rule, id: str) -> RegisteredLimit:
    ctx.authorize(rule, {})
    registered = await REGISTERED_LIMITS.get(ctx, id)
    if registered is None:
        raise LimitNotFound(kind="registered limit", id=id)
    return registered


@routes.get(
    "/registered_limits/{registered_limit_id}",
    policy=policy.GET_REGISTERED_LIMIT,
    answer=catalog_answers.OneRegisteredLimit,
    errors=(errors.LimitNotFound, errors.ThingNotFound),
)
async def show_registered_limit(ctx: Context, registered_limit_id: str) -> dict[str, Any]:
    """Show a registered limit."""
    return {
        "registered_limit": registered_view(
            ctx, await _registered(ctx, policy.GET_REGISTERED_LIMIT, registered_limit_id)
        )
    }


@routes.patch(
    "/registered_limits/{registered_limit_id}",
    policy=policy.UPDATE_REGISTERED_LIMIT,
    answer=catalog_answers.OneRegisteredLimit,
    errors=(
        errors.LimitInUse,
        errors.ThingNotFound,
        errors.DuplicateThing,
        errors.LimitNotFound,
        errors.NotFoundInBody,
    ),
)
async def update_registered_limit(
    ctx: Context, registered_limit_id: str, body: RegisteredLimitBody
) -> dict[str, Any]:
    """Change a registered limit."""
    registered = await _registered(ctx, policy.UPDATE_REGISTERED_LIMIT, registered_limit_id)
    changed = await limits.change_registered(ctx, registered, sent(body.registered_limit))
    return {"registered_limit": registered_view(ctx, changed)}


@routes.delete(
    "/registered_limits/{registered_limit_id}",
    policy=policy.DELETE_REGISTERED_LIMIT,
    errors=(errors.LimitInUse, errors.LimitNotFound, errors.ThingNotFound),
)
async def delete_registered_limit(ctx: Context, registered_limit_id: str) -> None:
    """Delete a registered limit that no limit refers to."""
    await limits.remove_registered(
        ctx, await _registered(ctx, policy.DELETE_REGISTERED_LIMIT, registered_limit_id)
    )


# limits


@routes.get("/limits/model", policy=policy.GET_LIMIT_MODEL, answer=catalog_answers.OneLimitModel)
async def show_model(ctx: Context) -> dict[str, Any]:
    """Show how limits are enforced."""
    name = limits.model(ctx)
    return {"model": {"name": name, "description": MODELS[name]}}


@routes.get("/limits", policy=policy.LIST_LIMITS, answer=catalog_answers.Limits, errors=(NotFound,))
async def list_limits(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List limits: all for admins and services, one's own for others."""
    texts = ("service_id", "region_id", "resource_name", "project_id", "domain_id")
    refuse_empty(query, texts)
    fixed: list[Filter] = []
    narrowed: dict[str, str] = {}
    auth = ctx.auth
    if not (auth.system or ctx.may(policy.SERVICE_OR_ADMIN, {})):
        if auth.domain_id:
            narrowed = {"in_domain": auth.domain_id}
        else:
            fixed = [Filter("project_id", "eq", auth.project_id or "")]
    return await listing(
        ctx, request, query, LIMITS, "limits", view, texts=texts, fixed=fixed, narrowed=narrowed
    )


@routes.post(
    "/limits",
    status=201,
    policy=policy.CREATE_LIMITS,
    answer=catalog_answers.NewLimits,
    errors=(
        errors.Invalid,
        errors.LimitMisfit,
        errors.NoRegisteredLimit,
        errors.NotFoundInBody,
        errors.DuplicateThing,
    ),
)
async def create_limits(ctx: Context, body: LimitsBody) -> dict[str, Any]:
    """Set limits of projects and domains."""
    ctx.authorize(policy.CREATE_LIMITS, {})
    for i, each in enumerate(body.limits):
        if (each.project_id is UNSET) == (each.domain_id is UNSET):
            raise Invalid(
                why=f"Invalid input for field/attribute {i}. One of project_id and domain_id is required."
            )
    made = await limits.set_limits(ctx, [Limit(new_hex(), **sent(each)) for each in body.limits])
    return {"limits": [view(ctx, each) for each in made]}


async def _limit(ctx: Context, rule: Rule, id: str, *, openly: bool = False) -> Limit:
    """The limit; that there is none is told only to who may see any, or to everybody."""
    limit = await LIMITS.get(ctx, id)
    if not (limit is None and openly):
        ctx.authorize(rule, access.target(limit=await _seen(ctx, limit) if limit else {}))
    if limit is None:
        raise LimitNotFound(kind="limit", id=id)
    return limit


async def _seen(ctx: Context, limit: Limit) -> dict[str, Any]:
    """The limit as policies see it."""
    seen: dict[str, Any] = {"project_id": limit.project_id}
    if limit.project_id and (project := await PROJECTS.get(ctx, limit.project_id)):
        seen["project"] = {"id": project.id, "domain_id": project.domain_id}
    if limit.domain_id and (domain := await DOMAINS.get(ctx, limit.domain_id)):
        seen["domain"] = {"id": domain.id}
    return seen


@routes.get(
    "/limits/{limit_id}",
    policy=policy.GET_LIMIT,
    answer=catalog_answers.OneLimit,
    errors=(errors.LimitNotFound, errors.ThingNotFound),
)
async def show_limit(ctx: Context, limit_id: str) -> dict[str, Any]:
    """Show a limit."""
    return {"limit": view(ctx, await _limit(ctx, policy.GET_LIMIT, limit_id))}


@routes.patch(
    "/limits/{limit_id}",
    policy=policy.UPDATE_LIMIT,
    asks_late=True,
    answer=catalog_answers.OneLimit,
    errors=(errors.LimitMisfit, errors.ThingNotFound, errors.LimitNotFound),
)
async def update_limit(ctx: Context, limit_id: str, body: LimitBody) -> dict[str, Any]:
    """Change a limit."""
    return {
        "limit": view(
            ctx,
            await limits.change(
                ctx, await _limit(ctx, policy.UPDATE_LIMIT, limit_id, openly=True), sent(body.limit)
            ),
        )
    }


@routes.delete(
    "/limits/{limit_id}",
    policy=policy.DELETE_LIMIT,
    asks_late=True,
    errors=(errors.LimitNotFound, errors.ThingNotFound),
)
async def delete_limit(ctx: Context, limit_id: str) -> None:
    """Delete a limit; what is registered for everybody holds again."""
    await limits.remove(ctx, await _limit(ctx, policy.DELETE_LIMIT, limit_id, openly=True))
