"""Quotas of compute: the limits of each project, and what it uses of them.

What concerned networks before Neutron had its own quotas is kept and shown for old clients, and limits nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from haneul.kernel.context import Context
from haneul.kernel.quota import class_key
from haneul.services.compute.store.quotas import QUOTAS

__all__ = ["QUOTAS", "class_limits", "set_class_limits"]


async def class_limits(ctx: Context, name: str) -> dict[str, int]:
    """The limits of the quota class; those of a project that has none where the class has none of its own."""
    return await QUOTAS.limits(ctx.tx, class_key(name))


async def set_class_limits(ctx: Context, name: str, limits: Mapping[str, int]) -> None:
    """The class has these limits; the others that it has stay."""
    await QUOTAS.set(ctx.tx, class_key(name), limits)
