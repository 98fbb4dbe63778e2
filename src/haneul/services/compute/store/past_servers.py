"""Deleted servers in the store."""

from __future__ import annotations

from haneul.kernel.db import Narrow, Rows
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
