"""Quotas of compute: what limits there are, and what a project uses, counted from rows."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from haneul.kernel.db import Query, Tx
from haneul.kernel.quota import UNLIMITED, QuotaSet
from haneul.services.compute.store.server_groups import SERVER_GROUPS
from haneul.services.compute.store.servers import SERVERS

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

_s = SERVERS.c
_project = sa.bindparam("project", type_=sa.Text)
_COUNT = Query(
    sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(_s.vcpus), 0),
        sa.func.coalesce(sa.func.sum(_s.memory_mib), 0),
        sa.select(sa.func.count())
        .select_from(SERVER_GROUPS.table)
        .where(SERVER_GROUPS.c.project_id == _project)
        .scalar_subquery(),
    ).where(_s.project_id == _project)
)


async def count(tx: Tx, project_id: str) -> Mapping[str, int]:
    """What the project uses."""
    row = await tx.one(_COUNT, project=project_id)
    return dict(zip(COUNTED, map(int, row or (0, 0, 0, 0)), strict=True))


QUOTAS = QuotaSet("compute", DEFAULTS, count)
