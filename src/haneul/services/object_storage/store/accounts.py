"""Rows of accounts and containers, and how much is in them."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Rows, Tx
from haneul.services.object_storage.model.accounts import Account, Usage
from haneul.services.object_storage.model.containers import Container

ACCOUNTS = Rows(Account, "object_storage_accounts", key=("name",))
CONTAINERS = Rows(Container, "object_storage_containers", unique=(("account", "name"),))


async def usage(tx: Tx, account: str) -> Usage:
    """How much is in the account, counted from its containers."""
    c = CONTAINERS.c
    query = CONTAINERS.cached(
        "usage",
        lambda: sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(c.object_count), 0),
            sa.func.coalesce(sa.func.sum(c.bytes_used), 0),
        ).where(c.account == sa.bindparam("account")),
    )
    row = await tx.one(query, account=account)
    return Usage(*map(int, row)) if row else Usage()


async def count(tx: Tx, container_id: str, *, objects: int, size: int) -> None:
    """The container has so many objects and bytes more, or fewer."""
    c = CONTAINERS.c
    query = CONTAINERS.cached(
        "count more",
        lambda: (
            sa.update(CONTAINERS.table)
            .where(c.id == sa.bindparam("container_id"))
            .values(
                object_count=c.object_count + sa.bindparam("objects", type_=sa.BigInteger),
                bytes_used=c.bytes_used + sa.bindparam("size", type_=sa.BigInteger),
            )
        ),
    )
    await tx.run(query, container_id=container_id, objects=objects, size=size)
