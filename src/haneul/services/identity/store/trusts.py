"""Trusts, stored."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx
from haneul.services.identity.model.trusts import Trust

TRUSTS = Rows(
    Trust,
    "identity_trusts",
    indexes=(("trustor_user_id",), ("trustee_user_id",), ("project_id",), ("redelegated_trust_id",)),
)
_USE = Query(
    sa.update(TRUSTS.table)
    .where(TRUSTS.c.id == sa.bindparam("trust_id", type_=sa.Text), TRUSTS.c.remaining_uses > 0)
    .values(remaining_uses=TRUSTS.c.remaining_uses - 1)
)


async def use(tx: Tx, trust_id: str) -> bool:
    """Count one use of a trust that has a limit; whether there was one left."""
    return await tx.run(_USE, trust_id=trust_id) > 0


async def made_from(tx: Tx, trusts: list[Trust]) -> list[Trust]:
    """These trusts and all that were made from them, directly or not."""
    made = list(trusts)
    level = trusts
    while level:
        level = await TRUSTS.among(tx, "redelegated_trust_id", [each.id for each in level])
        made += level
    return made
