"""What projects used of the cloud in a period, from the servers that were there then."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.services.compute.model.usage import Period, UsedServer
from haneul.services.compute.store import usage


async def page(
    ctx: Context, period: Period, *, project_id: str | None = None, marker: str | None, limit: int
) -> list[UsedServer]:
    """The servers of the period, of one project or of all, in the order of projects."""
    after = None
    if marker is not None:
        after = await usage.place(ctx.tx, marker)
        if after is None or (project_id is not None and after[0] != project_id):
            raise BadRequest(f"Marker {marker} could not be found.")
    return await usage.used(ctx.tx, period, project_id=project_id, after=after, limit=limit)
