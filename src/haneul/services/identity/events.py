"""What happened in identity, in the terms of CADF (DMTF DSP0262): who did what to what."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from haneul.kernel.events import Event


class Initiator(msgspec.Struct, frozen=True):
    """Who asked. Nobody is named where a password was the only proof."""

    typeURI: str
    id: str | None = None
    name: str | None = None
    domain_id: str | None = None
    project_id: str | None = None


class Target(msgspec.Struct, frozen=True):
    """What was changed; `related` are the ids of what it has to do with, by their names in the path."""

    typeURI: str
    id: str | None = None
    related: dict[str, str] = {}


class IdentityChanged(Event, frozen=True):
    """Something of identity was created, updated or deleted. Holds ids, never what was sent."""

    kind: ClassVar[str] = "identity.changed"
    subject: ClassVar[str] = "target_id"

    action: str
    """`created.user`, `deleted.role_assignment`, ..."""
    target: Target
    initiator: Initiator
    target_id: str | None = None
    typeURI: str = "http://schemas.dmtf.org/cloud/audit/1.0/event"
    eventType: str = "activity"
    outcome: str = "success"
