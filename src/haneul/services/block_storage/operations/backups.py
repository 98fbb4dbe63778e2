"""Backups: accept, list, change, restore, delete; records of them come and go."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate, Filter, Sort
from haneul.kernel.ids import is_uuid
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.model import backups as model
from haneul.services.block_storage.model import volumes as volume_model
from haneul.services.block_storage.model.backups import Backup
from haneul.services.block_storage.model.services import BACKUP, host_of
from haneul.services.block_storage.model.snapshots import Snapshot
from haneul.services.block_storage.model.volumes import Volume
from haneul.services.block_storage.sagas.create_backup import CREATE_BACKUP, NewBackup
from haneul.services.block_storage.sagas.delete_backup import DELETE_BACKUP, OldBackup
from haneul.services.block_storage.sagas.import_backup import IMPORT_BACKUP, ImportedBackup
from haneul.services.block_storage.sagas.restore_backup import RESTORE_BACKUP, Restored
from haneul.services.block_storage.store.backups import BACKUPS
from haneul.services.block_storage.store.quotas import require_quota
from haneul.services.block_storage.store.services import unusable
from haneul.services.block_storage.store.volumes import ATTACHMENTS, SNAPSHOTS, VOLUMES
from haneul.services.placement import public as placement


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be backed up, and how it is called."""

    volume_id: str
    snapshot_id: str | None = None
    name: str | None = None
    description: str | None = None
    container: str | None = None
    zone: str | None = None
    is_incremental: bool = False
    force: bool = False
    metadata: dict[str, str] = {}


async def show(ctx: Context, id: str) -> Backup:
    """The backup, if the asker may know of it; BackupNotFound otherwise."""
    return await ctx.find(BACKUPS, id, policy.ADMIN_OR_OWNER, missing=errors.BackupNotFound)


async def create(ctx: Context, new: Wish) -> Backup:
    """Accept a new backup; the saga stores it. Of a volume in use only with `force`."""
    volume = await ctx.find(VOLUMES, new.volume_id, policy.ADMIN_OR_OWNER, missing=errors.VolumeNotFound)
    ctx.authorize(policy.CREATE_BACKUP, volume)
    if new.zone is not None and new.zone != volume_model.ZONE:
        raise errors.NoBackupService
    snapshot = await _snapshot(ctx, volume, new.snapshot_id) if new.snapshot_id else None
    if snapshot is None:
        _require_readable(volume, force=new.force)
    parent = await _parent(ctx, volume, snapshot) if new.is_incremental else None
    place = snapshot.host if snapshot is not None else volume.host
    if host_of(place or "") in await unusable(ctx.tx, BACKUP) or not await placement.hosts_up(ctx, "backups"):
        raise errors.NoBackupService
    await require_quota(ctx, backups=1, backup_gigabytes=volume.size)
    id, now = ctx.new_id(), ctx.now()
    started = await ctx.start(
        CREATE_BACKUP, NewBackup(id), resource=snapshot.id if snapshot is not None else volume.id
    )
    made = Backup(
        id=id,
        project_id=ctx.project_id,
        user_id=ctx.user_id,
        volume_id=volume.id,
        snapshot_id=new.snapshot_id,
        name=new.name,
        description=new.description,
        size=volume.size,
        settled="error",  # until it is stored: what it is if nobody goes on storing it
        container=new.container or model.CONTAINER,
        availability_zone=new.zone or volume_model.ZONE,
        host=None,
        stored_as=id,
        parent_id=parent.id if parent is not None else None,
        object_count=0,
        metadata=new.metadata,
        fault=None,
        operation_id=started,
        restored_to=None,
        data_at=snapshot.created_at if snapshot is not None else now,
        created_at=now,
        updated_at=None,
    )
    await BACKUPS.add(ctx.tx, made)
    return made


async def _snapshot(ctx: Context, volume: Volume, id: str) -> Snapshot:
    snapshot = await ctx.find(SNAPSHOTS, id, policy.ADMIN_OR_OWNER, missing=errors.SnapshotNotFound)
    if snapshot.volume_id != volume.id:
        raise errors.InvalidVolume(
            reason=f"Volume {volume.id} does not match with snapshot.volume_id {snapshot.volume_id}."
        )
    if snapshot.status != "available":
        raise errors.InvalidSnapshot(
            reason="Snapshot to be backed up must be available, but the current status is "
            f'"{snapshot.status}".'
        )
    return snapshot


def _require_readable(volume: Volume, *, force: bool) -> None:
    if volume.status not in ("available", "in-use"):
        raise errors.InvalidVolume(
            reason="Volume to be backed up must be available or in-use, but the current status is "
            f'"{volume.status}".'
        )
    if volume.status == "in-use" and not force:
        raise errors.InvalidVolume(reason="Backing up an in-use volume must use the force flag.")


