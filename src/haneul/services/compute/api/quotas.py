"""/os-quota-sets, /os-quota-class-sets, /limits"""

from __future__ import annotations

from typing import Annotated, Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Query, Routes, Strict, UnsetType, since, until
from haneul.kernel.http.bounds import Number, Text
from haneul.kernel.quota import UNLIMITED
from haneul.services.compute import errors, versions
from haneul.services.compute.api import quota_answers, values
from haneul.services.compute.operations import quotas
from haneul.services.compute.operations.quotas import QUOTAS
from haneul.services.compute.policy import quotas as policy

routes = Routes("/v2.1")
NETWORKS = ("fixed_ips", "floating_ips", "security_groups", "security_group_rules")
"""Neutron's business since long: old clients set and see them, and nothing comes of it."""
FILES = ("injected_files", "injected_file_content_bytes", "injected_file_path_bytes")
GROUPS = ("server_groups", "server_group_members")

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


def _shown(ctx: Context, limits: dict[str, int]) -> dict[str, int]:
    """The limits that the version knows."""
    shown = dict(limits)
    if ctx.wants(versions.NO_PERSONALITY):
        for name in FILES:
            shown.pop(name, None)
    if ctx.wants(versions.NO_NETWORK_PROXIES):
        for name in NETWORKS:
            shown.pop(name, None)
    return shown


def _check(ctx: Context, project_id: str, query: Query, *, is_change: bool = False) -> None:
    """A single user has the project's limits: they can be seen, and not be changed."""
    if not project_id.strip() or len(project_id) > 255:
        raise BadRequest(f"Project ID {project_id} is not a valid project.")
    values.only(ctx, query, {"user_id"})
    if query.get("user_id") and is_change:
        raise BadRequest("Quotas of single users are not kept; leave out user_id.")


@routes.get("/os-quota-sets/{project_id}", policy=policy.SHOW, answer=quota_answers.QuotaSetOfProject)
async def show_quotas(ctx: Context, project_id: str, query: Query) -> dict[str, Any]:
    """The limits of the project."""
    _check(ctx, project_id, query)
    ctx.authorize(policy.SHOW, {"project_id": project_id})
    return {"quota_set": {"id": project_id, **_shown(ctx, await QUOTAS.limits(ctx.tx, project_id))}}


@routes.get("/os-quota-sets/{project_id}/detail", policy=policy.DETAIL, answer=quota_answers.QuotaSetInDetail)
async def show_quotas_in_detail(ctx: Context, project_id: str, query: Query) -> dict[str, Any]:
    """The limits of the project and what it uses of them; nothing is ever only reserved."""
    _check(ctx, project_id, query)
    ctx.authorize(policy.DETAIL, {"project_id": project_id})
    used = await quotas.used(ctx, project_id)
    limits = _shown(ctx, await QUOTAS.limits(ctx.tx, project_id))
    details = {n: {"limit": v, "in_use": used.get(n, 0), "reserved": 0} for n, v in limits.items()}
    return {"quota_set": {"id": project_id, **details}}


@routes.get(
    "/os-quota-sets/{project_id}/defaults", policy=policy.DEFAULTS, answer=quota_answers.QuotaSetOfProject
)
async def show_defaults(ctx: Context, project_id: str) -> dict[str, Any]:
    """The limits of projects that have none of their own."""
    return {"quota_set": {"id": project_id, **_shown(ctx, await QUOTAS.usual(ctx.tx, project_id))}}


@routes.put(
    "/os-quota-sets/{project_id}",
    policy=policy.UPDATE,
    answer=quota_answers.QuotaSet,
    errors=(errors.LimitBelowUse,),
)
async def update_quotas(ctx: Context, project_id: str, body: UpdateQuotas, query: Query) -> dict[str, Any]:
    """Set limits of the project; below what it uses only with `force`."""
    _check(ctx, project_id, query, is_change=True)
    wish = body.quota_set
    by_force = wish.force is not UNSET and values.truth(wish.force, "quota_set.force")
    limits = await quotas.update(ctx, project_id, wish.limits(), by_force=by_force)
    return {"quota_set": _shown(ctx, limits)}


