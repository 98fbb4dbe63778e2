"""Deleted servers in the store."""

from __future__ import annotations

from datetime import datetime

from haneul.kernel.db import Narrow, Rows, Tx
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


async def forget(tx: Tx, before: datetime) -> int:
    """Up to `AT_ONCE` of those that went before then are forgotten; how many."""
    return await PAST_SERVERS.remove_before(tx, "terminated_at", before, most=AT_ONCE)
