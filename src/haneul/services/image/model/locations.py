"""Changes of the places where an image's data is, as patches and requests write them."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from haneul.services.image import errors
from haneul.services.image.model.images import Image

URL_MAX = 255
HTTP = "http"
"""The name of the store whose data stays where it is."""


class Validation(msgspec.Struct, frozen=True):
    """What the giver of an address says of its data."""

    checksum: str | None = None
    os_hash_algo: str | None = None
    os_hash_value: str | None = None


class LocationChange(msgspec.Struct, frozen=True):
    """One operation of a patch on `/locations`, or on one of them."""

    op: str
    position: int | None
    """None: the end of the list, or the whole list."""
    value: Any = None
    validation: Validation = Validation()

    @property
    def verb(self) -> str:
        return "update" if self.op == "replace" else self.op


def read(op: str, parts: list[str], raw: dict[str, Any]) -> LocationChange:
    """The change that a patch means; InvalidImage if it is none."""
    deepest = 1 if op == "replace" else 2
    if len(parts) > deepest or (op != "replace" and len(parts) != deepest):
        raise errors.InvalidImage(why=f"Invalid JSON pointer for this resource: '/{'/'.join(parts)}'")
    position = None
    if len(parts) == 2 and parts[1] != "-":
        if re.fullmatch(r"\d{1,6}", parts[1], re.ASCII) is None:
            raise errors.InvalidImage(why=f"Invalid position for {op}ing a location.")
        position = int(parts[1])
    if op == "remove":
        return LocationChange(op, position)
    if "value" not in raw:
        raise errors.InvalidImage(why=f'Operation "{op}" requires a member named "value".')
    value = raw["value"]
    places = value if op == "replace" else [value]
    if not isinstance(places, list):
        raise errors.InvalidImage(why="Locations must be a list.")
    validation = Validation()
    for place in places:
        validation = _validation(checked(place), validation)
    return LocationChange(op, position, value, validation)


def checked(place: Any) -> dict[str, Any]:
    """One place, as a patch gives it: an address, and what is said of it."""
    url = place.get("url") if isinstance(place, dict) else None
    good = isinstance(url, str) and 0 < len(url) <= URL_MAX
    if not good or not isinstance(place.get("metadata", {}), dict) or "metadata" not in place:
        raise errors.InvalidImage(why="Provided object does not match schema 'image': locations")
    if set(place) - {"url", "metadata", "validation_data"}:
        raise errors.InvalidImage(why="Provided object does not match schema 'image': locations")
    return dict(place)


def validation(given: Any) -> Validation:
    """The validation data of a request; InvalidImage if its hash is none."""
    try:
        found = msgspec.convert(given if given is not None else {}, Validation)
    except msgspec.ValidationError as problem:
        raise errors.InvalidImage(why=f"validation_data: {problem}") from None
    if found.os_hash_value is not None:
        _require_hash(found)
    return found


def _require_hash(given: Validation) -> None:
    value = given.os_hash_value or ""
    if given.os_hash_algo not in (None, "sha512"):
        raise errors.InvalidImage(why=f"os_hash_algo must be sha512, not {given.os_hash_algo}")
    if re.fullmatch(r"([0-9a-fA-F]{2})+", value) is None:
        raise errors.InvalidImage(why=f"os_hash_value ({value}) is not a valid hexadecimal value")
    if len(value) != 128:
        raise errors.InvalidImage(
            why=f"os_hash_value: ({value}) is not the correct size for (sha512) (should be (64) bytes)"
        )


def _validation(place: dict[str, Any], before: Validation) -> Validation:
    if "validation_data" not in place:
        return before
    found = validation(place["validation_data"])
    for name in ("checksum", "os_hash_algo", "os_hash_value"):
        ours, theirs = getattr(before, name), getattr(found, name)
        if ours is not None and theirs is not None and ours != theirs:
            raise errors.NotImportable(why=f"Conflicting values for {name}")
    return found


def require_changeable(image: Image, op: str) -> None:
    """NotImportable unless the image's status lets its places be changed."""
    allowed = ("active",) if op == "remove" else ("active", "queued")
    if image.status not in allowed:
        raise errors.NotImportable(
            why=f"It's not allowed to {op} locations if image status is {image.status}."
        )


def after(have: list[dict[str, Any]], change: LocationChange) -> list[dict[str, Any]]:
    """The list of places after the change."""
    if change.op == "replace":
        places = [{"url": p["url"], "metadata": p["metadata"]} for p in change.value]
        if have and not places:
            raise errors.NotAllowed(why="Cannot remove last location in the image.")
        return _once(places)
    if change.op == "add":
        at = len(have) if change.position is None else change.position
        place = {"url": change.value["url"], "metadata": change.value["metadata"]}
        return _once([*have[:at], place, *have[at:]])
    if len(have) <= 1:
        raise errors.NotAllowed(why="Cannot remove last location in the image.")
    at = len(have) - 1 if change.position is None else change.position
    if at >= len(have):
        raise errors.InvalidImage(why="Invalid position for removing a location.")
    return have[:at] + have[at + 1 :]


def _once(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    urls = [place["url"] for place in places]
    if len(urls) != len(set(urls)):
        raise errors.InvalidImage(why="The location is already present.")
    return places


def activated(image: Image, given: Validation) -> Image:
    """The queued image with its data at an address, and with what was said of it."""
    return msgspec.structs.replace(
        image,
        state="active",
        checksum=given.checksum,
        os_hash_algo="sha512" if given.os_hash_value else None,
        os_hash_value=given.os_hash_value,
        status="active",
    )
