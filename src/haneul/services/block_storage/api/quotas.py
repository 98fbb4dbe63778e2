"""/os-quota-sets, /os-quota-class-sets and /limits"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.api import fields, other_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.operations import quotas

routes = ProjectRoutes()

EVERYBODY = "default"
MAX_INT = 2**31 - 1
LONGEST_NAMES = 200


class QuotaSet(Strict):
    quota_set: Document


class QuotaClass(Strict):
    quota_class_set: Document


@routes.get("/os-quota-sets/{id}", policy=policy.SHOW_QUOTA, answer=other_answers.QuotaSetOfProject)
async def show_quotas(ctx: Context, id: str, query: Query) -> dict[str, Any]:
    """A project's limits, with `usage` also what it has."""
    ctx.authorize(policy.SHOW_QUOTA, {"project_id": id})
    limits = await quotas.limits(ctx, id)
    shown: dict[str, Any] = dict(limits)
    if query.truth("usage"):
        used = await quotas.used(ctx, id)
        shown = {k: {"limit": v, "in_use": used.get(k, 0), "reserved": 0} for k, v in limits.items()}
    return {"quota_set": {"id": id, **shown}}


@routes.get("/os-quota-sets/{id}/defaults", policy=policy.SHOW_QUOTA, answer=other_answers.QuotaSetOfProject)
async def show_default_quotas(ctx: Context, id: str) -> dict[str, Any]:
    """The limits of a project that has none of its own."""
    ctx.authorize(policy.SHOW_QUOTA, {"project_id": id})
    return {"quota_set": {"id": id, **await quotas.usual(ctx, id)}}


@routes.put(
    "/os-quota-sets/{id}",
    policy=policy.UPDATE_QUOTA,
    answer=other_answers.QuotaSet,
    errors=(errors.InvalidInput, errors.InvalidField, errors.UnknownQuotas),
)
async def update_quotas(ctx: Context, id: str, body: QuotaSet) -> dict[str, Any]:
    """The project has these limits; those that are not named stay."""
    await quotas.assign(ctx, id, _limits(body.quota_set))
    return {"quota_set": await quotas.limits(ctx, id)}


@routes.delete("/os-quota-sets/{id}", status=200, policy=policy.DELETE_QUOTA)
async def delete_quotas(ctx: Context, id: str) -> None:
    """The project has the usual limits again."""
    await quotas.reset(ctx, id)


@routes.get("/os-quota-class-sets/{id}", policy=policy.QUOTA_CLASS, answer=other_answers.NamedQuotaClassSet)
async def show_class(ctx: Context, id: str) -> dict[str, Any]:
    """The limits of every project without its own, by whatever name the class is asked for."""
    return {"quota_class_set": {"id": id, **await quotas.limits(ctx, EVERYBODY)}}


@routes.put(
    "/os-quota-class-sets/{id}",
    policy=policy.UPDATE_QUOTA_CLASS,
    answer=other_answers.QuotaClassSet,
    errors=(errors.InvalidInput, errors.InvalidField, errors.UnknownQuotas),
)
async def update_class(ctx: Context, id: str, body: QuotaClass) -> dict[str, Any]:
    """The limits of every project that has none of its own; only the class `default` has an effect."""
    limits = _limits(body.quota_class_set)
    if id == EVERYBODY:
        await quotas.assign(ctx, EVERYBODY, limits)
    return {"quota_class_set": await quotas.limits(ctx, EVERYBODY)}


def _limits(body: dict[str, Any]) -> dict[str, int]:
    """The limits that a body sets; one of something that has no quota here is refused, so none is lost in silence."""
    limits, unknown = {}, []
    for name, value in body.items():
        if name in ("id", "tenant_id", "force"):
            continue
        text = str(value)
        if isinstance(value, (bool, float, list, dict)) or not text.removeprefix("-").isdecimal():
            raise fields.refused(name, value, f"{value!r} is not of type 'integer'")
        if len(text) > 12 or not -1 <= int(text) <= MAX_INT:
            raise fields.refused(name, value, f"{text[:20]} is not between -1 and {MAX_INT}")
        if name in quotas.NAMES:
            limits[name] = int(text)
        else:
            unknown.append(name)
    if unknown:
        raise errors.UnknownQuotas(names=",".join(sorted(unknown))[:LONGEST_NAMES])
    return limits


@routes.get("/limits", policy=policy.LIMITS, answer=other_answers.LimitsAnswer)
async def show_limits(ctx: Context, query: Query) -> dict[str, Any]:
    """What one's project may have, and has. Administrators ask for others' with `project_id`."""
    project = ctx.project_id
    if ctx.may(policy.CONTEXT_IS_ADMIN, {}):
        project = query.get("project_id") or query.get("tenant_id") or project
    limits = await quotas.limits(ctx, project)
    used = await quotas.used(ctx, project)
    absolute = {
        "maxTotalVolumes": limits["volumes"],
        "maxTotalVolumeGigabytes": limits["gigabytes"],
        "maxTotalSnapshots": limits["snapshots"],
        "maxTotalBackups": limits["backups"],
        "maxTotalBackupGigabytes": limits["backup_gigabytes"],
        "totalVolumesUsed": used["volumes"],
        "totalGigabytesUsed": used["gigabytes"],
        "totalSnapshotsUsed": used["snapshots"],
        "totalBackupsUsed": used["backups"],
        "totalBackupGigabytesUsed": used["backup_gigabytes"],
    }
    return {"limits": {"rate": [], "absolute": absolute}}
