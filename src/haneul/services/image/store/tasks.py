"""Rows of tasks."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx
from haneul.services.image.model.tasks import Task

TASKS = Rows(
    Task,
    "image_tasks",
    indexes=(("owner", "created_at"), ("created_at",), ("image_id", "created_at"), ("expires_at",)),
)

_EXPIRED = Query(sa.delete(TASKS.table).where(TASKS.c.expires_at < sa.bindparam("now", type_=sa.Text)))


async def drop_expired(tx: Tx, now: datetime) -> int:
    """Forget the tasks that ended long ago; how many there were."""
    return await tx.run(_EXPIRED, now=TASKS.value("expires_at", now))
