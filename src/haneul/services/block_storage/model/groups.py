"""Groups of volumes, their types, and snapshots of all of a group's volumes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from haneul.kernel.db import derived_field
from haneul.services.block_storage import errors
from haneul.services.block_storage.model.volumes import Volume

CONSISTENCY_NAME = "default_cgsnapshot_type"
CONSISTENCY_ID = "0d2c5f1e-8d0b-4c5a-9a57-6c1c1f7b2d11"
"""The type of consistency groups, which the old API makes; the same id everywhere."""
CONSISTENT = "consistent_group_snapshot_enabled"
REPLICATED = ("group_replication_enabled", "consistent_group_replication_enabled")
TRUE = "<is> True"
SETTLED = (
    "error", "available", "creating", "deleting", "deleted", "updating", "in-use", "error_deleting",
)  # fmt: skip
"""The statuses of groups that an administrator may set."""
SNAPSHOT_SETTLED = (
    "error", "available", "creating", "deleting", "deleted", "updating", "error_deleting",
)  # fmt: skip


class GroupType(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    description: str | None
    is_public: bool
    specs: dict[str, str]
    created_at: datetime
    updated_at: datetime | None
    generation: int = 0


class Group(msgspec.Struct, frozen=True, gc=False):
    """Volumes that are kept on one host, so that they can be snapshotted together."""

    id: str
    project_id: str
    user_id: str
    name: str | None
    description: str | None
    type_id: str
    volume_type_ids: list[str]
    """The types that its volumes may have."""
    settled: str
    availability_zone: str
    host: str | None
    """Where its volumes are; None if there was no host when it was made."""
    group_snapshot_id: str | None
    source_group_id: str | None
    created_at: datetime
    updated_at: datetime | None
    generation: int = 0
    status: Annotated[str, msgspec.Meta(extra=derived_field())] = "creating"


class GroupSnapshot(msgspec.Struct, frozen=True, gc=False):
    id: str
    group_id: str
    type_id: str
    project_id: str
    user_id: str
    name: str | None
    description: str | None
    settled: str
    created_at: datetime
    updated_at: datetime | None
    generation: int = 0
    status: Annotated[str, msgspec.Meta(extra=derived_field())] = "creating"


def is_replicated(kind: GroupType) -> bool:
    return any(kind.specs.get(key) == TRUE for key in REPLICATED)


def is_consistent(kind: GroupType) -> bool:
    """Whether a snapshot of such a group is of one moment."""
    return kind.specs.get(CONSISTENT) == TRUE


def require_addable(group: Group, volume: Volume) -> None:
    """Raise InvalidVolume where the volume cannot become one of the group's."""
    refused = f"Cannot add volume {volume.id} to group {group.id} because "
    if volume.group_id is not None:
        raise errors.InvalidVolume(reason=f"{refused}it is already in group {volume.group_id}.")
    if volume.project_id != group.project_id:
        raise errors.InvalidVolume(
            reason=f"Cannot add volume {volume.id} to group {group.id} as they belong to different projects."
        )
    if volume.type_id not in group.volume_type_ids:
        raise errors.InvalidVolume(
            reason=f"{refused}volume type {volume.type_id} is not supported by the group."
        )
    if volume.status not in ("available", "in-use"):
        raise errors.InvalidVolume(
            reason=f"{refused}volume is in an invalid state: {volume.status}. "
            "Valid states are: ('available', 'in-use')."
        )
    if volume.host != group.host:
        raise errors.InvalidVolume(reason="Volume is not local to this node.")


def require_removable(group: Group, volume: Volume) -> None:
    """Raise InvalidVolume where the volume cannot leave the group."""
    if volume.status not in ("available", "in-use", "error", "error_deleting"):
        raise errors.InvalidVolume(
            reason=f"Cannot remove volume {volume.id} from group {group.id} because volume is in an invalid "
            f"state: {volume.status}. Valid states are: ('available', 'in-use', 'error', 'error_deleting')."
        )


def require_unreserved(type_id: str) -> None:
    """Raise ReservedGroupType for the type of consistency groups: an API of their own shows and changes them."""
    if type_id == CONSISTENCY_ID:
        raise errors.ReservedGroupType(id=type_id)
