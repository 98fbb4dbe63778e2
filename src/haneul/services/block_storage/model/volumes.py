"""Volumes, what is attached to them, and what may be done in which status."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from haneul.kernel.db import derived_field
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.block_storage import errors

POOL = "pool"
BACK_END = "file"
ZONE = DEFAULT_ZONE
SETTLED = (
    "creating", "available", "deleting", "error", "error_deleting", "error_managing", "managing",
    "attaching", "detaching", "in-use", "maintenance", "restoring-backup", "error_restoring", "reserved",
    "awaiting-transfer", "backing-up", "error_backing-up", "error_extending", "downloading", "uploading",
    "retyping", "extending",
)  # fmt: skip
"""The statuses that an administrator may set."""
MIGRATIONS = ("migrating", "error", "success", "completing", "none", "starting")
"""What an administrator may say of a volume's migration."""
DELETABLE = ("available", "error", "error_deleting", "error_restoring", "error_extending", "error_managing")


class Volume(msgspec.Struct, frozen=True, gc=False):
    """One volume. `settled` is its status when nothing is being done to it; `status` knows that too."""

    id: str
    project_id: str
    user_id: str
    name: str | None
    description: str | None
    size: int
    """In GiB."""
    settled: str
    type_id: str
    availability_zone: str
    host: str | None
    """Where it lives: `name@file#pool`; None until that is decided."""
    bootable: bool
    readonly: bool
    multiattach: bool
    snapshot_id: str | None
    source_id: str | None
    image_id: str | None
    owner_id: str | None
    """The server that it was made for, until it is detached from that."""
    dies_with_owner: bool
    metadata: dict[str, str]
    image_metadata: dict[str, str]
    fault: str | None
    """Why it is in error."""
    created_at: datetime
    updated_at: datetime | None
    migration_status: str | None = None
    """What an administrator said of it: nothing here migrates by itself."""
    group_id: str | None = None
    generation: int = 0
    status: Annotated[str, msgspec.Meta(extra=derived_field())] = "creating"


class Attachment(msgspec.Struct, frozen=True, gc=False):
    """A volume's use by a server; `status` is reserved, attaching, attached or detaching.

    `server_id` is a label that whoever makes an attachment over the API writes as they like. Only with
    `by_compute`, which compute's door alone sets, has that server the volume.
    """

    id: str
    volume_id: str
    project_id: str
    server_id: str | None
    by_compute: bool
    host: str | None
    device: str | None
    mode: str
    status: str
    delete_on_termination: bool
    connector: dict | None
    connection: dict | None
    created_at: datetime
    attached_at: datetime | None
    seen_gb: int | None = None
    """How large its user knows the volume to be, while it is attached."""
    generation: int = 0


def host_name(volume: Volume) -> str | None:
    """The host whose agent keeps the volume, if that is decided."""
    return volume.host.split("@")[0] if volume.host else None


def location(host: str) -> str:
    """How the API names the place of a volume on that host."""
    return f"{host}@{BACK_END}#{POOL}"


def require_status(volume: Volume, *allowed: str) -> None:
    """Raise InvalidVolume unless the volume has one of these statuses."""
    if volume.status not in allowed:
        raise errors.InvalidVolume(
            reason=f"Volume {volume.id} status must be {' or '.join(allowed)}, "
            f"but current status is: {volume.status}."
        )


def require_unattached(volume: Volume, attachments: list[Attachment]) -> None:
    """Raise InvalidVolume if anything uses the volume, whatever its status was set to."""
    if attachments:
        raise errors.InvalidVolume(
            reason=f"Volume {volume.id} status must be available, but it has attachments."
        )


def require_ungrouped(volume: Volume) -> None:
    """Raise InvalidVolume if the volume belongs to a group, whose project and host are its own."""
    if volume.group_id is not None:
        raise errors.InvalidVolume(reason=f"Volume {volume.id} must not be part of a group.")


def require_not_computes(*attachments: Attachment) -> None:
    """Raise ConflictNovaUsingAttachment if one of them is a server's: compute's sagas alone change those."""
    for each in attachments:
        if each.by_compute:
            raise errors.ConflictNovaUsingAttachment(server_id=each.server_id)


def require_deletable(volume: Volume, snapshots: int, *, force: bool, is_attached: bool) -> None:
    """Raise InvalidVolume where the volume may not go."""
    is_held = volume.group_id is not None
    if not force and (volume.status not in DELETABLE or is_attached or snapshots or is_held):
        raise errors.InvalidVolume(
            reason="Volume status must be available or error or error_restoring or error_extending or "
            "error_managing and must not be migrating, attached, belong to a group, have snapshots, "
            "awaiting a transfer, or be disassociated from snapshots after volume transfer."
        )
    if force and (is_attached or snapshots or is_held):
        raise errors.InvalidVolume(reason="Volume must not be attached, belong to a group or have snapshots.")


def settled_after(volume: Volume, attachments: list[Attachment]) -> str:
    """The status of a volume with these attachments, when nothing else happens to it."""
    statuses = {a.status for a in attachments}
    for attachment, status in (
        ("attached", "in-use"), ("detaching", "detaching"), ("attaching", "attaching"), ("reserved", "reserved")
    ):  # fmt: skip
        if attachment in statuses:
            return status
    return (
        "available" if volume.settled in ("in-use", "attaching", "detaching", "reserved") else volume.settled
    )
