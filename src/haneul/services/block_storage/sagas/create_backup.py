"""Back a volume or a snapshot up: hold a moment of it where it is, store what it has there, let it go.

    plan ── hold ── store ── let_go ── mark_available
             │        └ undo: the store has nothing of it
             └ undo: the moment is let go

While it runs, the volume or snapshot is `backing-up`: nobody begins to write to what is read.
"""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import Backups, OpensVolumes, StoredBackup
from haneul.services.block_storage.model.backups import Backup
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.model.volumes import host_name
from haneul.services.block_storage.store.backups import BACKUPS
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.volumes import SNAPSHOTS, VOLUMES


class NewBackup(msgspec.Struct, frozen=True):
    backup_id: str


class Plan(msgspec.Struct, frozen=True):
    host: str
    volume_id: str
    snapshot_id: str | None
    stored_as: str
    parent: str | None
    """As the store knows it."""
    notes: dict[str, Any]


class Held(msgspec.Struct, frozen=True):
    path: str


async def plan(ctx: Context, new: NewBackup) -> Plan:
    """Where the data are, and what they are added to."""
    backup = await _backup(ctx, new.backup_id)
    volume = await VOLUMES.get(ctx.tx, backup.volume_id)
    host = host_name(volume) if volume is not None else None
    if backup.snapshot_id is not None:
        snapshot = await SNAPSHOTS.get(ctx.tx, backup.snapshot_id)
        host = snapshot.host.split("@")[0] if snapshot is not None and snapshot.host else None
    if volume is None or host is None:
        raise errors.VolumeNotFound(id=backup.volume_id)
    parent = await _backup(ctx, backup.parent_id) if backup.parent_id else None
    notes = {
        "bootable": volume.bootable,
        "metadata": volume.metadata,
        "image_metadata": volume.image_metadata,
    }
    if backup.host != host:
        await BACKUPS.update(ctx.tx, msgspec.structs.replace(backup, host=host))
    return Plan(
        host, volume.id, backup.snapshot_id, backup.stored_as, parent.stored_as if parent else None, notes
    )


async def hold(ctx: Context, plan: Plan) -> Held:
    """The host has a file that holds the content as of one moment."""
    volumes = ctx.agent(plan.host, OpensVolumes)
    if plan.snapshot_id is not None:
        return Held(await volumes.open_snapshot(plan.snapshot_id))
    return Held(await volumes.open_volume(plan.volume_id))


async def let_moment_go(ctx: Context, plan: Plan) -> None:
    """The host keeps no such file."""
    if plan.snapshot_id is None:
        await ctx.agent(plan.host, OpensVolumes).close_volume(plan.volume_id)


async def store(ctx: Context, plan: Plan, held: Held) -> StoredBackup:
    """The store has the data."""
    return await ctx.agent(plan.host, Backups).ensure_backup(
        plan.stored_as, held.path, plan.parent, plan.notes
    )


async def discard(ctx: Context, plan: Plan) -> None:
    """The store has nothing of it."""
    await ctx.agent(plan.host, Backups).ensure_backup_gone(plan.stored_as)


async def let_go(ctx: Context, plan: Plan) -> None:
    """The host keeps no moment of the volume: the store has the data."""
    await let_moment_go(ctx, plan)


async def mark_available(ctx: Context, new: NewBackup, stored: StoredBackup) -> None:
    """The backup may be restored."""
    backup = await _backup(ctx, new.backup_id)
    await BACKUPS.change(ctx, backup, settled="available", object_count=stored.block_count, fault=None)


async def mark_error(ctx: Context, new: NewBackup, failure: Failure) -> None:
    """The backup shows why it failed, and waits to be deleted; the volume is as it was."""
    backup = await BACKUPS.get(ctx.tx, new.backup_id)
    if backup is not None:
        await BACKUPS.change(ctx, backup, settled="error", fault=failure.public_message)
        await tell(ctx, Actions.CREATE_BACKUP, backup.id, backup.project_id)


async def _backup(ctx: Context, backup_id: str) -> Backup:
    backup = await BACKUPS.get(ctx.tx, backup_id)
    if backup is None:
        raise errors.BackupNotFound(id=backup_id)
    return backup


CREATE_BACKUP = Saga(
    "block_storage.create_backup",
    input=NewBackup,
    steps=[
        Step(plan),
        Step(hold, undo=let_moment_go, deadline_s=600),
        Step(store, undo=discard, deadline_s=6 * 3600),
        Step(let_go),
        Step(mark_available),
    ],
    on_failure=mark_error,
)
