"""Backups of volumes, and what may be done in which status."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any

import msgspec

from haneul.kernel.db import derived_field
from haneul.services.block_storage import errors

SETTLED = ("error", "error_deleting", "creating", "available", "deleting", "deleted", "restoring")
"""The statuses that an administrator may set."""
SERVICE = "cinder.backup.drivers.posix.PosixBackupDriver"
"""What a record says of who wrote it: clients know the names of upstream's drivers."""
CONTAINER = "volumebackups"
NO_VOLUME = "00000000-0000-0000-0000-000000000000"
"""In place of the volume, of a backup whose record was imported: it may be of another cloud."""


class Backup(msgspec.Struct, frozen=True, gc=False):
    """One backup. `settled` is its status when nothing is being done to it; `status` knows that too."""

    id: str
    project_id: str
    user_id: str
    volume_id: str
    snapshot_id: str | None
    name: str | None
    description: str | None
    size: int
    """Of its volume, in GiB."""
    settled: str
    container: str | None
    availability_zone: str | None
    host: str | None
    """The one whose store has it; None until it is stored."""
    stored_as: str
    """What the store knows it as: its own id, or that of the backup whose record was imported."""
    parent_id: str | None
    """The backup that it adds to, if it is incremental."""
    object_count: int
    metadata: dict[str, str]
    fault: str | None
    operation_id: str | None
    """What is being done with it, or was done last."""
    restored_to: str | None
    data_at: datetime
    """Of when its data are."""
    created_at: datetime
    updated_at: datetime | None
    generation: int = 0
    status: Annotated[str, msgspec.Meta(extra=derived_field())] = "creating"
    has_dependents: Annotated[bool, msgspec.Meta(extra=derived_field())] = False


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What an exported record says. Of an imported one nothing is acted on but the names of what is stored."""

    id: Annotated[str, msgspec.Meta(max_length=36)]
    size: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    stored_as: Annotated[str, msgspec.Meta(max_length=36)] | None = None
    display_name: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    display_description: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    parent_id: Annotated[str, msgspec.Meta(max_length=36)] | None = None
    volume_id: str | None = None
    container: str | None = None
    object_count: int | None = None
    availability_zone: str | None = None


def exported(backup: Backup) -> str:
    """The backup's record, as it is handed out: text that stands for JSON."""
    record = Record(
        id=backup.id,
        size=backup.size,
        stored_as=backup.stored_as,
        display_name=backup.name,
        display_description=backup.description,
        parent_id=backup.parent_id,
        volume_id=backup.volume_id,
        container=backup.container,
        object_count=backup.object_count,
        availability_zone=backup.availability_zone,
    )
    return base64.b64encode(msgspec.json.encode(record)).decode()


def imported(text: str) -> Record:
    """What the record says; InvalidInput if it is none."""
    try:
        document: Any = msgspec.json.decode(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise errors.InvalidInput(reason="Can't parse backup record.") from None
    if not isinstance(document, dict):
        raise errors.InvalidInput(reason="Can't parse backup record.")
    for name, what in (("id", "an id"), ("size", "size attribute")):
        if name not in document:
            raise errors.InvalidInput(reason=f"Provided backup record is missing {what}")
    try:
        return msgspec.convert(document, Record)
    except msgspec.ValidationError as problem:
        raise errors.InvalidInput(reason=f"Can't parse backup record: {problem}") from None


def require_available(backup: Backup) -> None:
    if backup.status != "available":
        raise errors.InvalidBackup(reason="Backup status must be available")


def require_deletable(backup: Backup, *, force: bool) -> None:
    """Raise InvalidBackup where the backup may not go: what adds to it could not be restored any more."""
    if not force and backup.status not in ("available", "error", "error_deleting"):
        raise errors.InvalidBackup(reason="Backup status must be available or error")
    if backup.has_dependents:
        raise errors.InvalidBackup(reason="Incremental backups exist for this backup.")


def parent_of(backups: list[Backup], before: datetime | None) -> Backup:
    """The one that an incremental backup adds to: the latest, of data from before that time."""
    usable = [b for b in backups if b.status == "available" and (before is None or b.data_at < before)]
    if not usable:
        raise errors.InvalidBackup(reason="No backups available to do an incremental backup.")
    return max(usable, key=lambda b: (b.data_at, b.created_at, b.id))
