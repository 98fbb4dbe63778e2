"""How much a project may have of what block storage keeps, counted from rows."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.db import Query, Rows, Tx
from haneul.kernel.quota import QuotaSet
from haneul.services.block_storage import errors
from haneul.services.block_storage.store.backups import SUMS as BACKUP_SUMS
from haneul.services.block_storage.store.groups import COUNT as GROUP_COUNT
from haneul.services.block_storage.store.volumes import SNAPSHOTS, VOLUMES


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
    backups = await tx.one(BACKUP_SUMS, project=project_id) or (0, 0)
    groups = await tx.one(GROUP_COUNT, project=project_id) or (0,)
    return {
        "volumes": int(volumes[0]),
        "snapshots": int(snapshots[0]),
        "gigabytes": int(volumes[1]) + int(snapshots[1]),
        "backups": int(backups[0]),
        "backup_gigabytes": int(backups[1]),
        "groups": int(groups[0]),
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
    limits = await QUOTAS.require(ctx, ctx.project_id, errors.VolumeQuotaExceeded, **wanted)
    if size is not None:
        limit = limits["per_volume_gigabytes"]
        if 0 <= limit < size:
            raise errors.VolumeQuotaExceeded(
                resource="per_volume_gigabytes", requested=size, used=0, limit=limit
            )
