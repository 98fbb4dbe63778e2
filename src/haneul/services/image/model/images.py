"""Images: what they are, what their attributes may hold, and how one becomes another."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

import msgspec

from haneul.kernel.db import derived_field
from haneul.services.image import errors

VISIBILITIES = ("community", "public", "private", "shared")
DISK_FORMATS = ("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop")
CONTAINER_FORMATS = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
MEMBER_STATUSES = ("pending", "accepted", "rejected")

READ_ONLY = frozenset(
    {
        "checksum",
        "created_at",
        "direct_url",
        "file",
        "id",
        "os_hash_algo",
        "os_hash_value",
        "schema",
        "self",
        "size",
        "status",
        "updated_at",
        "virtual_size",
    }
)
REFUSED_AT_CREATION = ("direct_url", "self", "file", "schema", "stores")
RESERVED_AT_CREATION = ("locations",)
RESERVED = ("location", "deleted", "deleted_at")
RESERVED_NAMESPACE = "os_glance"
BASE = frozenset(
    {
        "container_format",
        "disk_format",
        "min_disk",
        "min_ram",
        "name",
        "os_hidden",
        "owner",
        "protected",
        "tags",
        "visibility",
    }
)
"""The attributes that may be given; everything else is a custom property."""

ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INT_MAX = 2**31 - 1
_VALUE_MAX = 65535
"""Bytes of a custom property's value."""


class Stored(msgspec.Struct, frozen=True):
    """What is known of a file once it is in the store."""

    blob: str
    size: int
    checksum: str
    """MD5, hexadecimal."""
    os_hash_value: str
    """SHA-512, hexadecimal."""
    virtual_size: int | None


class Location(msgspec.Struct, frozen=True):
    """An address outside of the stores where the image's data is."""

    url: str
    metadata: dict[str, Any] = {}


class Image(msgspec.Struct, frozen=True, gc=False):
    """One image. `blob` names its data in every store of `stores`; while it has none, it is queued."""

    id: str
    name: str | None
    owner: str | None
    visibility: str
    state: str
    """queued, active or deactivated: what lasts. `status` also knows what goes on at the moment."""
    protected: bool
    os_hidden: bool
    disk_format: str | None
    container_format: str | None
    min_disk: int
    min_ram: int
    size: int | None
    virtual_size: int | None
    checksum: str | None
    os_hash_algo: str | None
    os_hash_value: str | None
    blob: str | None
    stores: list[str]
    """The stores that hold the data, in the order in which they got it."""
    locations: list[Location]
    staged: Stored | None
    """The file that waits to be imported."""
    tags: list[str]
    properties: dict[str, str]
    created_at: datetime
    updated_at: datetime
    generation: int = 0
    status: Annotated[str, msgspec.Meta(extra=derived_field())] = "queued"


class PastImage(msgspec.Struct, frozen=True, gc=False):
    """Where a deleted image stood in every list, and who could see it there: lists go on from it."""

    id: str
    owner: str | None
    visibility: str
    name: str | None
    disk_format: str | None
    container_format: str | None
    size: int | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime
    status: str = "deleted"


def past(image: Image, now: datetime) -> PastImage:
    return PastImage(
        image.id, image.owner, image.visibility, image.name, image.disk_format, image.container_format,
        image.size, image.created_at, image.updated_at, now,
    )  # fmt: skip


class Member(msgspec.Struct, frozen=True, gc=False):
    """A project with which an image is shared; it sees the image in lists once it accepted."""

    image_id: str
    member_id: str
    status: str
    created_at: datetime
    updated_at: datetime


