"""Key pairs in the store."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx
from haneul.services.compute.model.keypairs import Keypair

KEYPAIRS = Rows(Keypair, "compute_keypairs", key=("user_id", "name"))
_NEWEST = Query(sa.select(sa.func.max(KEYPAIRS.c.number)))


async def newest_number(tx: Tx) -> int:
    """The number of the newest key pair of all; 0 if there is none."""
    row = await tx.one(_NEWEST)
    return int((row[0] if row else 0) or 0)
