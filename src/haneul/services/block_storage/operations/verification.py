"""Whether what is stored of volumes fits together."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.block_storage.model.volumes import Attachment
from haneul.services.block_storage.store.backups import BACKUPS
from haneul.services.block_storage.store.types import TYPES
from haneul.services.block_storage.store.volumes import ATTACHMENTS, SNAPSHOTS, VOLUMES


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction among volumes, their types, snapshots and attachments."""
    volumes = {v.id: v for v in await VOLUMES.find(ctx.tx)}
    types = {t.id for t in await TYPES.find(ctx.tx)}
    for volume in volumes.values():
        if volume.type_id not in types:
            return f"volume {volume.id} is of the type {volume.type_id}, which is not there"
        if volume.status == "creating" and volume.settled == "creating":
            return f"volume {volume.id} is being created and nothing works on it"
        if volume.settled == "available" and volume.host is None:
            return f"volume {volume.id} is available on no host"
    attached: dict[str, list[Attachment]] = {}
    for attachment in await ATTACHMENTS.find(ctx.tx):
        if attachment.volume_id not in volumes:
            return f"attachment {attachment.id} is of volume {attachment.volume_id}, which is not there"
        attached.setdefault(attachment.volume_id, []).append(attachment)
    for volume in volumes.values():
        if volume.settled == "in-use" and volume.id not in attached:
            return f"volume {volume.id} is in use by nobody"
    for snapshot in await SNAPSHOTS.find(ctx.tx):
        if snapshot.volume_id not in volumes:
            return f"snapshot {snapshot.id} is of volume {snapshot.volume_id}, which is not there"
    return await _of_backups(ctx)


async def _of_backups(ctx: Context) -> str | None:
    backups = {b.id: b for b in await BACKUPS.find(ctx.tx)}
    for backup in backups.values():
        if backup.parent_id is not None and backup.parent_id not in backups:
            return f"backup {backup.id} adds to {backup.parent_id}, which is not there"
        if backup.settled == "available" and backup.host is None:
            return f"backup {backup.id} is available in no store"
    return None
