"""Key pairs of users."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Keypair(msgspec.Struct, frozen=True):
    user_id: str
    name: str
    kind: str
    """ssh or x509."""
    public_key: str
    fingerprint: str
    created_at: datetime
    number: int
    """What the API shows as `id`."""
