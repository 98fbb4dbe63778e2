"""/v1/status, /v1/servers/{id}/explain and reach, /v1/operations, /v1/events"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from haneul import __version__
from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.kernel.errors import HOST_FAILURES, Conflict, NotFound
from haneul.kernel.http import Query, Routes, lists
from haneul.kernel.saga import Operation
from haneul.services.compute import public as compute
from haneul.services.network import public as network
from haneul.services.oversight import policy
from haneul.services.oversight.api import answers
from haneul.services.oversight.operations.collections import EVENTS, OPERATIONS, STEPS
from haneul.services.placement import public as placement

routes = Routes("/v1")
PAGE = 100


@routes.get("/status", answer=answers.Status)
async def show_status(ctx: Context) -> dict[str, Any]:
    """Whether the cloud is well, and what its hosts turned out to have; for those who have a token."""
    hosts = await placement.hosts(ctx)
    first = hosts[0].report if hosts else {}
    hypervisors = [h for h in hosts if h.has("hypervisor")]
    drivers = first.get("drivers") or {}
    return {
        "version": __version__,
        "is_simulated": bool(drivers) and set(drivers.values()) == {"fake"},
        "hosts": len(hosts),
        "hosts_up": sum(placement.is_up(h, ctx.now()) for h in hosts),
        "detected": {
            "accelerator": hypervisors[0].facts("hypervisor").get("accelerator") or None
            if hypervisors
            else None,
            "network": drivers.get("network"),
            "hypervisor": drivers.get("hypervisor"),
            "volumes": drivers.get("volumes"),
            "reflink": first.get("reflink"),
        },
    }


@routes.get("/servers/{id}/explain", policy=policy.EXPLAIN, answer=answers.Explanation, errors=(NotFound,))
async def explain_server(ctx: Context, id: str) -> dict[str, Any]:
    """How a host was chosen for the server, or why none was."""
    decision = await compute.explain(ctx, id, policy.EXPLAIN)
    if decision is None:
        raise NotFound(f"Server {id} has not been placed yet.")
    if not ctx.may(policy.HOSTS, {}):
        decision = _unnamed(decision)
    return {"server_id": id, "decision": decision}


def _unnamed(decision: dict[str, Any]) -> dict[str, Any]:
    """The same with hosts as numbers: projects do not see their names."""
    names: dict[str, str] = {}

    def name(host: str | None) -> str | None:
        return None if host is None else names.setdefault(host, f"host {len(names) + 1}")

    shown = {
        "chosen": name(decision.get("chosen")),
        "ranking": [[name(host), weight] for host, weight in decision.get("ranking", ())],
        "refusals": [r | {"host": name(r["host"])} for r in decision.get("refusals", ())],
        "remedy": decision.get("remedy"),
    }
    for host, alias in names.items():
        if shown["remedy"]:
            shown["remedy"] = shown["remedy"].replace(host, alias)
    return shown


@routes.get(
    "/servers/{id}/reach",
    policy=policy.EXPLAIN,
    transaction=False,
    answer=answers.WayIn,
    errors=(NotFound, Conflict),
)
async def reach_server(ctx: Context, id: str) -> dict[str, Any]:
    """From which network namespace of the host, and at which address, the server can be logged in to."""
    async with ctx.in_reading() as reading:
        server = await compute.show(reading, id, policy.EXPLAIN)
        address = await network.way_in(reading, id)
    if address is None or server.host is None:
        raise NotFound(f"Server {id} has no address yet.")
    try:
        namespace = await network.namespace_of(ctx, address.host or server.host, address.network_id)
    except HOST_FAILURES:
        raise Conflict(
            f"There is no way to server {id}: its host does not answer, or is simulated."
        ) from None
    return {"namespace": namespace, "address": address.ip, "user": "haneul", "key": None}


@routes.get("/operations", policy=policy.OPERATIONS, answer=answers.Operations)
async def list_operations(ctx: Context, query: Query) -> dict[str, Any]:
    """Accepted work, the newest first; `?open=true` only what still runs, `?resource=ID` of one thing."""
    filters = [] if ctx.may(policy.ALL_OPERATIONS, {}) else [Filter("project_id", "eq", ctx.project_id)]
    if query.truth("open") if "open" in query else False:
        filters.append(Filter("is_open", "eq", True))
    if (resource := query.get("resource")) is not None:
        filters.append(Filter("resource_id", "eq", resource))
    limit = min(lists.NUMBERS.read(query, "limit", least=1) or PAGE, 1000)
    operations = await OPERATIONS.page(ctx, filters, sort=[Sort("accepted_at", True)], limit=limit)
    return {"operations": [_operation(o) for o in operations]}


@routes.get("/operations/{id}", policy=policy.OPERATIONS, answer=answers.OneOperation, errors=(NotFound,))
async def show_operation(ctx: Context, id: str) -> dict[str, Any]:
    """One operation with its steps and their times."""
    hidden = NotFound(f"There is no operation {id}.")
    operation = ctx.seen(await OPERATIONS.get(ctx, id), policy.OPERATIONS, hidden=hidden)
    steps = sorted(await STEPS.find(ctx, operation_id=id), key=lambda s: s.started_at)
    shown = [
        {
            "step": s.name,
            "is_undo": s.is_undo,
            "started_at": _time(s.started_at),
            "ended_at": _time(s.ended_at),
            "error": s.error,
        }
        for s in steps
    ]
    return {"operation": _operation(operation) | {"steps": shown}}


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "id": operation.id,
        "kind": operation.kind,
        "state": operation.state,
        "step": operation.step_name or None,
        "tries": operation.tries + 1,
        "waiting": operation.waiting,
        "resource_id": operation.resource_id,
        "project_id": operation.project_id,
        "user_id": operation.user_id,
        "request_id": operation.request_id,
        "accepted_at": _time(operation.accepted_at),
        "ended_at": _time(operation.ended_at),
        "fault": {k: v for k, v in operation.fault.items() if k != "again"} if operation.fault else None,
    }


def _time(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


@routes.get("/events", policy=policy.EVENTS, answer=answers.Events)
async def list_events(ctx: Context, query: Query) -> dict[str, Any]:
    """What happened, the newest first; `?subject=ID` to one thing."""
    filters = [] if ctx.may(policy.ALL_EVENTS, {}) else [Filter("project_id", "eq", ctx.project_id)]
    if (subject := query.get("subject")) is not None:
        filters.append(Filter("subject_id", "eq", subject))
    limit = min(lists.NUMBERS.read(query, "limit", least=1) or PAGE, 1000)
    events = await EVENTS.page(ctx, filters, sort=[Sort("at", True)], limit=limit)
    return {"events": [msgspec.to_builtins(e) for e in events]}
