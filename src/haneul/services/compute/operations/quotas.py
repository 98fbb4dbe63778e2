"""Quotas of compute: the limits of each project, and what it uses of them.

What concerned networks before Neutron had its own quotas is kept and shown for old clients, and limits nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from haneul.kernel.context import Context
from haneul.kernel.quota import UNLIMITED
from haneul.services.compute import errors
from haneul.services.compute.store.quotas import DEFAULTS, QUOTAS, count

CLASS = "class:"
"""Stands before the names of quota classes where limits are kept; only the class `default` has effect."""


async def used(ctx: Context, project_id: str) -> dict[str, int]:
    """How much of every resource the project uses; 0 of what is not counted by project."""
    return {**dict.fromkeys(DEFAULTS, 0), **await count(ctx.tx, project_id)}


async def update(
    ctx: Context, project_id: str, limits: Mapping[str, int], *, by_force: bool
) -> dict[str, int]:
    """The project has these limits; below what it uses only by force."""
    have = await count(ctx.tx, project_id)
    for resource, limit in limits.items():
        if not by_force and UNLIMITED < limit < have.get(resource, 0):
            raise errors.LimitBelowUse(limit=limit, resource=resource, used=have[resource])
    await QUOTAS.set(ctx.tx, project_id, limits)
    return await QUOTAS.limits(ctx.tx, project_id)


async def class_limits(ctx: Context, name: str) -> dict[str, int]:
    """The limits of the class; where it has none of its own, those of everybody."""
    return await QUOTAS.limits(ctx.tx, _class_key(name))


async def update_class(ctx: Context, name: str, limits: Mapping[str, int]) -> dict[str, int]:
    """The class has these limits beside those it had; those of `default` hold for every project."""
    await QUOTAS.set(ctx.tx, _class_key(name), limits)
    return await class_limits(ctx, name)


def _class_key(name: str) -> str:
    return name if name == "default" else CLASS + name
