"""Rows of objects, and the content of the small ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Filter, Rows, Sort, Tx, among
from haneul.services.object_storage.model.objects import Content, Removed, StoredObject
from haneul.services.object_storage.store.accounts import CONTAINERS

OBJECTS = Rows(
    StoredObject,
    "object_storage_objects",
    key=("container_id", "name"),
    indexes=(("delete_at",), ("data",)),
)
CONTENTS = Rows(Content, "object_storage_contents", key=("data",))
REMOVED = Rows(Removed, "object_storage_removed", key=("data",), indexes=(("removed_at",),))


async def with_driver(tx: Tx, names: Iterable[str]) -> set[str]:
    """Those of these data that are an object's, or wait to be removed."""
    wanted = msgspec.json.encode(list(names)).decode()
    query = OBJECTS.cached(
        "with driver",
        lambda: sa.union_all(
            sa.select(OBJECTS.c.data).where(among(OBJECTS.c.data, "names")),
            sa.select(REMOVED.c.data).where(among(REMOVED.c.data, "names")),
        ),
    )
    return {row[0] for row in await tx.all(query, names=wanted)}


async def expired(tx: Tx, now_s: int, most: int) -> list[StoredObject]:
    """Objects whose time has passed, the oldest first."""
    c = OBJECTS.c
    query = OBJECTS.cached(
        "expired",
        lambda: (
            OBJECTS.select()
            .where(c.delete_at <= sa.bindparam("now_s", type_=sa.BigInteger))
            .order_by(c.delete_at)
            .limit(sa.bindparam("most", type_=sa.BigInteger))
        ),
    )
    return [OBJECTS.load(row) for row in await tx.all(query, now_s=now_s, most=most)]


async def miscounted(tx: Tx) -> str | None:
    """A container whose counts are not those of its objects; None: there is none."""

    o, c = OBJECTS.c, CONTAINERS.c
    sums = (
        sa.select(o.container_id, sa.func.count().label("objects"), sa.func.sum(o.size).label("size"))
        .group_by(o.container_id)
        .subquery()
    )
    query = OBJECTS.cached(
        "miscounted",
        lambda: (
            sa.select(c.id)
            .select_from(CONTAINERS.table.outerjoin(sums, sums.c.container_id == c.id))
            .where(
                sa.or_(
                    c.object_count != sa.func.coalesce(sums.c.objects, 0),
                    c.bytes_used != sa.func.coalesce(sums.c.size, 0),
                )
            )
            .limit(1)
        ),
    )
    row = await tx.one(query)
    return None if row is None else str(row[0])


async def without_content(tx: Tx) -> str | None:
    """A small object whose content is missing, or content that is no object's; None: there is none."""
    o, n = OBJECTS.c, CONTENTS.c
    query = OBJECTS.cached(
        "without content",
        lambda: sa.union_all(
            sa.select(o.data)
            .select_from(OBJECTS.table.outerjoin(CONTENTS.table, n.data == o.data))
            .where(o.is_small, n.data.is_(None)),
            sa.select(n.data)
            .select_from(CONTENTS.table.outerjoin(OBJECTS.table, n.data == o.data))
            .where(o.data.is_(None)),
        ),
    )
    row = await tx.one(query)
    return None if row is None else str(row[0])


async def all_with_driver(tx: Tx, after: str, most: int) -> list[tuple[str, int]]:
    """(name, size) of data that objects have with the driver, in the order of names."""
    c = OBJECTS.c
    query = OBJECTS.cached(
        "all with driver",
        lambda: (
            sa.select(c.data, c.size)
            .where(c.data > sa.bindparam("after"), sa.not_(c.is_small))
            .order_by(c.data)
            .limit(sa.bindparam("most", type_=sa.BigInteger))
        ),
    )
    return [(row[0], int(row[1])) for row in await tx.all(query, after=after, most=most)]


async def removed(tx: Tx, before: datetime, most: int) -> list[Removed]:
    """Data that nobody has any more since before then."""
    return await REMOVED.page(tx, [Filter("removed_at", "lt", before)], sort=[Sort("removed_at")], limit=most)
