"""Changes of the places where an image's data is, as patches and requests write them."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from haneul.services.image import errors
from haneul.services.image.model.images import Image

URL_MAX = 255
DIGEST_SIZES = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
"""Bytes of a hash, by the algorithms that may be given."""
HTTP = "web"
"""The name of the store whose data stays where it is."""


class Validation(msgspec.Struct, frozen=True):
    """What the giver of an address says of its data."""

    checksum: str | None = None
    os_hash_algo: str | None = None
    os_hash_value: str | None = None


_SAID = ("checksum", "os_hash_algo", "os_hash_value")


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
        validation = _agreed(checked(place), validation)
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


def validation(raw: Any) -> Validation:
    """The validation data of a request to add a location; InvalidImage if its hash is none."""
    checked = _read(raw)
    if not raw:
        return checked
    if checked.os_hash_algo is None or checked.os_hash_value is None:
        raise errors.InvalidImage(why="validation_data needs os_hash_algo and os_hash_value")
    if checked.os_hash_algo not in DIGEST_SIZES:
        raise errors.InvalidImage(why=f"os_hash_algo {checked.os_hash_algo} is not known")
    if problem := _what_is_wrong_with(checked.os_hash_value, checked.os_hash_algo):
        raise errors.InvalidImage(why=problem)
    return checked


def _read(raw: Any) -> Validation:
    try:
        return msgspec.convert(raw if raw is not None else {}, Validation)
    except msgspec.ValidationError as problem:
        raise errors.InvalidImage(why=f"validation_data: {problem}") from None


def _what_is_wrong_with(value: str, algorithm: str) -> str | None:
    """Why this cannot be the hash of any data."""
    if re.fullmatch(r"([0-9a-fA-F]{2})+", value) is None:
        return f"os_hash_value ({value}) is not a valid hexadecimal value"
    size = DIGEST_SIZES[algorithm]
    if len(value) != 2 * size:
        return (
            f"os_hash_value: ({value}) is not the correct size for ({algorithm}) (should be ({size}) bytes)"
        )
    return None


def _what_is_wrong(validation: Validation) -> str | None:
    """Why a patch may not say this of new data."""
    if validation.os_hash_algo not in (None, "sha512"):
        return f"os_hash_algo must be sha512, not {validation.os_hash_algo}"
    if validation.checksum is not None and re.fullmatch(r"[0-9a-fA-F]{32}", validation.checksum) is None:
        return f"checksum ({validation.checksum}) is not a valid hexadecimal value of 16 bytes"
    return _what_is_wrong_with(validation.os_hash_value or "", "sha512")


def _agreed(place: dict[str, Any], before: Validation) -> Validation:
    """What all places of one change say of the data."""
    if "validation_data" not in place:
        return before
    validation = _read(place["validation_data"])
    if validation.os_hash_algo is None or validation.os_hash_value is None:
        raise errors.InvalidImage(why="validation_data needs os_hash_algo and os_hash_value")
    for name in _SAID:
        ours, theirs = getattr(before, name), getattr(validation, name)
        if ours is not None and theirs is not None and ours != theirs:
            raise errors.NotImportable(why=f"Conflicting values for {name}")
    return validation


def require_agreement(image: Image, claim: Validation) -> None:
    """NotImportable if something is said of the data that is not what is known, or comes too late."""
    new = []
    for name in _SAID:
        ours, theirs = getattr(image, name), getattr(claim, name)
        if theirs is None or theirs == ours:
            continue
        if ours:
            raise errors.NotImportable(why=f"{name} is already set with a different value")
        new.append(name)
    if new and image.status != "queued":
        raise errors.NotImportable(
            why=f"New value(s) for {', '.join(new)} may only be provided when image status is 'queued'"
        )
    if new and (problem := _what_is_wrong(claim)):
        raise errors.NotImportable(why=problem)


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
        # Replacing was for setting the first place; afterwards only what is said of the places can be replaced.
        if have and {p["url"] for p in have} != {p["url"] for p in places}:
            raise errors.InvalidImage(why="Original locations is not empty: only metadata can be replaced.")
        return _once(places)
    if change.op == "add":
        at = len(have) if change.position is None else change.position
        place = {"url": change.value["url"], "metadata": change.value["metadata"]}
        return _once([*have[:at], place, *have[at:]])
    if len(have) <= 1:
        raise errors.NotAllowed(why="Cannot remove last location in the image.")
    # `-`, the end, which means the last where something is removed.
    at = len(have) - 1 if change.position is None else change.position
    if at >= len(have):
        raise errors.InvalidImage(why="Invalid position for removing a location.")
    return have[:at] + have[at + 1 :]


def _once(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    urls = [place["url"] for place in places]
    if len(urls) != len(set(urls)):
        raise errors.InvalidImage(why="The location is already present.")
    return places


def activated(image: Image, validation: Validation) -> Image:
    """The queued image with its data at an address, and with what was said of it."""
    return msgspec.structs.replace(
        image,
        state="active",
        checksum=validation.checksum,
        os_hash_algo="sha512" if validation.os_hash_value else None,
        os_hash_value=validation.os_hash_value,
        status="active",
    )
