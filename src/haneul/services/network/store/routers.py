"""Routers and floating addresses."""

from __future__ import annotations

from haneul.kernel.db import Rows
from haneul.services.network.model.routers import FloatingIp, Router

ROUTERS = Rows(Router, "network_routers", indexes=(("project_id",), ("host",)))
FLOATING_IPS = Rows(
    FloatingIp,
    "network_floating_ips",
    indexes=(("project_id",), ("port_id",), ("router_id",), ("own_port_id",), ("ip",)),
)