async def _parent(ctx: Context, volume: Volume, snapshot: Snapshot | None) -> Backup:
    mine = await BACKUPS.find(ctx.tx, volume_id=volume.id, project_id=ctx.project_id)
    return model.parent_of(mine, snapshot.created_at if snapshot is not None else None)


async def list_all(
    ctx: Context,
    filters: list[Filter],
    *,
    all_projects: bool,
    sort: list[Sort],
    marker: str | None,
    limit: int | None,
) -> list[Backup]:
    """A page of the project's backups, or of everybody's for an administrator who asks for them."""
    after = await show(ctx, marker) if marker else None
    if not (all_projects and ctx.may(policy.CONTEXT_IS_ADMIN, {})):
        filters = [Filter("project_id", "eq", ctx.project_id), *filters]
    return await BACKUPS.page(ctx.tx, filters, sort=sort, after=after, limit=limit)


async def update(ctx: Context, id: str, **changes: Any) -> Backup:
    """The backup with these changes, if the asker may make them."""
    backup = await show(ctx, id)
    ctx.authorize(policy.UPDATE_BACKUP, backup)
    return await BACKUPS.change(ctx, backup, **changes)


async def restorable(ctx: Context, id: str) -> Backup:
    """The backup, if the asker may make a volume of it now."""
    backup = await show(ctx, id)
    ctx.authorize(policy.RESTORE_BACKUP, backup)
    model.require_available(backup)
    return backup


async def note_restoring(ctx: Context, id: str, volume_id: str, operation: str) -> None:
    """The backup is restored to that volume for as long as the operation is open."""
    backup = await show(ctx, id)
    await BACKUPS.change(ctx, backup, operation_id=operation, restored_to=volume_id)


async def restore_over(ctx: Context, backup: Backup, volume: Volume) -> None:
    """Accept that the volume's content becomes the backup's."""
    if volume.status != "available" or await ATTACHMENTS.find(ctx.tx, volume_id=volume.id):
        raise errors.InvalidVolume(reason="Volume to be restored to must be available")
    if backup.size > volume.size:
        raise errors.InvalidVolume(
            reason=f"volume size {volume.size} is too small to restore backup of size {backup.size}."
        )
    started = await ctx.start(RESTORE_BACKUP, Restored(backup.id, volume.id), resource=volume.id)
    await note_restoring(ctx, backup.id, volume.id, started)


async def delete(ctx: Context, backup: Backup, *, force: bool = False) -> None:
    """The backup goes; refused while another adds to it."""
    model.require_deletable(backup, force=force)
    old = OldBackup(backup.id, after=backup.operation_id)
    started = await ctx.start(DELETE_BACKUP, old, resource=backup.id, supersede=True)
    await BACKUPS.change(ctx, backup, operation_id=started)


async def reset(ctx: Context, backup: Backup, status: str) -> None:
    """An administrator's word on the backup's status. What is being done with it goes on."""
    await BACKUPS.change(ctx, backup, settled=status)


async def export(ctx: Context, id: str) -> str:
    """The record by which the backup can be taken up again."""
    backup = await show(ctx, id)
    ctx.authorize(policy.EXPORT_BACKUP, backup)
    if backup.status != "available":
        raise errors.InvalidBackup(reason=f"Backup status must be available and not {backup.status}.")
    return model.exported(backup)


async def take_up(ctx: Context, service: str, url: str) -> Backup:
    """Accept the backup that a record stands for; the saga looks for its data."""
    record = model.imported(url)
    if not is_uuid(record.id) or not is_uuid(record.stored_as or record.id):
        raise errors.InvalidInput(reason="Provided backup record has an id that is none.")
    stored_as = record.stored_as or record.id
    await ctx.tx.lock("backup", stored_as)
    for known in await BACKUPS.find(ctx.tx, stored_as=stored_as):
        if known.status == "deleting":
            raise errors.InvalidBackup(reason=f"The data of backup {stored_as} are being deleted.")
    if service != model.SERVICE or not await placement.hosts_up(ctx, "backups"):
        raise errors.NoBackupService
    await require_quota(ctx, backups=1, backup_gigabytes=record.size)
    started = await ctx.start(IMPORT_BACKUP, ImportedBackup(record.id), resource=record.id)
    now = ctx.now()
    made = Backup(
        id=record.id,
        project_id=ctx.project_id,
        user_id=ctx.user_id,
        volume_id=model.NO_VOLUME,
        snapshot_id=None,
        name=record.display_name,
        description=record.display_description,
        size=record.size,
        settled="error",  # until its data are found: what it is if nobody goes on looking
        container=model.CONTAINER,
        availability_zone=volume_model.ZONE,
        host=None,
        stored_as=stored_as,
        parent_id=None,
        object_count=0,
        metadata={},
        fault=None,
        operation_id=started,
        restored_to=None,
        data_at=now,
        created_at=now,
        updated_at=None,
    )
    try:
        return await BACKUPS.add(ctx.tx, made)
    except Duplicate:
        raise errors.InvalidBackup(reason="Backup already exists in database.") from None
