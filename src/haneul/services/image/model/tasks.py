"""Tasks: what users can see of imports, while they run and for some days after."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from haneul.services.image import errors

STATUSES = ("pending", "processing", "success", "failure")
OPEN = ("pending", "processing")
LEGACY = "import"
IMPORT = "api_image_import"
LOCATION = "location_import"
TYPES = (LEGACY, IMPORT, LOCATION)


class Task(msgspec.Struct, frozen=True, gc=False):
    """One import, asked for as such or by way of an image."""

    id: str
    type: str
    status: str
    owner: str | None
    image_id: str | None
    user_id: str | None
    request_id: str | None
    input: dict[str, Any]
    result: dict[str, Any] | None
    message: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    generation: int = 0


def ended(task: Task, now: datetime, hours: int, *, failure: str | None) -> Task:
    """The task after its end; it is forgotten some hours later."""
    return msgspec.structs.replace(
        task,
        status="success" if failure is None else "failure",
        message=failure or "",
        result={"image_id": task.image_id} if failure is None else None,
        updated_at=now,
        expires_at=now + timedelta(hours=hours),
    )


def checked_input(type: str, input: Any) -> dict[str, Any]:
    """What a task of the old kind is to do; BadImport if that cannot be."""
    if type != LEGACY:
        raise errors.BadImport(why=f"Provided object does not match schema 'task': type: '{type}'")
    if not isinstance(input, dict):
        raise errors.BadImport(why="Provided object does not match schema 'task': input")
    for name in ("import_from", "import_from_format", "image_properties"):
        if name not in input:
            raise errors.BadImport(why=f"Input does not contain '{name}' field")
    if not isinstance(input["image_properties"], dict) or not isinstance(input["import_from"], str):
        raise errors.BadImport(why="Provided object does not match schema 'task': input")
    return input
