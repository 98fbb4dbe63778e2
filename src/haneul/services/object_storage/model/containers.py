"""A container: what holds objects, and says who else may read and write them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from haneul.kernel.db import by_code

Coded = Annotated[str, msgspec.Meta(extra=by_code())]
"""Lists are in the order of names in UTF-8."""


class Container(msgspec.Struct, frozen=True, gc=False):
    """`headers` are those that it was given, by their names in lower case; the counts are of its objects."""

    id: str
    account: str
    name: Coded
    created_at: datetime
    updated_at: datetime
    headers: dict[str, str] = {}
    object_count: int = 0
    bytes_used: int = 0


def listed(container: Container) -> Container:
    """What a list of an account says of it."""
    return msgspec.structs.replace(container, headers={}) if container.headers else container


READ_LIST, WRITE_LIST = "x-container-read", "x-container-write"
