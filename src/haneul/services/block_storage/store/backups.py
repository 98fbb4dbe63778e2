"""Backups as stored."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows
from haneul.kernel.saga import OPERATIONS
from haneul.services.block_storage.model.backups import Backup

DOING = {
    "block_storage.create_backup": "creating",
    "block_storage.import_backup": "creating",
    "block_storage.restore_backup": "restoring",
    "block_storage.create_volume": "restoring",
    "block_storage.delete_backup": "deleting",
}
"""The status of a backup while such an operation is open on it."""


def _status(table: sa.Table) -> sa.ColumnElement[str]:
    """What is being done with the backup, or else its settled status."""
    o = OPERATIONS.table.alias()
    doing = (
        sa.select(sa.case(*((o.c.kind == kind, word) for kind, word in DOING.items()), else_=table.c.settled))
        .where(o.c.id == table.c.operation_id, o.c.is_open.is_(sa.true()))
        .correlate(table)
        .scalar_subquery()
    )
    return sa.func.coalesce(doing, table.c.settled, type_=sa.Text)


def _has_dependents(table: sa.Table) -> sa.ColumnElement[bool]:
    """Whether another backup adds to it: while that is, it cannot go."""
    child = table.alias()
    return sa.exists().where(child.c.parent_id == table.c.id).correlate(table)


BACKUPS = Rows(
    Backup,
    "block_storage_backups",
    indexes=(
        ("project_id", "created_at", "id"),
        ("created_at", "id"),
        ("volume_id",),
        ("parent_id",),
        ("stored_as",),
    ),
    derived=lambda table: {"status": _status(table), "has_dependents": _has_dependents(table)},
)
SUMS = Query(
    sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(BACKUPS.c["size"]), 0)).where(
        BACKUPS.c.project_id == sa.bindparam("project", type_=sa.Text)
    )
)
"""How many backups a project has, and of how much."""
