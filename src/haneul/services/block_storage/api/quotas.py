"""/os-quota-sets, /os-quota-class-sets and /limits"""

from __future__ import annotations

import re
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.quotas import ProjectQuotas, QuotaClasses, Shown, absolute_limits
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.kernel.quota import UNLIMITED
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.api import fields, other_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.operations.quotas import QUOTAS

routes = ProjectRoutes()

MAX_INT = 2**31 - 1
LONGEST_NAMES = 200


class QuotaSet(Strict):
    quota_set: Document


class QuotaClass(Strict):
    quota_class_set: Document


def _read(ctx: Context, body: QuotaSet) -> tuple[dict[str, int], bool]:
    return _limits(body.quota_set, "quota set"), False


def _limits(body: dict[str, Any], what: str) -> dict[str, int]:
    """The limits that a body sets; one of something that has no quota here is refused, so none is lost in silence."""
    if not body:
        raise fields.refused(what.replace(" ", "_"), body, "{} should be non-empty")
    named = {name: value for name, value in body.items() if name not in ("id", "tenant_id", "force")}
    if unknown := sorted(named.keys() - QUOTAS.defaults.keys()):
        raise errors.UnknownQuotas(what=what, names=",".join(unknown)[:LONGEST_NAMES])
    return {name: _limit(name, value) for name, value in named.items()}


def _limit(name: str, value: Any) -> int:
    text = str(value)
    if not re.fullmatch(r"-?[0-9]{1,20}", text):
        raise BadRequest(f"{name} must be an integer")
    if int(text) < UNLIMITED:
        raise BadRequest(f"{name} must be >= {UNLIMITED}")
    if int(text) > MAX_INT:
        raise BadRequest(f"{name} must be <= {MAX_INT}")
    return int(text)


PROJECT_QUOTAS = ProjectQuotas(QUOTAS, _read, QuotaSet, other_answers.QuotaSet, detailed_by="usage")
PROJECT_QUOTAS.serve(
    routes,
    "/os-quota-sets/{id}",
    gets={
        "": Shown("limits", policy.SHOW_QUOTA, other_answers.QuotaSetOfProject),
        "/defaults": Shown("usual", policy.SHOW_QUOTA, other_answers.QuotaSetOfProject),
    },
    update=policy.UPDATE_QUOTA,
    delete=policy.DELETE_QUOTA,
    deleted=200,
    errors=(errors.InvalidField, errors.UnknownQuotas),
)


QuotaClasses(
    QUOTAS,
    lambda ctx, body: _limits(body.quota_class_set, "quota class set"),
    QuotaClass,
    other_answers.QuotaClassSet,
    other_answers.NamedQuotaClassSet,
).serve(
    routes,
    "/os-quota-class-sets/{id}",
    show=policy.QUOTA_CLASS,
    update=policy.UPDATE_QUOTA_CLASS,
    errors=(errors.InvalidField, errors.UnknownQuotas),
)


MOST = {
    "maxTotalVolumes": "volumes",
    "maxTotalVolumeGigabytes": "gigabytes",
    "maxTotalSnapshots": "snapshots",
    "maxTotalBackups": "backups",
    "maxTotalBackupGigabytes": "backup_gigabytes",
}
USED = {
    "totalVolumesUsed": "volumes",
    "totalGigabytesUsed": "gigabytes",
    "totalSnapshotsUsed": "snapshots",
    "totalBackupsUsed": "backups",
    "totalBackupGigabytesUsed": "backup_gigabytes",
}


@routes.get("/limits", policy=policy.LIMITS, answer=other_answers.LimitsAnswer)
async def show_limits(ctx: Context, query: Query) -> dict[str, Any]:
    """What one's project may have, and has. Administrators ask for others' with `project_id`."""
    project = ctx.project_id
    if ctx.may(policy.CONTEXT_IS_ADMIN, {}):
        project = query.get("project_id") or query.get("tenant_id") or project
    absolute = await absolute_limits(ctx, QUOTAS, project, MOST, USED)
    return {"limits": {"rate": [], "absolute": absolute}}
