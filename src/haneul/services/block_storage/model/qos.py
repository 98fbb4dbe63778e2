"""What volume types promise of speed, and how they encrypt."""

from __future__ import annotations

from datetime import datetime

import msgspec

CONSUMERS = ("front-end", "back-end", "both")
"""Who keeps the promise: the hypervisor, the back end, or both."""
LOCATIONS = ("front-end", "back-end")


class QosSpecs(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    consumer: str
    specs: dict[str, str]
    created_at: datetime
    updated_at: datetime | None
    generation: int = 0


class TypeEncryption(msgspec.Struct, frozen=True, gc=False):
    """How the volumes of a type are to be encrypted."""

    type_id: str
    id: str
    provider: str
    control_location: str
    cipher: str | None
    key_size: int | None
    created_at: datetime
    updated_at: datetime | None
    generation: int = 0


class DefaultType(msgspec.Struct, frozen=True, gc=False):
    """The type of those volumes of a project that name none."""

    project_id: str
    type_id: str
