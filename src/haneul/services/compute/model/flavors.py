"""Flavors: how large a server is."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Flavor(msgspec.Struct, frozen=True, gc=False):
    id: str
    """The `flavorid` of the API: any text that its maker chose."""
    name: str
    vcpus: int
    memory_mib: int
    disk_gb: int
    ephemeral_gb: int
    swap_mib: int
    rxtx_factor: float
    is_public: bool
    is_disabled: bool
    description: str | None
    extra_specs: dict[str, str]
    projects: list[str]
    """Who may use it, if it is not public."""
    created_at: datetime
    generation: int = 0
