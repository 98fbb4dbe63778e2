"""Names for things: random UUIDs, written with dashes or, in identity, without."""

from __future__ import annotations

import re
import uuid

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)


def new_id() -> str:
    """A random UUID (version 4) with dashes."""
    return str(uuid.uuid4())


def new_hex() -> str:
    """A random UUID (version 4) as 32 hexadecimal digits."""
    return uuid.uuid4().hex


def is_uuid(text: object) -> bool:
    """Whether this is a UUID, with or without dashes, in either case."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None
