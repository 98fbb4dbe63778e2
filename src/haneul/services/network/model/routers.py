"""Routers and floating addresses."""

from __future__ import annotations

from msgspec import Struct

from haneul.services.network.model.networks import Route
from haneul.services.network.model.ports import FixedIp


class Gateway(Struct, frozen=True):
    """How a router reaches an external network."""

    network_id: str
    port_id: str
    enable_snat: bool
    external_fixed_ips: list[FixedIp]


class Router(Struct, frozen=True, gc=False):
    id: str
    project_id: str
    name: str
    description: str
    is_up: bool
    status: str
    gateway: Gateway | None
    routes: list[Route]
    is_ha: bool
    is_distributed: bool
    availability_zone_hints: list[str]
    flavor_id: str | None
    host: str
    """Where it runs; empty until it runs anywhere."""
    tags: list[str]
    created_at: str
    updated_at: str
    generation: int = 0


class FloatingIp(Struct, frozen=True, gc=False):
    id: str
    project_id: str
    network_id: str
    """The external one."""
    ip: str
    own_port_id: str
    """The port that holds the address on the external network."""
    port_id: str | None
    """Whom it leads to, at which of its addresses, through which router."""
    fixed_ip: str | None
    router_id: str | None
    status: str
    description: str
    dns_name: str
    dns_domain: str
    tags: list[str]
    created_at: str
    updated_at: str
    generation: int = 0
