"""What this service tells of the cloud itself."""

from __future__ import annotations

from typing import Any

from haneul.kernel.denials import Denial
from haneul.kernel.http import Answer


class Detected(Answer):
    accelerator: str | None
    network: str | None
    hypervisor: str | None
    volumes: str | None
    reflink: bool | None


class Status(Answer):
    version: str
    is_simulated: bool
    hosts: int
    hosts_up: int
    detected: Detected


class Refusal(Answer):
    """Which check the host failed, and by how much."""

    host: str
    check: str
    required: Any
    available: Any


class Decision(Answer):
    chosen: str | None
    ranking: list[tuple[str, float]]
    """Hosts that passed every check, the best first, with their weights."""
    refusals: list[Refusal]
    remedy: str | None


class Explanation(Answer):
    server_id: str
    decision: Decision


class WayIn(Answer):
    """From where on the server's host it can be logged in to, and as whom."""

    namespace: str
    address: str
    user: str
    key: str | None


class ListedOperation(Answer):
    id: str
    kind: str
    state: str
    step: str | None
    tries: int
    waiting: Any
    resource_id: str | None
    project_id: str | None
    user_id: str | None
    request_id: str | None
    accepted_at: str | None
    ended_at: str | None
    fault: dict[str, Any] | None


class StepTaken(Answer):
    step: str
    is_undo: bool
    started_at: str | None
    ended_at: str | None
    error: str | None


class Operation(ListedOperation):
    steps: list[StepTaken]


class OneOperation(Answer):
    operation: Operation


class Operations(Answer):
    operations: list[ListedOperation]


class Event(Answer):
    id: str
    kind: str
    at: str
    subject_id: str | None
    project_id: str | None
    user_id: str | None
    request_id: str | None
    payload: dict[str, Any]


class Events(Answer):
    events: list[Event]


class OneDenial(Answer):
    denial: Denial
