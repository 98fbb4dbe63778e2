"""Limits on what a project may have of images: by their number, and by their size.

The cloud's defaults stand in its configuration, or are registered with Identity, which counts more; a
project can have limits of its own, and again those of Identity count more. As in the real service, sizes
count in whole MiB, rounded down.
"""

from __future__ import annotations

from collections.abc import Mapping

from haneul.kernel.context import Context
from haneul.kernel.db import Tx
from haneul.kernel.quota import UNLIMITED, QuotaSet
from haneul.services.identity import public as identity
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions
from haneul.services.image.store.quotas import COUNT, MIB, NAMES, SIZE, STAGED, UPLOADING, used


class _Limits(QuotaSet):
    """The limits of one project, with what Identity says of it."""

    def __init__(self, defaults: Mapping[str, int], own: Mapping[str, int]) -> None:
        super().__init__("image", defaults, used)
        self._own = own

    async def limits(self, tx: Tx, project_id: str) -> dict[str, int]:
        return {**await super().limits(tx, project_id), **self._own}


async def _limits(ctx: Context, project_id: str, **unless_set: int) -> _Limits:
    configured = ctx.options(ImageOptions).quotas
    registered, own = await identity.limits_of(ctx, "image", project_id)
    usual = dict.fromkeys(NAMES, UNLIMITED) | unless_set | configured | registered
    defaults = {name: usual[name] for name in NAMES}
    return _Limits(defaults, {name: own[name] for name in NAMES if name in own})


async def require_image(ctx: Context, owner: str | None) -> None:
    """The project may have one more image. There is a limit even where nobody has set one."""
    if owner is not None:
        limits = await _limits(ctx, owner, **{COUNT: ctx.options(ImageOptions).images_max})
        await limits.require(ctx, owner, errors.LimitExceeded, **{COUNT: 1})


async def require_upload(ctx: Context, owner: str | None, kind: str, length: int | None) -> int | None:
    """The project may send data of that length; how many bytes may come at most, None: any number."""
    if owner is None:
        return None
    quotas, resource = await _limits(ctx, owner), STAGED if kind == "stage" else SIZE
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
    limit = (await (await _limits(ctx, owner)).limits(ctx.tx, owner))[SIZE]
    have = (await used(ctx.tx, owner))[SIZE]
    if 0 <= limit < have:
        raise errors.LimitExceeded(resource=SIZE, requested=0, used=have, limit=limit)


async def usage(ctx: Context) -> dict[str, dict[str, int]]:
    """What the asker's project has of each thing that is limited; nothing if nobody has set a limit."""
    limits = await (await _limits(ctx, ctx.project_id)).limits(ctx.tx, ctx.project_id)
    if all(limit < 0 for limit in limits.values()):
        return {}
    have = await used(ctx.tx, ctx.project_id)
    return {name: {"limit": limits[name], "usage": have[name]} for name in NAMES}
