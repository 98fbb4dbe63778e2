"""/os-simple-tenant-usage"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from haneul.kernel import times
from haneul.kernel.clock import microseconds_text
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import Query, Routes, lists
from haneul.services.compute import versions
from haneul.services.compute.api import quota_answers, values
from haneul.services.compute.api.links import MAX_LIMIT, next_links
from haneul.services.compute.model.usage import Period, ProjectUsage, UsedServer, by_project
from haneul.services.compute.operations import usage
from haneul.services.compute.policy import usage as policy

routes = Routes("/v2.1/os-simple-tenant-usage")
KNOWN = ("start", "end", "limit", "marker")
FORMATS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")


@routes.get("", policy=policy.LIST, answer=quota_answers.Usages)
async def list_usage(ctx: Context, query: Query) -> dict[str, Any]:
    """What every project used in a period; paged by servers from 2.40 on."""
    values.only(ctx, query, (*KNOWN, "detailed"))
    period = _period(ctx, query)
    page, following = await _page(ctx, query, period)
    # Upstream compares the first value with this one text; `true` is not it.
    is_detailed = query.all("detailed")[:1] == ["1"]
    usages = [_summary(ctx, u, period, is_detailed=is_detailed) for u in by_project(page, period)]
    return {"tenant_usages": usages} | ({"tenant_usages_links": following} if following else {})


@routes.get("/{project_id}", policy=policy.SHOW, answer=quota_answers.Usage | quota_answers.EmptyUsage)
async def show_usage(ctx: Context, project_id: str, query: Query) -> dict[str, Any]:
    """What one project used in a period, with its servers; empty if there were none."""
    values.only(ctx, query, KNOWN)
    ctx.authorize(policy.SHOW, {"project_id": project_id})
    period = _period(ctx, query)
    page, following = await _page(ctx, query, period, project_id)
    usages = [_summary(ctx, u, period, is_detailed=True) for u in by_project(page, period)]
    # A project that used nothing has an object without anything in it, not one with zeros.
    shown = {"tenant_usage": usages[0] if usages else {}}
    return shown | ({"tenant_usage_links": following} if following else {})


async def _page(
    ctx: Context, query: Query, period: Period, project_id: str | None = None
) -> tuple[list[UsedServer], list[dict[str, str]]]:
    size, marker = MAX_LIMIT, None
    if ctx.wants(versions.USAGE_IN_PAGES):
        limit = lists.NUMBERS.read(query, "limit")
        size, marker = MAX_LIMIT if limit is None else min(limit, MAX_LIMIT), query.get("marker")
    page = await usage.page(ctx, period, project_id=project_id, marker=marker, limit=size)
    if not ctx.wants(versions.USAGE_IN_PAGES):
        return page, []
    path = f"os-simple-tenant-usage/{project_id}" if project_id else "os-simple-tenant-usage"
    return page, next_links(ctx, path, query, page, size, page[-1].id if page else "")


def _period(ctx: Context, query: Query) -> Period:
    """The period that was asked for; it ends now at the latest."""
    now = ctx.now()
    ends = [_time(query, name) for name in ("start", "end")]
    start, end = (at or now for at in ends)
    if start >= end and ends != [None, None]:
        raise BadRequest("Invalid start time. The start time cannot occur after the end time.")
    return Period(start, min(end, now))


def _time(query: Query, name: str) -> datetime | None:
    # Clients send empty ones beside those that count.
    text = next((t for t in query.all(name) if t), None)
    if text is None:
        return None
    try:
        return times.read_as(text, *FORMATS)
    except ValueError:
        raise BadRequest("Invalid datetime string: Datetime is in invalid format") from None


def _summary(ctx: Context, usage: ProjectUsage, period: Period, *, is_detailed: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "tenant_id": usage.project_id,
        "total_hours": usage.hours,
        "total_vcpus_usage": usage.vcpu_hours,
        "total_memory_mb_usage": usage.memory_mib_hours,
        "total_local_gb_usage": usage.disk_gb_hours,
        "start": microseconds_text(period.start),
        "stop": microseconds_text(period.end),
    }
    if is_detailed:
        now = ctx.now()
        shown["server_usages"] = [_server(s, period, now) for s in usage.servers]
    return shown


def _server(server: UsedServer, period: Period, now: datetime) -> dict[str, Any]:
    ended_at = server.terminated_at
    return {
        "instance_id": server.id,
        "name": server.name,
        "tenant_id": server.project_id,
        "flavor": server.flavor.name,
        "vcpus": server.flavor.vcpus,
        "memory_mb": server.flavor.memory_mib,
        "local_gb": server.disk_gb,
        "hours": server.hours(period),
        "uptime": server.age_s(now),
        "started_at": microseconds_text(server.launched_at),
        "ended_at": microseconds_text(ended_at) if ended_at else None,
        "state": "terminated" if ended_at else server.vm_state.value,
    }
