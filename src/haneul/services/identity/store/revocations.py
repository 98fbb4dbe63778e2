"""Revocations, stored."""

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx
from haneul.services.identity.model.revocations import Revocation

REVOCATIONS = Rows(Revocation, "identity_revocations", key=("key",), indexes=(("issued_until",),))
_OLD = Query(sa.delete(REVOCATIONS.table).where(REVOCATIONS.c.issued_until < sa.bindparam("before")))


async def forget(tx: Tx, before: str) -> int:
    """Remove those that end tokens issued before that time only; how many."""
    return await tx.run(_OLD, before=before)
