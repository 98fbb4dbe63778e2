"""/os-quota-sets, /os-quota-class-sets, /limits"""

from __future__ import annotations

from typing import Annotated, Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Query, Routes, Strict, UnsetType, since, until
from haneul.kernel.http.answers import shown_in
from haneul.kernel.http.bounds import Number, Text
from haneul.kernel.http.quotas import ProjectQuotas, QuotaClasses, Shown, absolute_limits
from haneul.kernel.quota import UNLIMITED
from haneul.services.compute import errors, versions
from haneul.services.compute.api import quota_answers, values
from haneul.services.compute.operations.quotas import QUOTAS
from haneul.services.compute.policy import quotas as policy

routes = Routes("/v2.1")
Limit = Number | Text | UnsetType
NetworkLimit = Annotated[Limit, until("2.35")]
FileLimit = Annotated[Limit, until("2.56")]


class Limits(Strict, kw_only=True):
    instances: Limit = UNSET
    cores: Limit = UNSET
    ram: Limit = UNSET
    metadata_items: Limit = UNSET
    key_pairs: Limit = UNSET
    injected_files: FileLimit = UNSET
    injected_file_content_bytes: FileLimit = UNSET
    injected_file_path_bytes: FileLimit = UNSET
    fixed_ips: NetworkLimit = UNSET
    floating_ips: NetworkLimit = UNSET
    security_groups: NetworkLimit = UNSET
    security_group_rules: NetworkLimit = UNSET

    def limits(self) -> dict[str, int]:
        """The limits that were named."""
        limits = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not UNSET and name != "force":
                number = values.integer(value, f"quota_set.{name}", least=UNLIMITED)
                if name in QUOTAS.defaults:
                    limits[name] = number
        return limits


class NewLimits(Limits, kw_only=True):
    server_groups: Limit = UNSET
    server_group_members: Limit = UNSET
    force: bool | Text | UnsetType = UNSET


class ClassLimits(Limits, kw_only=True):
    server_groups: Annotated[Limit, since("2.50")] = UNSET
    server_group_members: Annotated[Limit, since("2.50")] = UNSET


class UpdateQuotas(Strict):
    quota_set: NewLimits


class UpdateClass(Strict):
    quota_class_set: ClassLimits


def _read(ctx: Context, body: UpdateQuotas) -> tuple[dict[str, int], bool]:
    force = body.quota_set.force
    return body.quota_set.limits(), force is not UNSET and values.truth(force, "quota_set.force")


def _check(ctx: Context, project_id: str, query: Query, what: str) -> None:
    """A single user has the project's limits: they can be seen, and not be changed."""
    if not project_id.strip() or len(project_id) > 255:
        raise BadRequest(f"Project ID {project_id} is not a valid project.")
    if what == "usual":  # upstream has no schema for this one query, and takes any
        return
    values.only(ctx, query, {"user_id"})
    if query.get("user_id") and what in ("update", "delete"):
        raise BadRequest("Quotas of single users are not kept; leave out user_id.")


PROJECT_QUOTAS = ProjectQuotas(
    QUOTAS,
    _read,
    UpdateQuotas,
    quota_answers.QuotaSet,
    check=_check,
    shown=lambda ctx, limits: shown_in(quota_answers.Quotas, limits, ctx.version),
    too_low=lambda name, limit, used: errors.LimitBelowUse(limit=limit, resource=name, used=used),
)
PROJECT_QUOTAS.serve(
    routes,
    "/os-quota-sets/{id}",
    gets={
        "": Shown("limits", policy.SHOW, quota_answers.QuotaSetOfProject),
        "/detail": Shown("in detail", policy.DETAIL, quota_answers.QuotaSetInDetail),
        "/defaults": Shown("usual", policy.DEFAULTS, quota_answers.QuotaSetOfProject),
    },
    update=policy.UPDATE,
    delete=policy.DELETE,
    deleted=202,
    errors=(errors.LimitBelowUse,),
)


QuotaClasses(
    QUOTAS,
    lambda ctx, body: body.quota_class_set.limits(),
    UpdateClass,
    quota_answers.QuotaClassSet,
    quota_answers.NamedQuotaClassSet,
    shown=lambda ctx, limits: shown_in(quota_answers.QuotasOfClass, limits, ctx.version),
).serve(routes, "/os-quota-class-sets/{id}", show=policy.SHOW_CLASS, update=policy.UPDATE_CLASS)


MOST = {
    "maxTotalInstances": "instances",
    "maxTotalCores": "cores",
    "maxTotalRAMSize": "ram",
    "maxServerMeta": "metadata_items",
    "maxImageMeta": "metadata_items",
    "maxTotalKeypairs": "key_pairs",
    "maxServerGroups": "server_groups",
    "maxServerGroupMembers": "server_group_members",
    "maxPersonality": "injected_files",
    "maxPersonalitySize": "injected_file_content_bytes",
    "maxTotalFloatingIps": "floating_ips",
    "maxSecurityGroups": "security_groups",
    "maxSecurityGroupRules": "security_group_rules",
}
USED = {
    "totalInstancesUsed": "instances",
    "totalCoresUsed": "cores",
    "totalRAMUsed": "ram",
    "totalServerGroupsUsed": "server_groups",
    "totalFloatingIpsUsed": "floating_ips",
    "totalSecurityGroupsUsed": "security_groups",
}


@routes.get("/limits", policy=policy.LIMITS, answer=quota_answers.LimitsAnswer)
async def show_limits(ctx: Context, query: Query) -> dict[str, Any]:
    """What a project may have, and what it has."""
    values.only(ctx, query, {"tenant_id"}, since=versions.STRICT_QUERIES)
    project = query.get("tenant_id")
    if project and project != ctx.auth.project_id:
        ctx.authorize(policy.OTHER_LIMITS, {})
    limits = await absolute_limits(ctx, QUOTAS, project or ctx.project_id, MOST, USED)
    absolute = shown_in(quota_answers.AbsoluteLimits, limits, ctx.version)
    return {"limits": {"rate": [], "absolute": absolute}}
