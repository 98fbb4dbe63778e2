"""The options of object storage."""

from __future__ import annotations

from typing import Annotated

import msgspec

from haneul.kernel.config import Section

Bytes = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class ObjectStorageOptions(Section, frozen=True):
    data_driver: str = "file"
    """What keeps the data of objects that are not small."""
    folder: str = ""
    """Where the data is; by default a folder in the state folder."""
    object_bytes_max: Bytes = 5368709122
    """The largest object that can be put in one request."""
    small_object_bytes: Annotated[int, msgspec.Meta(ge=0, le=1 << 20)] = 16384
    """Up to so many bytes an object is kept in the store, beside its row."""
    removed_data_s: Seconds = 60
    """So long the data of an object that is gone stays for those who read it at that moment."""
