"""Routers and floating addresses."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, among
from haneul.services.network.model.routers import FloatingIp, Router
from haneul.services.network.store.ports import PORTS

ROUTERS = Rows(Router, "network_routers", indexes=(("project_id",), ("host",)))
FLOATING_IPS = Rows(
    FloatingIp,
    "network_floating_ips",
    indexes=(("project_id",), ("port_id",), ("router_id",), ("own_port_id",), ("ip",)),
)
_r = ROUTERS.c
ELSEWHERE = Query(
    sa.select(_r.id).where(
        _r.host != "",
        sa.not_(among(_r.host, "hosts")),
        sa.exists().where(PORTS.c.held_by == _r.id),
    )
)
"""Routers that join something, and are on another host than these."""
