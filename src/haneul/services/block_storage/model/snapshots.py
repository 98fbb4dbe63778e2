"""Snapshots of volumes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from haneul.kernel.db import derived_field
from haneul.services.block_storage import errors

SETTLED = ("available", "creating", "deleting", "error", "error_deleting", "deleted")
DELETABLE = ("available", "error", "error_deleting")


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    id: str
    volume_id: str
    project_id: str
    user_id: str
    name: str | None
    description: str | None
    size: int
    settled: str
    type_id: str
    host: str | None
    metadata: dict[str, str]
    fault: str | None
    created_at: datetime
    updated_at: datetime | None
    group_snapshot_id: str | None = None
    """The snapshot of a group that it is a part of."""
    progress: str | None = None
    """How far it is, if somebody said so."""
    generation: int = 0
    status: Annotated[str, msgspec.Meta(extra=derived_field())] = "creating"


def require_deletable(snapshot: Snapshot) -> None:
    if snapshot.status not in DELETABLE:
        raise errors.InvalidSnapshot(
            reason="Snapshot status must be available or error or error_deleting, "
            f"but current status is: {snapshot.status}."
        )
    require_free(snapshot)


def require_free(snapshot: Snapshot) -> None:
    """Raise InvalidSnapshot if it goes with others only."""
    if snapshot.group_snapshot_id is not None:
        raise errors.InvalidSnapshot(reason=f"Snapshot {snapshot.id} must not be part of a group.")
