"""/servers/{id}/os-instance-actions"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from haneul.kernel.clock import microseconds_text
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import Query, Routes
from haneul.kernel.saga import Operation, StepRecord
from haneul.services.compute import errors, versions
from haneul.services.compute.api import server_answers, values
from haneul.services.compute.api.links import next_links, page_size
from haneul.services.compute.api.server_views import host_id
from haneul.services.compute.operations import history
from haneul.services.compute.policy import servers as policy

routes = Routes("/v2.1/servers/{id}/os-instance-actions")
NOVA_NAMES = {
    "confirm_resize": "confirmResize",
    "hard_reboot": "reboot",
    "reset_state": "resetState",
    "revert_resize": "revertResize",
    "snapshot": "createImage",
    "snapshot_volumes": "createImage",
}


@routes.get("", policy=policy.ACTIONS_READ, answer=server_answers.Actions, errors=(errors.ServerNotFound,))
async def list_actions(ctx: Context, id: str, query: Query) -> dict[str, Any]:
    """What was done to the server, the newest first; paged from 2.58 on."""
    operations = await history.everything(
        ctx, id, policy.ACTIONS_READ, also_gone=ctx.wants(versions.ACTIONS_OF_GONE_SERVERS)
    )
    if not ctx.wants(versions.ACTIONS_IN_PAGES):
        return {"instanceActions": [view(ctx, o) for o in operations]}
    known = {"limit", "marker", "changes-since"}
    values.only(
        ctx,
        query,
        known | {"changes-before"} if ctx.wants(versions.CHANGES_BEFORE) else known,
        since=versions.ACTIONS_IN_PAGES,
    )
    operations = _after(_changed(operations, query), query.get("marker"))
    # Here limit=0 is a page of nothing; in other lists it is no limit.
    size = page_size(query) if query.get("limit") != "0" else 0
    page = operations[:size]
    last = history.request_id(page[-1]) if page else ""
    more = next_links(ctx, f"servers/{id}/os-instance-actions", query, page, size, last)
    shown: dict[str, Any] = {"instanceActions": [view(ctx, o) for o in page]}
    return {**shown, "links": more} if more and len(operations) > size else shown


def _changed(operations: list[Operation], query: Query) -> list[Operation]:
    since, before = _time(query, "changes-since"), _time(query, "changes-before")
    if since and before and since > before:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    return [
        o
        for o in operations
        if (since is None or history.updated_at(o) >= since)
        and (before is None or history.updated_at(o) <= before)
    ]


def _time(query: Query, name: str) -> datetime | None:
    text = query.get(name)
    return None if text is None else values.time(text, name)


def _after(operations: list[Operation], marker: str | None) -> list[Operation]:
    if marker is None:
        return operations
    ids = [history.request_id(o) for o in operations]
    if marker not in ids:
        raise BadRequest(f"Marker {marker} could not be found.")
    return operations[ids.index(marker) + 1 :]


@routes.get(
    "/{request_id}",
    policy=policy.EVENTS_READ,
    answer=server_answers.OneAction,
    errors=(errors.ServerNotFound, errors.ActionNotFound),
)
async def show_action(ctx: Context, id: str, request_id: str) -> dict[str, Any]:
    """One thing that was done to the server, with its steps."""
    operation = await history.one(
        ctx, id, policy.EVENTS_READ, request_id, also_gone=ctx.wants(versions.ACTIONS_OF_GONE_SERVERS)
    )
    document = view(ctx, operation)
    if ctx.wants(versions.EVERYBODY_SEES_EVENTS) or ctx.may(policy.EVENT_DETAILS, {}):
        document["events"] = [_event(ctx, operation, s) for s in await history.steps(ctx, operation)]
    return {"instanceAction": document}


def view(ctx: Context, operation: Operation) -> dict[str, Any]:
    name = operation.kind.partition(".")[2].removesuffix("_server")
    document: dict[str, Any] = {
        "action": NOVA_NAMES.get(name, name),
        "instance_uuid": operation.resource_id,
        # Of what went wrong upstream says here only that it did; the steps say what.
        "message": "Error" if operation.state == "failed" else None,
        "project_id": operation.project_id,
        "request_id": history.request_id(operation),
        "start_time": microseconds_text(operation.accepted_at),
        "user_id": operation.user_id,
    }
    if ctx.wants(versions.ACTIONS_IN_PAGES):
        document["updated_at"] = microseconds_text(history.updated_at(operation))
    return document


def _event(ctx: Context, operation: Operation, step: StepRecord) -> dict[str, Any]:
    document: dict[str, Any] = {
        "event": f"undo_{step.name}" if step.is_undo else step.name,
        "start_time": microseconds_text(step.started_at),
        "finish_time": microseconds_text(step.ended_at),
        "result": "Error" if step.error else "Success",
    }
    sees_details = ctx.may(policy.EVENT_DETAILS, {})
    if sees_details or not ctx.wants(versions.EVERYBODY_SEES_EVENTS):
        document["traceback"] = step.error
    if ctx.wants(versions.EVENTS_HAVE_HOSTS):
        host = history.host(operation)
        document["hostId"] = host_id(operation.project_id or "", host)
        if sees_details:
            document["host"] = host
    if ctx.wants(versions.EVENTS_HAVE_DETAILS):
        document["details"] = step.error if sees_details else history.public_error(operation, step)
    return document
