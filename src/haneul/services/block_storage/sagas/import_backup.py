"""Take up a backup that a record names: what is known of it is what its store says, not what the record says."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import Backups, StoredBackup
from haneul.services.block_storage.store.backups import BACKUPS
from haneul.services.placement import public as placement

GIB = 1 << 30


class ImportedBackup(msgspec.Struct, frozen=True):
    backup_id: str


class Candidates(msgspec.Struct, frozen=True):
    hosts: list[str]
    stored_as: str


class Place(msgspec.Struct, frozen=True):
    host: str
    stored: StoredBackup


async def plan(ctx: Context, new: ImportedBackup) -> Candidates:
    """Where the data may be."""
    backup = await BACKUPS.get(ctx.tx, new.backup_id)
    if backup is None:
        raise errors.BackupNotFound(id=new.backup_id)
    return Candidates([h.name for h in await placement.hosts_up(ctx, "backups")], backup.stored_as)


async def look(ctx: Context, candidates: Candidates) -> Place:
    """The host whose store has the data, and what that says of them."""
    for host in candidates.hosts:
        try:
            return Place(host, await ctx.agent(host, Backups).stored(candidates.stored_as))
        except NotFound:
            continue
    raise errors.BackupNotFound(id=candidates.stored_as)


async def mark_available(ctx: Context, new: ImportedBackup, place: Place) -> None:
    """The backup may be restored."""
    backup = await BACKUPS.get(ctx.tx, new.backup_id)
    if backup is None:
        raise errors.BackupNotFound(id=new.backup_id)
    stored = place.stored
    parents = await BACKUPS.find(ctx.tx, stored_as=stored.parent_id) if stored.parent_id else []
    await BACKUPS.change(
        ctx,
        backup,
        settled="available",
        host=place.host,
        size=max(backup.size, -(-stored.size_bytes // GIB)),
        object_count=stored.block_count,
        parent_id=parents[0].id if parents else None,
        fault=None,
    )


async def mark_error(ctx: Context, new: ImportedBackup, failure: Failure) -> None:
    """The backup shows why it could not be taken up, and waits to be deleted; nothing is removed with it."""
    backup = await BACKUPS.get(ctx.tx, new.backup_id)
    if backup is not None:
        await BACKUPS.change(ctx, backup, settled="error", host=None, fault=failure.public_message)


IMPORT_BACKUP = Saga(
    "block_storage.import_backup",
    input=ImportedBackup,
    steps=[Step(plan), Step(look), Step(mark_available)],
    on_failure=mark_error,
)
