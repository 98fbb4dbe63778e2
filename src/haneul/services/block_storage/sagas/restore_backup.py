"""Write a backup over a volume that is there. Before it is begun to be written, the volume is as it was."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import Backups, OpensVolumes, StoredBackup
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.model.volumes import host_name
from haneul.services.block_storage.store.backups import BACKUPS
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.volumes import VOLUMES


class Restored(msgspec.Struct, frozen=True):
    backup_id: str
    volume_id: str


class Plan(msgspec.Struct, frozen=True):
    host: str
    stored_as: str


async def plan(ctx: Context, restored: Restored) -> Plan:
    """Where the volume is, and what the store knows the backup as."""
    backup = await BACKUPS.get(ctx.tx, restored.backup_id)
    if backup is None:
        raise errors.BackupNotFound(id=restored.backup_id)
    volume = await VOLUMES.get(ctx.tx, restored.volume_id)
    host = host_name(volume) if volume is not None else None
    if host is None:
        raise errors.VolumeNotFound(id=restored.volume_id)
    return Plan(host, backup.stored_as)


async def look(ctx: Context, plan: Plan) -> StoredBackup:
    """The store of the volume's host has the backup, and no more is changed if it has not."""
    return await ctx.agent(plan.host, Backups).stored(plan.stored_as)


async def write(ctx: Context, restored: Restored, plan: Plan) -> None:
    """The volume holds what was backed up."""
    path = await ctx.agent(plan.host, OpensVolumes).open_for_writing(restored.volume_id)
    await ctx.agent(plan.host, Backups).restore(plan.stored_as, path)


async def mark_restored(ctx: Context, restored: Restored, stored: StoredBackup) -> None:
    """The volume may be used, and is what it was beside its content."""
    volume = await VOLUMES.get(ctx.tx, restored.volume_id)
    if volume is None:
        raise errors.VolumeNotFound(id=restored.volume_id)
    await VOLUMES.change(ctx, volume, settled="available", fault=None, **stored.notes)


async def mark_error(ctx: Context, restored: Restored, failure: Failure) -> None:
    """The volume shows that its content may be half of one and half of the other, if it came to that."""
    volume = await VOLUMES.get(ctx.tx, restored.volume_id)
    if volume is not None:
        changes = {"settled": "error_restoring"} if failure.step in ("write", "mark_restored") else {}
        await VOLUMES.change(ctx, volume, fault=failure.message, **changes)
    backup = await BACKUPS.get(ctx.tx, restored.backup_id)
    if backup is not None:
        await tell(ctx, Actions.RESTORE_BACKUP, backup.id, backup.project_id)


RESTORE_BACKUP = Saga(
    "block_storage.restore_backup",
    input=Restored,
    steps=[Step(plan), Step(look), Step(write, deadline_s=6 * 3600), Step(mark_restored)],
    on_failure=mark_error,
)
