"""What owners are told of work that failed after it was accepted, in the words of the real service.

Only who is an operator may read what a host wrote: a message names what was being done and, from a fixed list, why it
was not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

import msgspec

KEPT_FOR = timedelta(days=30)


class Action(NamedTuple):
    number: str
    text: str
    resource: str
    detail: str
    """Why it fails, where no more is known."""


class Actions(Enum):
    """What may fail."""

    SCHEDULE = Action("001", "schedule allocate volume", "VOLUME", "003")
    UPLOAD_IMAGE = Action("003", "copy volume to image", "VOLUME", "004")
    FROM_IMAGE = Action("005", "copy image to volume", "VOLUME", "012")
    UNMANAGE_VOLUME = Action("006", "unmanage volume", "VOLUME", "001")
    EXTEND = Action("007", "extend volume", "VOLUME", "010")
    CREATE_VOLUME = Action("008", "create volume from backend storage", "VOLUME", "012")
    CREATE_SNAPSHOT = Action("009", "create snapshot", "VOLUME_SNAPSHOT", "013")
    DELETE_SNAPSHOT = Action("010", "delete snapshot", "VOLUME_SNAPSHOT", "016")
    CREATE_BACKUP = Action("013", "create backup", "VOLUME_BACKUP", "020")
    DELETE_BACKUP = Action("014", "delete backup", "VOLUME_BACKUP", "025")
    RESTORE_BACKUP = Action("015", "restore backup", "VOLUME_BACKUP", "026")
    REIMAGE = Action("016", "reimage volume", "VOLUME", "028")


DETAILS = {
    "001": "An unknown error occurred.",
    "003": "Could not find any available weighted backend.",
    "004": "Failed to upload volume to image at backend.",
    "010": "Volume Driver failed to extend volume.",
    "012": "Driver failed to create the volume.",
    "013": "Snapshot failed to create.",
    "016": "Snapshot failed to delete.",
    "020": "Backup driver failed to create backup.",
    "025": "Backup driver failed to delete backup.",
    "026": "Backup driver failed to restore backup.",
    "028": "Compute service failed to reimage volume.",
}
"""Upstream's numbers and texts, of those that happen here."""


class Message(msgspec.Struct, frozen=True, gc=False):
    id: str
    project_id: str
    request_id: str | None
    resource_type: str
    resource_id: str
    event_id: str
    text: str
    level: str
    created_at: datetime
    expires_at: datetime