@routes.delete("/os-quota-sets/{project_id}", status=202, policy=policy.DELETE)
async def delete_quotas(ctx: Context, project_id: str, query: Query) -> None:
    """The project has the default limits."""
    _check(ctx, project_id, query, is_change=True)
    await QUOTAS.reset(ctx.tx, project_id)


def _class(ctx: Context, limits: dict[str, int]) -> dict[str, int]:
    shown = _shown(ctx, limits)
    if not ctx.wants(versions.GROUPS_IN_QUOTA_CLASSES):
        for name in GROUPS:
            shown.pop(name, None)
        shown |= {name: limits[name] for name in NETWORKS}
    return shown


@routes.get("/os-quota-class-sets/{name}", policy=policy.SHOW_CLASS, answer=quota_answers.NamedQuotaClassSet)
async def show_class(ctx: Context, name: str) -> dict[str, Any]:
    """The limits of a quota class; `default` holds for all projects."""
    return {"quota_class_set": {"id": name, **_class(ctx, await quotas.class_limits(ctx, name))}}


@routes.put("/os-quota-class-sets/{name}", policy=policy.UPDATE_CLASS, answer=quota_answers.QuotaClassSet)
async def update_class(ctx: Context, name: str, body: UpdateClass) -> dict[str, Any]:
    """Set limits of a quota class."""
    if len(name) > 255:
        raise BadRequest("The name of a quota class has at most 255 characters.")
    limits = await quotas.update_class(ctx, name, body.quota_class_set.limits())
    return {"quota_class_set": _class(ctx, limits)}


@routes.get("/limits", policy=policy.LIMITS, answer=quota_answers.LimitsAnswer)
async def show_limits(ctx: Context, query: Query) -> dict[str, Any]:
    """What a project may have, and what it has."""
    values.only(ctx, query, {"reserved", "tenant_id"}, since=versions.NO_PERSONALITY)
    project = query.get("tenant_id")
    if project and project != ctx.auth.project_id:
        ctx.authorize(policy.OTHER_LIMITS, {})
    project = project or ctx.project_id
    limits, used = await QUOTAS.limits(ctx.tx, project), await quotas.used(ctx, project)
    return {"limits": {"rate": [], "absolute": _absolute(ctx, limits, used)}}


def _absolute(ctx: Context, limits: dict[str, int], used: dict[str, int]) -> dict[str, int]:
    absolute = {
        "maxTotalInstances": limits["instances"],
        "maxTotalCores": limits["cores"],
        "maxTotalRAMSize": limits["ram"],
        "maxServerMeta": limits["metadata_items"],
        "maxTotalKeypairs": limits["key_pairs"],
        "maxServerGroups": limits["server_groups"],
        "maxServerGroupMembers": limits["server_group_members"],
        "totalInstancesUsed": used["instances"],
        "totalCoresUsed": used["cores"],
        "totalRAMUsed": used["ram"],
        "totalServerGroupsUsed": used["server_groups"],
    }
    if not ctx.wants(versions.NO_PERSONALITY):
        absolute["maxPersonality"] = limits["injected_files"]
        absolute["maxPersonalitySize"] = limits["injected_file_content_bytes"]
    if not ctx.wants(versions.NO_IMAGE_METADATA):
        absolute["maxImageMeta"] = limits["metadata_items"]
    if not ctx.wants(versions.NO_NETWORK_PROXIES):
        absolute["maxTotalFloatingIps"] = limits["floating_ips"]
        absolute["maxSecurityGroups"] = limits["security_groups"]
        absolute["maxSecurityGroupRules"] = limits["security_group_rules"]
        absolute |= {"totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0}
    return absolute
