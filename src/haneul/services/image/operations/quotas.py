"""Limits on what a project may have of images: by their number, and by their size.

The cloud's defaults stand in its configuration; a project can have limits of its own. As in the real
service, sizes count in whole MiB, rounded down.
"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.quota import UNLIMITED, QuotaSet
from haneul.services.image import errors
from haneul.services.image.config import options
from haneul.services.image.store.quotas import COUNT, MIB, NAMES, SIZE, STAGED, UPLOADING, used


def _quotas(ctx: Context) -> QuotaSet:
    """The limits with the cloud's own defaults."""
    defaults = options(ctx.platform.config).quotas
    return QuotaSet("image", {name: defaults.get(name, UNLIMITED) for name in NAMES}, used)


async def require_image(ctx: Context, owner: str | None) -> None:
    """The project may have one more image."""
    if owner is not None:
        await _quotas(ctx).require(ctx, owner, errors.LimitExceeded, **{COUNT: 1})


async def require_upload(ctx: Context, owner: str | None, kind: str, length: int | None) -> int | None:
    """The project may send data of that length; how many bytes may come at most, None: any number."""
    if owner is None:
        return None
    quotas, resource = _quotas(ctx), STAGED if kind == "stage" else SIZE
    limits = await quotas.limits(ctx.tx, owner)
    await quotas.require(ctx, owner, errors.LimitExceeded, **{UPLOADING: 1})
    if limits[resource] < 0:
        return None
    have, wanted = (await used(ctx.tx, owner))[resource], (length or 0) // MIB
    if have + wanted > limits[resource]:
        raise errors.LimitExceeded(resource=resource, requested=wanted, used=have, limit=limits[resource])
    return (limits[resource] - have + 1) * MIB - 1


async def require_room(ctx: Context, owner: str | None) -> None:
    """The project does not have more data than it may already."""
    if owner is None:
        return
    limit, have = (await _quotas(ctx).limits(ctx.tx, owner))[SIZE], (await used(ctx.tx, owner))[SIZE]
    if 0 <= limit < have:
        raise errors.LimitExceeded(resource=SIZE, requested=0, used=have, limit=limit)


async def usage(ctx: Context) -> dict[str, dict[str, int]]:
    """What the asker's project has of each thing that is limited; nothing if nothing is."""
    limits = await _quotas(ctx).limits(ctx.tx, ctx.project_id)
    if all(limit < 0 for limit in limits.values()):
        return {}
    have = await used(ctx.tx, ctx.project_id)
    return {name: {"limit": limits[name], "usage": have[name]} for name in NAMES}
