"""Changes to an image as clients write them: JSON patches, in the two drafts that the API knows.

In the draft of version 2.1 an operation is `{"op": "replace", "path": "/name", "value": "x"}`, in that
of version 2.0 `{"replace": "/name", "value": "x"}`. Only the attributes themselves can be changed, never
parts of them.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from haneul.services.image import errors
from haneul.services.image.model import images, locations
from haneul.services.image.model.images import Image
from haneul.services.image.model.locations import LocationChange

DRAFT_4 = "application/openstack-images-v2.0-json-patch"
DRAFT_10 = "application/openstack-images-v2.1-json-patch"
_OPERATIONS = ("add", "remove", "replace")


class Change(NamedTuple):
    op: str
    name: str
    value: Any = None


def read(document: Any, content_type: str) -> list[Change | LocationChange]:
    """The changes of a patch document; InvalidImage or a Forbidden if they cannot be."""
    if not isinstance(document, list):
        raise errors.InvalidImage(why="Request body must be a JSON array of operation objects.")
    return [_change(raw, content_type == DRAFT_4) for raw in document]


def _change(raw: Any, is_draft_4: bool) -> Change | LocationChange:
    if not isinstance(raw, dict):
        raise errors.InvalidImage(why="Operations must be JSON objects.")
    op, pointer = _draft_4(raw) if is_draft_4 else _draft_10(raw)
    parts = _parts(pointer)
    if parts[0] == "locations":
        return locations.read(op, parts, raw)
    name = parts[0]
    if not name and op != "add":
        raise errors.NoSuchProperty(name=name)
    if len(parts) != 1:
        raise errors.InvalidImage(why=f"Invalid JSON pointer for this resource: '{pointer}'")
    if name in images.READ_ONLY:
        raise errors.ReadOnlyAttribute(name=name)
    images.refuse_reserved(name)
    if op == "remove":
        return Change(op, name)
    if "value" not in raw:
        raise errors.InvalidImage(why=f'Operation "{op}" requires a member named "value".')
    return Change(op, name, images.checked(name, raw["value"]))


def _draft_4(raw: dict[str, Any]) -> tuple[str, Any]:
    # In the old draft the operation's name is the key, and the pointer its value.
    operations = [op for op in _OPERATIONS if op in raw]
    if len(operations) != 1:
        raise errors.InvalidImage(
            why='Operation objects must contain exactly one member named "add", "remove", or "replace".'
        )
    return operations[0], raw[operations[0]]


def _draft_10(raw: dict[str, Any]) -> tuple[str, Any]:
    op = raw.get("op")
    if op not in _OPERATIONS:
        raise errors.InvalidImage(
            why=f"Invalid operation: `{op}`. It must be one of the following: {', '.join(_OPERATIONS)}."
        )
    if "path" not in raw:
        raise errors.InvalidImage(why="Unable to find 'path' in JSON Schema change")
    return op, raw["path"]


def _parts(pointer: Any) -> list[str]:
    """What a JSON pointer names, level by level."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise errors.InvalidImage(why=f'Pointer `{pointer}` does not start with "/".')
    if re.search(r"~(?![01])", pointer):
        raise errors.InvalidImage(
            why=f'Pointer `{pointer}` contains "~" not part of a recognized escape sequence.'
        )
    parts = [part.replace("~1", "/").replace("~0", "~").strip() for part in pointer[1:].split("/")]
    if len(parts) > 1 and not all(parts):
        raise errors.InvalidImage(why=f"Invalid JSON pointer for this resource: '{pointer}'")
    return parts


def apply(image: Image, change: Change, *, is_draft_4: bool) -> Image:
    """The image after the change."""
    if change.op == "remove":
        return _removed(image, change.name)
    if change.name in images.BASE:
        # In the old draft `add` is for what is not there; in the new one it replaces as well.
        if change.op == "add" and is_draft_4:
            raise errors.PropertyExists(name=change.name)
        return msgspec.structs.replace(image, **{change.name: change.value})
    exists = change.name in image.properties
    if change.op == "replace" and not exists:
        raise errors.NoSuchProperty(name=change.name)
    if change.op == "add" and exists and is_draft_4:
        raise errors.PropertyExists(name=change.name)
    return msgspec.structs.replace(image, properties={**image.properties, change.name: change.value})


def _removed(image: Image, name: str) -> Image:
    if name in images.BASE:
        raise errors.NotRemovable(name=name)
    if name not in image.properties:
        raise errors.NoSuchProperty(name=name)
    rest = {k: v for k, v in image.properties.items() if k != name}
    return msgspec.structs.replace(image, properties=rest)
