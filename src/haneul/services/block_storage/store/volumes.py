"""Volumes and attachments as stored."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows
from haneul.kernel.saga import OPERATIONS
from haneul.services.block_storage.model.snapshots import Snapshot
from haneul.services.block_storage.model.volumes import Attachment, Volume

DOING = {
    "block_storage.create_volume": "creating",
    "block_storage.delete_volume": "deleting",
    "block_storage.extend_volume": "extending",
    "block_storage.upload_image": "uploading",
    "block_storage.create_backup": "backing-up",
    "block_storage.restore_backup": "restoring-backup",
    "block_storage.create_snapshot": "creating",
    "block_storage.delete_snapshot": "deleting",
    "block_storage.manage_volume": "managing",
    "block_storage.unmanage_volume": "unmanaging",
    "block_storage.manage_snapshot": "creating",
    "block_storage.unmanage_snapshot": "unmanaging",
    "block_storage.revert_volume": "reverting",
    "block_storage.reimage_volume": "downloading",
    "block_storage.create_group_snapshot": "creating",
    "block_storage.delete_group_snapshot": "deleting",
}
"""The status of a volume or snapshot while such an operation is open on it."""


def _status(table: sa.Table, *more: str) -> sa.ColumnElement[str]:
    """What is being done to the row, or to the things that these columns name, or else its settled status."""
    o = OPERATIONS.table.alias()
    resources = [table.c[name] for name in ("id", *more)]
    is_its = o.c.resource_id.in_(resources) if more else o.c.resource_id == table.c.id
    doing = (
        sa.select(sa.case(*((o.c.kind == kind, word) for kind, word in DOING.items()), else_=table.c.settled))
        .where(is_its, o.c.is_open.is_(sa.true()))
        .order_by(o.c.seq.desc())
        .limit(1)
        .correlate(table)
        .scalar_subquery()
    )
    return sa.func.coalesce(doing, table.c.settled, type_=sa.Text)


VOLUMES = Rows(
    Volume,
    "block_storage_volumes",
    indexes=(
        ("project_id", "created_at", "id"),
        ("created_at", "id"),
        ("owner_id",),
        ("type_id",),
        ("group_id",),
    ),
    derived=lambda table: {"status": _status(table)},
)
SNAPSHOTS = Rows(
    Snapshot,
    "block_storage_snapshots",
    indexes=(("project_id", "created_at"), ("created_at",), ("volume_id",), ("group_snapshot_id",)),
    derived=lambda table: {"status": _status(table, "group_snapshot_id")},
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
