"""What lies on which hosts: questions over several tables."""

from __future__ import annotations

import json
from collections.abc import Iterable

import sqlalchemy as sa

from haneul.kernel.db import Query, Tx, among
from haneul.services.network.store.ports import MEMBERSHIPS, PORTS
from haneul.services.network.store.routers import ROUTERS
from haneul.services.network.store.security_groups import RULES, SECURITY_GROUPS

_p, _m, _r, _g, _rule = PORTS.c, MEMBERSHIPS.c, ROUTERS.c, SECURITY_GROUPS.c, RULES.c
_OF_NETWORKS = Query(
    sa.union(
        sa.select(_p.network_id, _p.host).where(among(_p.network_id, "networks"), _p.host != ""),
        sa.select(_p.network_id, _r.host)
        .join(ROUTERS.table, _r.id == _p.held_by)
        .where(among(_p.network_id, "networks"), _r.host != ""),
    )
)
_TOUCHED_GROUPS = sa.union(
    sa.select(_g.id).where(among(_g.id, "groups")),
    sa.select(_rule.security_group_id).where(among(_rule.remote_group_id, "groups")),
)
"""One list, not two conditions: SQLite would go through the ports of a group once for each."""
_TOUCHED_BY_GROUPS = Query(
    sa.select(_p.id, _p.host)
    .distinct()
    .join(MEMBERSHIPS.table, _m.port_id == _p.id)
    .where(_p.host != "", _m.security_group_id.in_(_TOUCHED_GROUPS))
)


async def of_networks(tx: Tx, network_ids: Iterable[str]) -> list[tuple[str, str]]:
    """(network, host) where a host has one of these networks: because of a port there, or of a router."""
    return [(id, host) for id, host in await tx.all(_OF_NETWORKS, networks=json.dumps(list(network_ids)))]


async def ports_touched_by_groups(tx: Tx, group_ids: Iterable[str]) -> list[tuple[str, str]]:
    """(port, host) of those on hosts that are in these groups, or in groups whose rules name them."""
    return [(id, host) for id, host in await tx.all(_TOUCHED_BY_GROUPS, groups=json.dumps(list(group_ids)))]
