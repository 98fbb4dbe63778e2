"""Quotas of compute: the limits of each project, and what it uses of them.

What concerned networks before Neutron had its own quotas is kept and shown for old clients, and limits nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.db import Query, Tx
from haneul.kernel.quota import UNLIMITED, QuotaSet
from haneul.services.compute import errors

DEFAULTS = {
    "instances": 10,
    "cores": 20,
    "ram": 51200,
    "metadata_items": 128,
    "injected_files": 5,
    "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255,
    "key_pairs": 100,
    "server_groups": 10,
    "server_group_members": 10,
    "fixed_ips": UNLIMITED,
    "floating_ips": UNLIMITED,
    "security_groups": UNLIMITED,
    "security_group_rules": UNLIMITED,
}
COUNTED = ("instances", "cores", "ram", "server_groups")
"""What a project uses up; the others bound single requests, users or groups."""

_servers = sa.table("compute_servers", sa.column("project_id"), sa.column("vcpus"), sa.column("memory_mib"))
_groups = sa.table("compute_server_groups", sa.column("project_id"))
_project = sa.bindparam("project", type_=sa.Text)
COUNT = Query(
    sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(_servers.c.vcpus), 0),
        sa.func.coalesce(sa.func.sum(_servers.c.memory_mib), 0),
        sa.select(sa.func.count())
        .select_from(_groups)
        .where(_groups.c.project_id == _project)
        .scalar_subquery(),
    ).where(_servers.c.project_id == _project)
)


async def count(tx: Tx, project_id: str) -> Mapping[str, int]:
    """What the project uses."""
    row = await tx.one(COUNT, project=project_id)
    return dict(zip(COUNTED, map(int, row or (0, 0, 0, 0)), strict=True))


QUOTAS = QuotaSet("compute", DEFAULTS, count)
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
    return await QUOTAS.limits(ctx.tx, _class_key(name))


async def update_class(ctx: Context, name: str, limits: Mapping[str, int]) -> dict[str, int]:
    await QUOTAS.set(ctx.tx, _class_key(name), limits)
    return await class_limits(ctx, name)


def _class_key(name: str) -> str:
    return name if name == "default" else CLASS + name
