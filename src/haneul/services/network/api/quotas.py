"""/quotas"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http import Routes
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.quotas import ProjectQuotas, Shown, own_limits
from haneul.kernel.http.tables import kinds
from haneul.kernel.policy import Rule
from haneul.services.network import errors, policy
from haneul.services.network.api import answers
from haneul.services.network.operations.quotas import QUOTAS

routes = Routes("/v2.0", errors=(NotFound,))


READ, UPDATE, DELETE = (policy.named(f"{action}_quota") for action in ("get", "update", "delete"))


def _authorize(ctx: Context, rule: Rule, project_id: str) -> None:
    """One's own project may be asked about, whoever one is in it, as upstream."""
    if rule is not READ or project_id != ctx.auth.project_id:
        ctx.authorize(rule, {"project_id": project_id})


@routes.get("/quotas", answer=answers.QuotasOfProjects)
async def quotas(ctx: Context) -> dict[str, Any]:
    """The quotas of all projects that have their own."""
    ctx.authorize(policy.CONTEXT_IS_ADMIN, {"project_id": ""})
    own = await own_limits(ctx, QUOTAS)
    return {"quotas": [{**limits, "project_id": p, "tenant_id": p} for p, limits in own.items()]}


# As upstream, each of the two answers in its own word, and with that alone.
@routes.get("/quotas/tenant", answer=answers.OneTenant)
async def whose_tenant(ctx: Context) -> dict[str, Any]:
    """The project whose quotas the asker has, by the older word for it."""
    return {"tenant": {"tenant_id": ctx.project_id}}


@routes.get("/quotas/project", answer=answers.OneProject)
async def whose(ctx: Context) -> dict[str, Any]:
    """The project whose quotas the asker has."""
    return {"project": {"project_id": ctx.project_id}}


def _read(ctx: Context, body: dict[str, Any]) -> tuple[dict[str, int], bool]:
    wish = body.get("quota")
    if not isinstance(wish, dict):
        raise BadRequest("Unable to find 'quota' in request body")
    known = QUOTAS.defaults.keys()
    unknown = [
        k for k in wish if k not in known and k not in ("project_id", "tenant_id", "force", "check_limit")
    ]
    if unknown:
        raise BadRequest(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    limits = {}
    for name in wish.keys() & known:
        try:
            limits[name] = kinds.integer(-1)(wish[name])
        except ValueError as problem:
            raise errors.InvalidInput(attribute=name, reason=str(problem)) from None
    return limits, wish.get("force") is True


PROJECT_QUOTAS = ProjectQuotas(
    QUOTAS,
    _read,
    Document,
    answers.OneQuotas,
    name="quota",
    used="used",
    has_id=False,
    authorize=_authorize,
    too_low=lambda name, limit, used: BadRequest(
        f"Quota limit {limit} for {name} must be greater than or equal to already used {used}"
    ),
    not_set=lambda id: errors.TenantQuotaNotFound(id=id),
)
PROJECT_QUOTAS.serve(
    routes,
    "/quotas/{id}",
    gets={
        "": Shown("limits", READ, answers.OneQuotas),
        "/default": Shown("usual", READ, answers.OneQuotas),
        "/details": Shown("in detail", policy.ADMIN_OR_OWNER, answers.QuotasInDetail),
        "/details.json": Shown("in detail", policy.ADMIN_OR_OWNER, answers.QuotasInDetail),
    },
    update=UPDATE,
    delete=DELETE,
    errors=(errors.InvalidInput,),
)
