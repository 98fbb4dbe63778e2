"""Groups of volumes as stored."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows
from haneul.kernel.saga import OPERATIONS
from haneul.services.block_storage.model.groups import Group, GroupSnapshot, GroupType
from haneul.services.block_storage.store.volumes import VOLUMES

GROUP_TYPES = Rows(GroupType, "block_storage_group_types", unique=(("name",),), indexes=(("created_at",),))


def _group_status(table: sa.Table) -> sa.ColumnElement[str]:
    """`creating` while a volume of a group that is a copy is made, `error` if one could not be."""
    o, v = OPERATIONS.table.alias(), VOLUMES.table.alias()
    is_copy = sa.or_(table.c.group_snapshot_id.is_not(None), table.c.source_group_id.is_not(None))
    making = (
        sa.exists()
        .where(
            v.c.group_id == table.c.id,
            o.c.resource_id == v.c.id,
            o.c.is_open.is_(sa.true()),
            o.c.kind == sa.literal("block_storage.create_volume", sa.Text),
        )
        .correlate(table)
    )
    failed = (
        sa.exists()
        .where(v.c.group_id == table.c.id, v.c.settled == sa.literal("error", sa.Text), v.c.host.is_(None))
        .correlate(table)
    )
    is_settled = table.c.settled == sa.literal("available", sa.Text)
    return sa.case(
        (is_settled & is_copy & making, sa.literal("creating", sa.Text)),
        (is_settled & is_copy & failed, sa.literal("error", sa.Text)),
        else_=table.c.settled,
    )


GROUPS = Rows(
    Group,
    "block_storage_groups",
    indexes=(("project_id", "created_at"), ("created_at",), ("type_id",)),
    derived=lambda table: {"status": _group_status(table)},
)

DOING = {
    "block_storage.create_group_snapshot": "creating",
    "block_storage.delete_group_snapshot": "deleting",
}


def _snapshot_status(table: sa.Table) -> sa.ColumnElement[str]:
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


GROUP_SNAPSHOTS = Rows(
    GroupSnapshot,
    "block_storage_group_snapshots",
    indexes=(("project_id", "created_at"), ("created_at",), ("group_id",)),
    derived=lambda table: {"status": _snapshot_status(table)},
)
COUNT = Query(
    sa.select(sa.func.count())
    .select_from(GROUPS.table)
    .where(GROUPS.c.project_id == sa.bindparam("project", type_=sa.Text))
)
"""How many groups a project has."""
