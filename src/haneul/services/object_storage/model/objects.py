"""An object: a name, headers, and where its data is."""

from __future__ import annotations

from datetime import datetime

import msgspec

from haneul.services.object_storage.model import metadata
from haneul.services.object_storage.model.containers import Coded


class StoredObject(msgspec.Struct, frozen=True, gc=False):
    """`headers` are those that it was given, by their names in lower case."""

    container_id: str
    name: Coded
    size: int
    etag: str
    """The MD5 of its data."""
    sha256: str
    content_type: str
    created_at: datetime
    """When it was last written, or given other headers."""
    headers: dict[str, str]
    data: str
    """The name of its data."""
    is_small: bool
    """Whether the data is in the store, beside the row, and not with the driver."""
    delete_at: int | None = None
    """The second from which on it is no longer there."""


def listed(thing: StoredObject) -> StoredObject:
    """What a list says of it: what it is made of, or leads to, is among the service's own headers."""
    if not thing.headers:
        return thing
    own = {name: value for name, value in thing.headers.items() if metadata.is_kept_by_itself(name)}
    return msgspec.structs.replace(thing, headers=own)


class Content(msgspec.Struct, frozen=True, gc=False):
    """The data of a small object."""

    data: str
    content: bytes


class Removed(msgspec.Struct, frozen=True, gc=False):
    """Data with the driver that no object has any more."""

    data: str
    removed_at: datetime


class Stored(msgspec.Struct, frozen=True, gc=False):
    """What became of a body that arrived; `content` if it is small."""

    data: str
    size: int
    md5: str
    sha256: str
    content: bytes | None = None
