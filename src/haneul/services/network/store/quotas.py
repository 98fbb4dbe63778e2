"""Quotas of the network service: Neutron's defaults, counted from rows."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from haneul.kernel.db import Query, Tx
from haneul.kernel.quota import QuotaSet
from haneul.services.network.store.networks import NETWORKS, SUBNET_POOLS, SUBNETS
from haneul.services.network.store.ports import PORTS
from haneul.services.network.store.routers import FLOATING_IPS, ROUTERS
from haneul.services.network.store.security_groups import RULES, SECURITY_GROUPS

ROUTES = "router_route"
"""The one that is not of a project's things together, but of each router: nothing of it counts as used."""
DEFAULTS = {
    "network": 100,
    "subnet": 100,
    "subnetpool": -1,
    "port": 500,
    ROUTES: 30,
    "router": 10,
    "floatingip": 50,
    "rbac_policy": 10,
    "security_group": 10,
    "security_group_rule": 100,
}
_TABLES = {
    "network": NETWORKS,
    "subnet": SUBNETS,
    "subnetpool": SUBNET_POOLS,
    "port": PORTS,
    "router": ROUTERS,
    "floatingip": FLOATING_IPS,
    "security_group": SECURITY_GROUPS,
    "security_group_rule": RULES,
}
_COUNTS = Query(
    sa.select(
        *(
            sa.select(sa.func.count())
            .select_from(rows.table)
            .where(rows.c.project_id == sa.bindparam("project", type_=sa.Text))
            .scalar_subquery()
            .label(name)
            for name, rows in _TABLES.items()
        )
    )
)


async def count(tx: Tx, project_id: str) -> Mapping[str, int]:
    row = await tx.one(_COUNTS, project=project_id)
    return dict(zip(_TABLES, row or (), strict=True))


QUOTAS = QuotaSet("network", DEFAULTS, count)
