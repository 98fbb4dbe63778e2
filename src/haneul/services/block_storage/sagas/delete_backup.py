"""Delete a backup: from its store, unless another record stands for the same data, then from the books."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import Waiting
from haneul.kernel.saga import OPERATIONS, Failure, Saga, Step
from haneul.services.block_storage.drivers.interface import Backups
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.store.backups import BACKUPS
from haneul.services.block_storage.store.messages import tell


class OldBackup(msgspec.Struct, frozen=True):
    backup_id: str
    after: str | None = None
    """An operation that works on the backup, or did: it ends first."""


class Data(msgspec.Struct, frozen=True):
    host: str | None
    """None if there is nothing to remove: it was never stored, or another record stands for it."""
    stored_as: str


async def renounce(ctx: Context, old: OldBackup) -> Data:
    """Nothing else works on the backup, and it stands for its data alone or for none."""
    before = await OPERATIONS.get(ctx.tx, old.after) if old.after else None
    if before is not None and before.is_open:
        raise Waiting(what=f"what is done with backup {old.backup_id}", state=before.kind)
    backup = await BACKUPS.get(ctx.tx, old.backup_id)
    if backup is None:
        return Data(None, old.backup_id)
    await ctx.tx.lock("backup", backup.stored_as)
    is_shared = await BACKUPS.count(ctx.tx, stored_as=backup.stored_as) > 1
    if is_shared:
        backup = msgspec.structs.replace(backup, stored_as=backup.id, host=None)
        await BACKUPS.update(ctx.tx, backup)
    return Data(backup.host, backup.stored_as)


async def drop(ctx: Context, data: Data) -> None:
    """The store has no such backup."""
    if data.host is not None:
        await ctx.agent(data.host, Backups).ensure_backup_gone(data.stored_as)


async def forget(ctx: Context, old: OldBackup) -> None:
    """Nothing is known of the backup any more."""
    await BACKUPS.remove(ctx.tx, id=old.backup_id)


async def mark_error(ctx: Context, old: OldBackup, failure: Failure) -> None:
    """The backup shows why it could not be deleted, and may be deleted again."""
    backup = await BACKUPS.get(ctx.tx, old.backup_id)
    if backup is not None:
        await BACKUPS.change(ctx, backup, settled="error_deleting", fault=failure.public_message)
        await tell(ctx, Actions.DELETE_BACKUP, backup.id, backup.project_id)


DELETE_BACKUP = Saga(
    "block_storage.delete_backup",
    input=OldBackup,
    steps=[Step(renounce, deadline_s=6 * 3600), Step(drop, deadline_s=600), Step(forget)],
    on_failure=mark_error,
)
