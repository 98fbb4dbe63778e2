"""Server groups: servers that are to run on the same host, or on different ones."""

from __future__ import annotations

import msgspec

POLICIES = ("anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity")


class ServerGroup(msgspec.Struct, frozen=True):
    id: str
    name: str
    project_id: str
    user_id: str
    policy: str
    rules: dict[str, int]
    """`max_server_per_host`, for anti-affinity only."""
    members: list[str]
    """Ids of servers."""
    generation: int = 0
