"""Application credentials with their access rules, and credentials, stored."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx, like, starting
from haneul.services.identity.model.credentials import AccessRule, ApplicationCredential, Credential

ACCESS_RULES = Rows(AccessRule, "identity_access_rules", unique=(("user_id", "service", "method", "path"),))
APPLICATION_CREDENTIALS = Rows(
    ApplicationCredential,
    "identity_application_credentials",
    unique=(("user_id", "name"),),
    indexes=(("project_id",),),
)
CREDENTIALS = Rows(Credential, "identity_credentials", indexes=(("user_id",), ("project_id",)))
_SEALED_BY_OTHERS = Query(
    sa.select(*CREDENTIALS.selected)
    .where(sa.not_(like(CREDENTIALS.c.blob, "sealed")))
    .order_by(CREDENTIALS.c.id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger))
)
_SEAL = Query(
    sa.update(CREDENTIALS.table)
    .where(
        CREDENTIALS.c.id == sa.bindparam("credential_id", type_=sa.Text),
        CREDENTIALS.c.blob == sa.bindparam("old", type_=sa.Text),
    )
    .values(blob=sa.bindparam("new", type_=sa.Text))
)


async def seal(tx: Tx, credential: Credential, blob: str) -> None:
    """The credential's blob is now this one, unless somebody changed it meanwhile."""
    await tx.run(_SEAL, credential_id=credential.id, old=credential.blob, new=blob)


async def not_sealed_by(tx: Tx, key: str, *, limit: int) -> list[Credential]:
    """Some of the credentials that other keys sealed."""
    rows = await tx.all(_SEALED_BY_OTHERS, sealed=starting(f"{key}:"), limit=limit)
    return [CREDENTIALS.load(row) for row in rows]
