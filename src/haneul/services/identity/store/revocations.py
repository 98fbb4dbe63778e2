"""Revocations, stored."""

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx
from haneul.services.identity.model.revocations import Counted, Revocation

REVOCATIONS = Rows(Revocation, "identity_revocations", key=("key",), indexes=(("issued_until",),))
COUNTS = Rows(Counted, "identity_revocation_counts", key=("kind",))
KIND = "revocations"
_COUNT = Query(
    sa.update(COUNTS.table)
    .where(COUNTS.c.kind == sa.bindparam("which", type_=sa.Text))
    .values(count=COUNTS.c.count + 1)
)


async def begin_counting(tx: Tx) -> None:
    if await COUNTS.get(tx, KIND) is None:
        await COUNTS.add(tx, Counted(KIND, 0))


async def count(tx: Tx) -> None:
    """One more. Until this transaction ends, nobody else counts: numbers are seen in their order."""
    await tx.run(_COUNT, which=KIND)


async def counted(tx: Tx) -> int:
    count = await COUNTS.get(tx, KIND)
    return count.count if count else 0
