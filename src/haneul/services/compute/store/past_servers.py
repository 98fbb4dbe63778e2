"""Deleted servers in the store."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haneul.kernel.db import Narrow, Query, Rows, Tx
from haneul.services.compute.model.past_servers import PastServer

PAST_SERVERS = Rows(
    PastServer,
    "compute_past_servers",
    indexes=(
        ("project_id", "created_at", "id"),
        ("created_at", "id"),
        ("updated_at",),
        ("project_id", "updated_at"),
        ("terminated_at",),
        ("project_id", "id", "terminated_at", "launched_at"),
    ),
)
"""The last index answers usage by itself: whom a period does not concern is passed over without its row."""
BY_CHANGE = Narrow(PAST_SERVERS, "updated_at", PAST_SERVERS.c.updated_at, others=("created_at",))
"""Who asks for changes mostly asks for the latest few."""
AT_ONCE = 1000

_oldest = (
    sa.select(PAST_SERVERS.c.id)
    .where(PAST_SERVERS.c.terminated_at < sa.bindparam("before", type_=sa.Text))
    .order_by(PAST_SERVERS.c.terminated_at)
    .limit(AT_ONCE)
)
_FORGET = Query(sa.delete(PAST_SERVERS.table).where(PAST_SERVERS.c.id.in_(_oldest)))


async def forget(tx: Tx, before: datetime) -> int:
    """Up to `AT_ONCE` of those that went before then are forgotten; how many."""
    return await tx.run(_FORGET, before=PAST_SERVERS.value("terminated_at", before))
