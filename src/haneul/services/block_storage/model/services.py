"""The parts of block storage that operators see as services, and what they said of them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from haneul.services.block_storage import errors

SCHEDULER, VOLUME, BACKUP, API = "cinder-scheduler", "cinder-volume", "cinder-backup", "cinder-api"
BINARIES = (API, SCHEDULER, VOLUME, BACKUP)
HERE = "haneul"
"""The host of what runs with the API."""


class ServiceState(msgspec.Struct, frozen=True, gc=False):
    """What an operator said of a service; of most nobody has said anything."""

    binary: str
    host: str
    is_disabled: bool
    reason: str | None
    is_frozen: bool
    changed_at: datetime


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service as it is now."""

    binary: str
    host: str
    is_enabled: bool
    is_up: bool
    is_frozen: bool
    reason: str | None
    seen_at: datetime | None


def host_of(text: str) -> str:
    """The host in `host@back end#pool`."""
    return text.split("#")[0].split("@")[0]


def require_thawed(frozen: set[str], host: str | None) -> None:
    """Raise InvalidInput for what is on a frozen host: nothing comes, and nothing goes."""
    if host is not None and host_of(host) in frozen:
        raise errors.InvalidInput(
            reason="Modification operations are not allowed on frozen storage backends."
        )
