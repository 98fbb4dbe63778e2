"""Volumes and attachments as stored."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.db import Query, Rows, Tx
from haneul.kernel.quota import QuotaSet
from haneul.kernel.saga import OPERATIONS
from haneul.services.block_storage import errors
from haneul.services.block_storage.model.snapshots import Snapshot
from haneul.services.block_storage.model.volumes import Attachment, Volume
from haneul.services.block_storage.store.backups import SUMS

DOING = {
    "block_storage.create_volume": "creating",
    "block_storage.delete_volume": "deleting",
    "block_storage.extend_volume": "extending",
    "block_storage.upload_image": "uploading",
    "block_storage.create_backup": "backing-up",
    "block_storage.restore_backup": "restoring-backup",
    "block_storage.create_snapshot": "creating",
    "block_storage.delete_snapshot": "deleting",
}
"""The status of a volume or snapshot while such an operation is open on it."""


def _status(table: sa.Table) -> sa.ColumnElement[str]:
    """What is being done to the row, or else its settled status."""
    o = OPERATIONS.table.alias()
    doing = (
        sa.select(sa.case(*((o.c.kind == kind, word) for kind, word in DOING.items()), else_=table.c.settled))
        .where(o.c.resource_id == table.c.id, o.c.is_open.is_(sa.true()))
        .order_by(o.c.seq.desc())
        .limit(1)
        .correlate(table)
        .scalar_subquery()
    )
    return sa.func.coalesce(doing, table.c.settled, type_=sa.Text)


VOLUMES = Rows(
    Volume,
    "block_storage_volumes",
    indexes=(("project_id", "created_at", "id"), ("created_at", "id"), ("owner_id",), ("type_id",)),
    derived=lambda table: {"status": _status(table)},
)
SNAPSHOTS = Rows(
    Snapshot,
    "block_storage_snapshots",
    indexes=(("project_id", "created_at"), ("created_at",), ("volume_id",)),
    derived=lambda table: {"status": _status(table)},
)
ATTACHMENTS = Rows(
    Attachment, "block_storage_attachments", indexes=(("volume_id",), ("server_id",), ("project_id",))
)
LATE = Query(
    sa.select(ATTACHMENTS.c.id)
    .join(VOLUMES.table, VOLUMES.c.id == ATTACHMENTS.c.volume_id)
    .where(
        ATTACHMENTS.c.status == sa.literal("attached", sa.Text),
        ATTACHMENTS.c.by_compute.is_(sa.true()),
        ATTACHMENTS.c.seen_gb < VOLUMES.c.size,
    )
)
"""Attachments whose server does not know how large the volume is."""


def _sums(rows: Rows, column: str) -> Query:
    project = sa.bindparam("project", type_=sa.Text)
    size = sa.func.coalesce(sa.func.sum(rows.c[column]), 0)
    return Query(sa.select(sa.func.count(), size).where(rows.c.project_id == project))


_VOLUME_SUMS = _sums(VOLUMES, "size")
_SNAPSHOT_SUMS = _sums(SNAPSHOTS, "size")


async def used(tx: Tx, project_id: str) -> Mapping[str, int]:
    """What the project has of everything that a quota limits."""
    volumes = await tx.one(_VOLUME_SUMS, project=project_id) or (0, 0)
    snapshots = await tx.one(_SNAPSHOT_SUMS, project=project_id) or (0, 0)
    backups = await tx.one(SUMS, project=project_id) or (0, 0)
    return {
        "volumes": int(volumes[0]),
        "snapshots": int(snapshots[0]),
        "gigabytes": int(volumes[1]) + int(snapshots[1]),
        "backups": int(backups[0]),
        "backup_gigabytes": int(backups[1]),
    }


QUOTAS = QuotaSet(
    "block_storage",
    {
        "volumes": 10,
        "gigabytes": 1000,
        "snapshots": 10,
        "per_volume_gigabytes": -1,
        "backups": 10,
        "backup_gigabytes": 1000,
        "groups": 10,
    },
    used,
)


async def require_quota(ctx: Context, *, size: int | None = None, **wanted: int) -> None:
    """Raise VolumeQuotaExceeded unless the asker's project may have that much more."""
    await QUOTAS.require(ctx, ctx.project_id, errors.VolumeQuotaExceeded, **wanted)
    if size is not None:
        limit = (await QUOTAS.limits(ctx.tx, ctx.project_id))["per_volume_gigabytes"]
        if 0 <= limit < size:
            raise errors.VolumeQuotaExceeded(
                resource="per_volume_gigabytes", requested=size, used=0, limit=limit
            )