def checked(name: str, value: Any) -> Any:
    """The value, if the attribute (or custom property) may hold it; InvalidImage otherwise."""
    match name:
        case "id":
            ok = isinstance(value, str) and ID.fullmatch(value) is not None
        case "name" | "owner":
            ok = value is None or _is_text(value)
        case "visibility":
            ok = isinstance(value, str) and value in VISIBILITIES
        case "disk_format":
            ok = value is None or (isinstance(value, str) and value in DISK_FORMATS)
        case "container_format":
            ok = value is None or (isinstance(value, str) and value in CONTAINER_FORMATS)
        case "protected" | "os_hidden":
            ok = isinstance(value, bool)
        case "min_disk" | "min_ram":
            ok = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _INT_MAX
        case "tags":
            ok = isinstance(value, list) and all(_is_text(tag) for tag in value)
        case _:
            ok = 0 < len(name) <= 255 and "\0" not in name and _is_value(value)
    if not ok:
        raise errors.InvalidImage(
            why=f"Provided object does not match schema 'image': {name}: {value!r:.200}"
        )
    return list(dict.fromkeys(value)) if isinstance(value, list) else value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 255 and "\0" not in value


def _is_value(value: Any) -> bool:
    return (
        isinstance(value, str)
        and "\0" not in value
        and len(value.encode("utf-8", "surrogatepass")) <= _VALUE_MAX
    )


def refuse_reserved(name: str) -> None:
    if name in RESERVED or name.startswith(RESERVED_NAMESPACE):
        raise errors.ReservedAttribute(name=name)


def new(attributes: dict[str, Any], *, id: str, owner: str | None, now: datetime) -> Image:
    """The queued image that a creation asks for; the errors say what cannot be."""
    for name in attributes:
        if name in REFUSED_AT_CREATION or (name in READ_ONLY and name != "id"):
            raise errors.ReadOnlyAttribute(name=name)
        if name in RESERVED_AT_CREATION:
            raise errors.ReservedAttribute(name=name)
    values = {name: checked(name, value) for name, value in attributes.items()}
    base = {name: values.pop(name) for name in BASE & values.keys()}
    image_id = values.pop("id", id)
    for name in values:
        refuse_reserved(name)
    image = Image(
        id=image_id,
        name=None,
        owner=owner,
        visibility="shared",
        state="queued",
        protected=False,
        os_hidden=False,
        disk_format=None,
        container_format=None,
        min_disk=0,
        min_ram=0,
        size=None,
        virtual_size=None,
        checksum=None,
        os_hash_algo=None,
        os_hash_value=None,
        blob=None,
        stores=[],
        locations=[],
        staged=None,
        tags=[],
        properties=values,
        created_at=now,
        updated_at=now,
    )
    return msgspec.structs.replace(image, **base)


def activated(image: Image, stored: Stored, stores: list[str], now: datetime) -> Image:
    """The image with its data, in these stores."""
    return msgspec.structs.replace(
        image,
        state="active",
        blob=stored.blob,
        stores=stores,
        locations=[],
        staged=None,
        size=stored.size,
        virtual_size=stored.virtual_size,
        checksum=stored.checksum,
        os_hash_algo="sha512",
        os_hash_value=stored.os_hash_value,
        updated_at=now,
        status="active",
    )


def queued_again(image: Image, now: datetime) -> Image:
    """The image as it was before any data came."""
    return msgspec.structs.replace(
        image,
        state="queued",
        blob=None,
        stores=[],
        staged=None,
        size=None,
        virtual_size=None,
        checksum=None,
        os_hash_algo=None,
        os_hash_value=None,
        updated_at=now,
    )


def require_formats(image: Image) -> None:
    """Data needs to be declared before it comes."""
    missing = [name for name in ("disk_format", "container_format") if not getattr(image, name)]
    if len(missing) == 1:
        raise errors.InvalidImage(why=f"Property {missing[0]} must be set prior to saving data.")
    if missing:
        raise errors.InvalidImage(why=f"Properties {', '.join(missing)} must be set prior to saving data.")


def switched(image: Image, state: str, now: datetime) -> Image:
    """The image deactivated, or active again; that it is so already is fine."""
    if image.state not in ("active", "deactivated"):
        raise errors.NotSwitchable(current=image.status, wanted=state)
    if image.state == state:
        return image
    return msgspec.structs.replace(image, state=state, status=state, updated_at=now)
