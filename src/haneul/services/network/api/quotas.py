"""/quotas"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http import Routes
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.tables import kinds
from haneul.services.network import errors, policy
from haneul.services.network.api import answers
from haneul.services.network.store.quotas import DEFAULTS, QUOTAS, count

routes = Routes("/v2.0", errors=(NotFound,))


READ, UPDATE, DELETE = (policy.named(f"{action}_quota") for action in ("get", "update", "delete"))


def _authorize_reading(ctx: Context, project_id: str) -> None:
    """One's own project may be asked about, whoever one is in it, as upstream."""
    if project_id != ctx.auth.project_id:
        ctx.authorize(READ, {"project_id": project_id})


@routes.get("/quotas", answer=answers.QuotasOfProjects)
async def quotas(ctx: Context) -> dict[str, Any]:
    """The quotas of all projects that have their own."""
    ctx.authorize(policy.CONTEXT_IS_ADMIN, {"project_id": ""})
    projects = await QUOTAS.own(ctx.tx)
    sets = [{**await QUOTAS.limits(ctx.tx, p), "project_id": p, "tenant_id": p} for p in sorted(projects)]
    return {"quotas": sets}


@routes.get("/quotas/tenant", answer=answers.OneProject)
@routes.get("/quotas/project", answer=answers.OneProject)
async def whose(ctx: Context) -> dict[str, Any]:
    """The project whose quotas the asker has."""
    return {"tenant": {"tenant_id": ctx.project_id, "project_id": ctx.project_id}}


@routes.get("/quotas/{id}", answer=answers.OneQuotas)
async def show(ctx: Context, id: str) -> dict[str, Any]:
    """A project's limits."""
    _authorize_reading(ctx, id)
    return {"quota": await QUOTAS.limits(ctx.tx, id)}


@routes.get("/quotas/{id}/default", answer=answers.OneQuotas)
async def default(ctx: Context, id: str) -> dict[str, Any]:
    """The limits of a project that has none of its own."""
    _authorize_reading(ctx, id)
    return {"quota": await QUOTAS.usual(ctx.tx, id)}


@routes.get("/quotas/{id}/details.json", answer=answers.QuotasInDetail)
@routes.get("/quotas/{id}/details", answer=answers.QuotasInDetail)
async def details(ctx: Context, id: str) -> dict[str, Any]:
    """A project's limits, and how much of each it has; to be asked by everybody in it, as upstream."""
    ctx.authorize(policy.ADMIN_OR_OWNER, {"project_id": id})
    used = await count(ctx.tx, id)
    limits = await QUOTAS.limits(ctx.tx, id)
    return {"quota": {k: {"limit": v, "used": used.get(k, 0), "reserved": 0} for k, v in limits.items()}}


@routes.put("/quotas/{id}", answer=answers.OneQuotas, errors=(errors.InvalidInput,))
async def update(ctx: Context, id: str, body: Document) -> dict[str, Any]:
    """Give a project limits of its own; -1 is none."""
    ctx.authorize(UPDATE, {"project_id": id})
    wish = body.get("quota")
    if not isinstance(wish, dict):
        raise BadRequest("Unable to find 'quota' in request body")
    unknown = [
        k for k in wish if k not in DEFAULTS and k not in ("project_id", "tenant_id", "force", "check_limit")
    ]
    if unknown:
        raise BadRequest(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    limits = {}
    for name in wish.keys() & DEFAULTS.keys():
        try:
            limits[name] = kinds.integer(-1)(wish[name])
        except ValueError as problem:
            raise errors.InvalidInput(attribute=name, reason=str(problem)) from None
    await QUOTAS.set(ctx.tx, id, limits)
    return {"quota": await QUOTAS.limits(ctx.tx, id)}


@routes.delete("/quotas/{id}")
async def reset(ctx: Context, id: str) -> None:
    """The project has everybody's limits again."""
    ctx.authorize(DELETE, {"project_id": id})
    await QUOTAS.reset(ctx.tx, id)
