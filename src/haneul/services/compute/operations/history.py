"""What was done to a server, and why it is where it is: read from the journal of operations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import CONCEALED
from haneul.kernel.policy import Rule
from haneul.kernel.saga import OPERATIONS, STEPS, Failure, Operation, StepRecord
from haneul.services.compute import errors
from haneul.services.compute.policy import servers as policy
from haneul.services.compute.store.servers import SERVERS

OURS = "compute."
"""What is done to volumes and images has an id, too, and is no server's history."""


def request_id(operation: Operation) -> str:
    """The request that asked for it; what the cloud did by itself has an id alike."""
    return operation.request_id or f"req-{operation.id}"


def updated_at(operation: Operation) -> datetime:
    """When the operation last changed: when it ended or, while it is open, when it began."""
    return operation.ended_at or operation.accepted_at


def host(operation: Operation) -> str | None:
    """The host that it was done on, once that is known."""
    placed = operation.results.get("place") or {}
    host_name: str | None = placed.get("host") or operation.given.get("host")
    return host_name


async def everything(ctx: Context, server_id: str, rule: Rule, *, also_gone: bool = True) -> list[Operation]:
    """All that was done to the server, the newest first; also to one that is gone, for its project."""
    if not also_gone and await SERVERS.get(ctx.tx, server_id) is None:
        raise errors.ServerNotFound(server_id=server_id)
    operations = [o for o in await OPERATIONS.find(ctx.tx, resource_id=server_id) if o.kind.startswith(OURS)]
    asked_for = [o for o in operations if o.project_id]  # what the cloud did by itself belongs to no project
    if not asked_for or not ctx.may(rule, _first(asked_for)):
        raise errors.ServerNotFound(server_id=server_id)
    return sorted(operations, key=lambda o: o.seq, reverse=True)


def _first(operations: list[Operation]) -> Operation:
    return min(operations, key=lambda o: o.seq)


async def one(ctx: Context, server_id: str, rule: Rule, wanted: str, *, also_gone: bool = True) -> Operation:
    """What that request did to the server."""
    for operation in await everything(ctx, server_id, rule, also_gone=also_gone):
        if request_id(operation) == wanted:
            return operation
    raise errors.ActionNotFound(request_id=wanted)


async def steps(ctx: Context, operation: Operation) -> list[StepRecord]:
    """The steps of one operation, the newest first."""
    records = await STEPS.find(ctx.tx, operation_id=operation.id)
    return sorted(records, key=lambda s: s.started_at, reverse=True)


def public_error(operation: Operation, step: StepRecord) -> str | None:
    """Why the step failed, as the server's owner may read it; what a host said is for operators."""
    if step.error is None:
        return None
    fault = operation.fault or {}
    if fault.get("step") == step.name and fault["message"] == step.error:
        return Failure(step.name, fault["code"], step.error).public_message
    return CONCEALED  # it was tried elsewhere, which is done only after a failure of the host


async def explain(ctx: Context, server_id: str, rule: Rule = policy.ACTIONS_READ) -> dict[str, Any] | None:
    """The decision record of the newest placing, or None if there was none."""
    for operation in await everything(ctx, server_id, rule):
        if claimed := operation.results.get("place"):
            return dict(claimed["decision"])
        decision = ((operation.fault or {}).get("details") or {}).get("decision")
        if decision is not None:
            return dict(decision)
    return None
