"""The first page: what there is room for, what runs, what happened, and what is wrong and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from haneul.services.dashboard.api import tables
from haneul.services.dashboard.api.calls import Api, part, together
from haneul.services.dashboard.api.rendering import size
from haneul.services.dashboard.api.tables import Column, Empty, Row, Table
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import HOME, Answer, Page, Pages, Visit

pages = Pages()
RECENT = 8
PROBLEMS = 20


@dataclass(frozen=True)
class Gauge:
    title: str
    used: int
    limit: int
    """-1: there is none."""
    unit: str = ""

    def shown(self, amount: int) -> str:
        return size(amount) if self.unit == "MiB" else f"{amount} {self.unit}".strip()


async def _nothing() -> dict[str, Any]:
    return {}


def _asked(api: Api, service: str, path: str, **query: Any) -> Any:
    """The answer, or nothing where the cloud has no such service."""
    return api.get(service, path, **query) if api.has(service) else _nothing()


@pages.get("")
async def show_overview(visit: Visit) -> Answer:
    api, project = visit.api, visit.person.project_id
    if not project:
        return Page("no_project.html")
    compute, storage, network, servers, failed, broken, operations = await together(
        _asked(api, "compute", "/limits"),
        _asked(api, "block-storage", "/limits"),
        _asked(api, "network", f"/v2.0/quotas/{project}/details"),
        _asked(api, "compute", "/servers/detail", limit=RECENT, sort_key="created_at", sort_dir="desc"),
        _asked(api, "compute", "/servers/detail", status="ERROR", limit=PROBLEMS),
        _asked(api, "block-storage", "/volumes/detail", status="error", limit=PROBLEMS),
        _asked(api, "haneul", "/operations", limit=RECENT, resource=None),
    )
    gauges = _gauges(part(compute, "limits", {}), part(storage, "limits", {}), part(network, "quota", {}))
    return Page(
        "overview.html",
        {
            "gauges": gauges,
            "servers": part(servers, "servers", []),
            "problems": _problems(part(failed, "servers", []), part(broken, "volumes", [])),
            "operations": operations_table(part(operations, "operations", []), ""),
        },
    )


def _gauges(compute: dict[str, Any], storage: dict[str, Any], network: dict[str, Any]) -> list[Gauge]:
    gauges = []
    for title, limits, used, most, unit in (
        (msg("Servers"), compute, "totalInstancesUsed", "maxTotalInstances", ""),
        (msg("Virtual processors"), compute, "totalCoresUsed", "maxTotalCores", ""),
        (msg("Memory"), compute, "totalRAMUsed", "maxTotalRAMSize", "MiB"),
        (msg("Volumes"), storage, "totalVolumesUsed", "maxTotalVolumes", ""),
        (msg("Space of volumes"), storage, "totalGigabytesUsed", "maxTotalVolumeGigabytes", "GiB"),
    ):
        absolute = limits.get("absolute", {})
        if most in absolute:
            gauges.append(Gauge(title, absolute.get(used, 0), absolute[most], unit))
    for title, name in (
        (msg("Networks"), "network"),
        (msg("Floating addresses"), "floatingip"),
        (msg("Security groups"), "security_group"),
    ):
        if name in network:
            gauges.append(Gauge(title, network[name]["used"], network[name]["limit"]))
    return gauges


def _problems(servers: list[dict[str, Any]], volumes: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """(name, where it is looked at, cause)"""
    problems = [
        (s["name"], f"{HOME}/servers/{s['id']}", s.get("fault", {}).get("message") or "ERROR")
        for s in servers
    ]
    return [*problems, *((v["name"] or v["id"], f"{HOME}/volumes/{v['id']}", v["status"]) for v in volumes)]


PLACES = {"compute": "servers", "block_storage": "volumes", "image": "images"}


def operations_table(operations: list[dict[str, Any]], title: str) -> Table:
    """What was accepted, how it went and how long it took."""
    rows = []
    for each in operations:
        service, _, verb = each["kind"].partition(".")
        name = verb.replace("_", " ") or each["kind"]
        fault = (each.get("fault") or {}).get("message", "")
        resource = each["resource_id"] or ""
        place = PLACES.get(service) if "snapshot" not in verb else None
        rows.append(
            Row(
                each["id"],
                name,
                [
                    tables.link(name, f"{HOME}/operations/{each['id']}"),
                    tables.status(each["state"]),
                    tables.link(resource[:8], f"{HOME}/{place}/{resource}")
                    if place
                    else tables.code(resource[:8]),
                    tables.time(each["accepted_at"]),
                    tables.text(fault[:200]),
                ],
            )
        )
    return Table(
        title=title,
        columns=[
            Column(msg("Operation")),
            Column(msg("State")),
            Column(msg("Works on")),
            Column(msg("Accepted")),
            Column(msg("Cause")),
        ],
        rows=rows,
        empty=Empty(
            msg("Nothing has happened yet."),
            msg("Whatever takes longer than a moment is listed here, step by step."),
        ),
    )


@pages.get("/operations/{id}")
async def show_operation(visit: Visit, id: str) -> Answer:
    operation = (await visit.api.get("haneul", f"/operations/{id}"))["operation"]
    return Page(
        "operation.html",
        {"operation": operation, "name": operation["kind"].partition(".")[2].replace("_", " ")},
    )
