"""What block storage answers of backups."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from haneul.kernel.http import UNSET, Answer, Link, UnsetType, since


class BackupName(Answer):
    id: str
    name: str | None
    links: list[Link]


class Backup(BackupName):
    status: str
    size: int
    object_count: int
    availability_zone: str | None
    container: str | None
    created_at: str
    updated_at: str | None
    description: str | None
    fail_reason: str | None
    volume_id: str
    is_incremental: bool
    has_dependent_backups: bool
    snapshot_id: str | None
    data_timestamp: str
    metadata: Annotated[dict[str, str], since("3.43")]
    project_id: Annotated[str | UnsetType, since("3.18")] = field(
        name="os-backup-project-attr:project_id", default=UNSET
    )
    """For administrators, as the user."""
    user_id: Annotated[str | UnsetType, since("3.56")] = UNSET


class OneBackupName(Answer):
    backup: BackupName


class OneBackup(Answer):
    backup: Backup


class BackupPage(Answer):
    backups_links: list[Link] | UnsetType = UNSET
    count: Annotated[int | UnsetType, since("3.45")] = UNSET


class BackupsByName(BackupPage):
    backups: list[BackupName]


class BackupsInDetail(BackupPage):
    backups: list[Backup]


class Restore(Answer):
    backup_id: str
    volume_id: str
    volume_name: str | None


class OneRestore(Answer):
    restore: Restore


class Record(Answer):
    backup_service: str
    backup_url: str


class OneRecord(Answer):
    record: Record = field(name="backup-record")
