"""What projects have of the things that limits are about, counted from rows."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from haneul.kernel.db import Query, Tx
from haneul.kernel.quota import UNLIMITED, QuotaSet
from haneul.services.image.store.images import IMAGES, UPLOADS

MIB = 1 << 20

SIZE, STAGED = "image_size_total", "image_stage_total"
COUNT, UPLOADING = "image_count_total", "image_count_uploading"
NAMES = (SIZE, STAGED, COUNT, UPLOADING)
"""The first two are in MiB."""

_c = IMAGES.c
_OWNED = _c.owner == sa.bindparam("project", type_=sa.Text)
_SIZE = sa.func.coalesce(_c.size, sa.literal_column("0"))


def _sum(of: sa.ColumnElement[bool], value: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    zero = sa.literal_column("0")
    return sa.func.coalesce(sa.func.sum(sa.case((of, value), else_=zero)), zero)


_USED = Query(
    sa.select(
        _sum(_c.blob.is_not(None), _SIZE),
        _sum(_c.staged.is_not(None), _SIZE),
        sa.func.count(),
        _sum(_c.staged.is_not(None), sa.literal_column("1")),
    ).where(_OWNED)
)
_COMING = Query(
    sa.select(sa.func.count())
    .select_from(UPLOADS.table.join(IMAGES.table, UPLOADS.c.image_id == _c.id))
    .where(_OWNED)
)


async def used(tx: Tx, project_id: str) -> Mapping[str, int]:
    """What the project has of everything that can be limited."""
    size, staged, count, waiting = await tx.one(_USED, project=project_id) or (0, 0, 0, 0)
    coming = await tx.one(_COMING, project=project_id) or (0,)
    return {
        SIZE: int(size) // MIB,
        STAGED: int(staged) // MIB,
        COUNT: int(count),
        UPLOADING: int(waiting) + int(coming[0]),
    }


QUOTAS = QuotaSet("image", dict.fromkeys(NAMES, UNLIMITED), used)
