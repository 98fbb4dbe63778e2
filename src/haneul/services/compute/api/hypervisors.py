"""/os-hypervisors"""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http import Query, Routes
from haneul.kernel.ids import is_uuid
from haneul.services.compute import errors, versions
from haneul.services.compute.api import answers, values
from haneul.services.compute.api.links import next_links, page_size
from haneul.services.compute.operations import hosts
from haneul.services.compute.operations.hosts import HostView
from haneul.services.compute.policy import hosts as policy

routes = Routes("/v2.1")
THIS_MACHINE = "127.0.0.1"
"""Where a host is that has told of no address of its own: in, or beside, the control plane."""
NUMBERS = (
    "vcpus", "vcpus_used", "memory_mb", "memory_mb_used", "free_ram_mb", "local_gb", "local_gb_used",
    "free_disk_gb", "disk_available_least", "running_vms", "current_workload",
)  # fmt: skip


def brief(ctx: Context, view: HostView, *, with_servers: bool = False) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": view.id if ctx.wants(versions.SERVICES_HAVE_UUIDS) else view.number,
        "hypervisor_hostname": view.host.name,
        "state": "up" if view.is_up else "down",
        "status": "enabled" if view.host.is_enabled else "disabled",
    }
    if with_servers and (
        # One without servers has an empty list before 2.53 and again from 2.75 on; between them it has none.
        view.servers or not ctx.wants(versions.SERVICES_HAVE_UUIDS) or ctx.wants(versions.STRICT_QUERIES)
    ):
        document["servers"] = [{"uuid": id, "name": name} for id, name in view.servers]
    return document


def details(ctx: Context, view: HostView, *, with_servers: bool = False) -> dict[str, Any]:
    facts = view.facts
    document = brief(ctx, view, with_servers=with_servers)
    document |= {
        "hypervisor_type": facts.get("hypervisor_type") or "",
        "hypervisor_version": facts.get("hypervisor_version") or 0,
        "host_ip": view.host.report.get("address") or THIS_MACHINE,
        "service": {
            "id": view.host.id if ctx.wants(versions.SERVICES_HAVE_UUIDS) else hosts.number(view.host.id),
            "host": view.host.name,
            "disabled_reason": view.host.disabled_reason,
        },
    }
    # Since 2.88 a hypervisor has no numbers, and its uptime stands here: null where nobody knows it.
    if ctx.wants(versions.NO_HYPERVISOR_NUMBERS):
        return {**document, "uptime": None}
    cpu = {"model": str(facts.get("cpu_model") or "")}
    as_text = msgspec.json.encode(cpu).decode()
    return {
        **document,
        **_numbers(view),
        "cpu_info": cpu if ctx.wants(versions.CPU_IS_AN_OBJECT) else as_text,
    }


def _numbers(view: HostView) -> dict[str, int]:
    total, used = view.total, view.used
    return {
        "vcpus": total["VCPU"],
        "vcpus_used": used["VCPU"],
        "memory_mb": total["MEMORY_MB"],
        "memory_mb_used": used["MEMORY_MB"],
        "free_ram_mb": total["MEMORY_MB"] - used["MEMORY_MB"],
        "local_gb": total["DISK_GB"],
        "local_gb_used": used["DISK_GB"],
        "free_disk_gb": total["DISK_GB"] - used["DISK_GB"],
        "disk_available_least": total["DISK_GB"] - used["DISK_GB"],
        "running_vms": len(view.servers),
        "current_workload": 0,
    }


async def _page(ctx: Context, query: Query, path: str) -> tuple[list[HostView], bool, dict[str, Any]]:
    """One page of hosts, whether their servers are wanted, and the link to the next page."""
    if ctx.wants(versions.SERVICES_HAVE_UUIDS):
        known = {"limit", "marker", "hypervisor_hostname_pattern", "with_servers"}
        values.only(ctx, query, known, since=versions.SERVICES_HAVE_UUIDS)
    matching = await hosts.list(ctx)
    pattern = query.get("hypervisor_hostname_pattern") if ctx.wants(versions.SERVICES_HAVE_UUIDS) else None
    with_servers = ctx.wants(versions.SERVICES_HAVE_UUIDS) and query.truth("with_servers") is True
    if pattern is not None:
        # Upstream pages through all hypervisors only, and says that nothing matches with a 404, unlike other
        # lists.
        if {"limit", "marker"} & set(query.names()):
            raise BadRequest("Paging over hypervisors with the hypervisor_hostname_pattern is not supported.")
        matching = [h for h in matching if pattern in h.host.name]
        if not matching:
            raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
    if not ctx.wants(versions.HYPERVISORS_IN_PAGES):
        return matching, with_servers, {}
    size, marker = page_size(query), query.get("marker")
    ids = [h.id if ctx.wants(versions.SERVICES_HAVE_UUIDS) else str(h.number) for h in matching]
    if marker is not None:
        if marker not in ids:
            raise BadRequest(f"marker [{marker}] not found")
        matching, ids = matching[ids.index(marker) + 1 :], ids[ids.index(marker) + 1 :]
    page = matching[:size]
    more = next_links(ctx, path, query, page, size, ids[len(page) - 1] if page else "")
    return page, with_servers, {"hypervisors_links": more} if more else {}


