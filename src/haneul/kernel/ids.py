"""Names for things: random UUIDs, written with dashes or, in identity, without; and secrets."""

from __future__ import annotations

import os
import re
import secrets
import string
import time

_LETTERS = string.ascii_letters + string.digits
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
"""RFC 9562 §4.1: the two highest bits are 10."""
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)

DRAWN = 64
"""So many are drawn at once: asking the system for sixteen bytes takes longer than all the rest."""
_random: list[str] = []
os.register_at_fork(after_in_child=_random.clear)


def new_id() -> str:
    """A random UUID (version 4) with dashes."""
    h = new_hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def new_request_id() -> str:
    return f"req-{new_id()}"


def new_transaction_id() -> str:
    """As object storage has it: 21 hexadecimal digits, and the time."""
    return f"tx{new_hex()[:21]}-{int(time.time()):010x}"


def new_hex() -> str:
    """A random UUID (version 4) as 32 hexadecimal digits."""
    try:
        h = _random.pop()
    except IndexError:
        h = os.urandom(16).hex()
        more = os.urandom(16 * DRAWN).hex()
        _random.extend(more[i : i + 32] for i in range(0, len(more), 32))
    return f"{h[:12]}4{h[13:16]}{_VARIANT[h[16]]}{h[17:]}"


def new_secret(length: int) -> str:
    """Random letters and digits, about 5.95 bits each; never mistaken for an option of a command line."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def is_uuid(text: object) -> bool:
    """Whether this is a UUID, with or without dashes, in either case."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None
