"""Consumers and their tokens, stored."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from haneul.kernel.db import Rows, Tx, like, starting
from haneul.services.identity.model.oauth1 import AccessToken, Consumer, RequestToken

CONSUMERS = Rows(Consumer, "identity_oauth1_consumers")
REQUEST_TOKENS = Rows(
    RequestToken,
    "identity_oauth1_request_tokens",
    indexes=(("consumer_id",), ("project_id",), ("expires_at",)),
)
ACCESS_TOKENS = Rows(
    AccessToken,
    "identity_oauth1_access_tokens",
    indexes=(("consumer_id",), ("project_id",), ("user_id",)),
)


async def not_sealed_by(tx: Tx, rows: Rows[Any], key: str, *, limit: int) -> list[tuple[str, str]]:
    """(id, secret) of some whose secret is not sealed with that key."""
    query = rows.cached(
        "not_sealed_by",
        lambda: (
            sa.select(rows.c.id, rows.c.secret)
            .where(sa.not_(like(rows.c.secret, "sealed")))
            .order_by(rows.c.id)
            .limit(sa.bindparam("limit", type_=sa.BigInteger))
        ),
    )
    return [(id, secret) for id, secret in await tx.all(query, sealed=starting(f"{key}:"), limit=limit)]


async def seal(tx: Tx, rows: Rows[Any], id: str, *, old: str, new: str) -> None:
    """The secret is now this one, unless somebody changed it meanwhile."""
    query = rows.cached(
        "seal",
        lambda: (
            sa.update(rows.table)
            .where(
                rows.c.id == sa.bindparam("which", type_=sa.Text),
                rows.c.secret == sa.bindparam("old", type_=sa.Text),
            )
            .values(secret=sa.bindparam("new", type_=sa.Text))
        ),
    )
    await tx.run(query, which=id, old=old, new=new)