@routes.get("/os-hypervisors", policy=policy.LIST_HYPERVISORS, answer=answers.Hypervisors, errors=(NotFound,))
async def list_hypervisors(ctx: Context, query: Query) -> dict[str, Any]:
    """Hypervisors: ids, names, states."""
    page, with_servers, more = await _page(ctx, query, "os-hypervisors")
    return {"hypervisors": [brief(ctx, h, with_servers=with_servers) for h in page], **more}


@routes.get(
    "/os-hypervisors/detail",
    policy=policy.LIST_HYPERVISORS_DETAIL,
    answer=answers.HypervisorsInDetail,
    errors=(NotFound,),
)
async def list_hypervisors_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """Hypervisors with what they have; from 2.88 on the numbers are placement's business."""
    page, with_servers, more = await _page(ctx, query, "os-hypervisors/detail")
    return {"hypervisors": [details(ctx, h, with_servers=with_servers) for h in page], **more}


@routes.get(
    "/os-hypervisors/statistics", policy=policy.STATISTICS, until="2.87", answer=answers.OneStatistics
)
async def show_statistics(ctx: Context) -> dict[str, Any]:
    """The sums over all hypervisors."""
    rows = [_numbers(h) for h in await hosts.list(ctx) if h.host.is_enabled]
    sums = {name: sum(row[name] for row in rows) for name in NUMBERS}
    return {"hypervisor_statistics": {"count": len(rows), **sums}}


def _require_uuid(ctx: Context, id: str) -> None:
    """From 2.53 on what is no id of a hypervisor is refused; before, nothing has it."""
    if ctx.wants(versions.SERVICES_HAVE_UUIDS) and not is_uuid(id):
        raise BadRequest(f"Invalid uuid {id}")


@routes.get(
    "/os-hypervisors/{id}",
    policy=policy.SHOW_HYPERVISOR,
    answer=answers.OneHypervisor,
    errors=(errors.HostNotFound,),
)
async def show_hypervisor(ctx: Context, id: str, query: Query) -> dict[str, Any]:
    """One hypervisor."""
    values.only(ctx, query, {"with_servers"}, since=versions.SERVICES_HAVE_UUIDS)
    _require_uuid(ctx, id)
    with_servers = ctx.wants(versions.SERVICES_HAVE_UUIDS) and query.truth("with_servers") is True
    return {"hypervisor": details(ctx, await hosts.show(ctx, id), with_servers=with_servers)}


@routes.get(
    "/os-hypervisors/{id}/uptime",
    policy=policy.UPTIME,
    until="2.87",
    answer=answers.OneHypervisor,
    errors=(errors.HostNotFound,),
)
async def show_uptime(ctx: Context, id: str) -> dict[str, Any]:
    """How long the host runs; agents do not report it."""
    _require_uuid(ctx, id)
    await hosts.show(ctx, id)
    raise BadRequest("Virt driver does not implement uptime function.")


async def _matching(ctx: Context, pattern: str) -> list[HostView]:
    matching = [h for h in await hosts.list(ctx) if pattern in h.host.name]
    if not matching:
        raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
    return matching


@routes.get(
    "/os-hypervisors/{id}/search",
    policy=policy.SEARCH,
    until="2.52",
    answer=answers.Hypervisors,
    errors=(NotFound,),
)
async def search_hypervisors(ctx: Context, id: str) -> dict[str, Any]:
    """The hypervisors whose names hold the text."""
    return {"hypervisors": [brief(ctx, h) for h in await _matching(ctx, id)]}


@routes.get(
    "/os-hypervisors/{id}/servers",
    policy=policy.SERVERS,
    until="2.52",
    answer=answers.Hypervisors,
    errors=(NotFound,),
)
async def list_servers_of_hypervisors(ctx: Context, id: str) -> dict[str, Any]:
    """The servers of the hypervisors whose names hold the text."""
    return {"hypervisors": [brief(ctx, h, with_servers=True) for h in await _matching(ctx, id)]}
