"""/resource_filters: by what people who are no administrators can ask for things in lists."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Query
from haneul.services.block_storage import policy
from haneul.services.block_storage.api import (
    attachments,
    backups,
    group_snapshots,
    groups,
    messages,
    other_answers,
    snapshots,
    types,
    volumes,
)
from haneul.services.block_storage.api.paths import ProjectRoutes

routes = ProjectRoutes()
FILTERS = {
    "volume": volumes.FILTERS,
    "backup": backups.FILTERS,
    "snapshot": snapshots.FILTERS,
    "group": groups.FILTERS,
    "group_snapshot": group_snapshots.FILTERS,
    "message": messages.FILTERS,
    "attachment": attachments.FILTERS,
    "volume_type": types.MEMBERS_FILTERS,
}


@routes.get("/resource_filters", policy=policy.GET_ALL, since="3.33", answer=other_answers.ResourceFilters)
async def list_resource_filters(ctx: Context, query: Query) -> dict[str, Any]:
    """The filters of every kind of thing, or of the one that is named."""
    wanted = query.get("resource")
    return {
        "resource_filters": [
            {"resource": kind, "filters": list(names)}
            for kind, names in FILTERS.items()
            if wanted in (None, kind)
        ]
    }
