"""Volume types."""

from __future__ import annotations

from datetime import datetime

import msgspec

DEFAULT_NAME = "__DEFAULT__"
DEFAULT_ID = "6a1c1b52-53a5-4d0c-9b6f-0b8d5f2f7a10"
"""The type that every cloud has from the beginning; the same id everywhere."""


VISIBLE_SPECS = frozenset({"multiattach", "RESKEY:availability_zones", "replication_enabled"})
"""Those extra specs that matter to who makes volumes; the others are about back ends, and operators'."""


class VolumeType(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    description: str | None
    is_public: bool
    extra_specs: dict[str, str]
    created_at: datetime
    updated_at: datetime | None
    qos_specs_id: str | None = None
    generation: int = 0


class TypeAccess(msgspec.Struct, frozen=True, gc=False):
    """The project may use the type although that is not public."""

    type_id: str
    project_id: str
