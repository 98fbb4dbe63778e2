"""Names for things: random UUIDs, written with dashes or, in identity, without; and secrets."""

from __future__ import annotations

import re
import secrets
import string
import uuid

_LETTERS = string.ascii_letters + string.digits
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)


def new_id() -> str:
    """A random UUID (version 4) with dashes."""
    return str(uuid.uuid4())


def new_hex() -> str:
    """A random UUID (version 4) as 32 hexadecimal digits."""
    return uuid.uuid4().hex


def new_secret(length: int) -> str:
    """Random letters and digits, about 5.95 bits each; never mistaken for an option of a command line."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def is_uuid(text: object) -> bool:
    """Whether this is a UUID, with or without dashes, in either case."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None
