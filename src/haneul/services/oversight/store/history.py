"""Forgetting what happened long ago."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Query, Tx, among
from haneul.kernel.saga import OPERATIONS, STEPS

AT_ONCE = 500
"""So many rows are looked at in one transaction, so that nobody waits long for the store."""

_o = OPERATIONS.c


@cache
def _ended(kept: tuple[sa.Column[str], ...]) -> Query:
    """Operations that ended, and whether what they worked on is among the ids of these columns."""
    is_kept = sa.or_(sa.false(), *(sa.exists().where(id == _o.resource_id) for id in kept))
    return Query(
        sa.select(_o.ended_at, _o.id, is_kept.label("is_kept"))
        .where(
            _o.ended_at < sa.bindparam("before", type_=sa.Text),
            sa.tuple_(_o.ended_at, _o.id)
            > sa.tuple_(sa.bindparam("after", type_=sa.Text), sa.bindparam("after_id", type_=sa.Text)),
        )
        .order_by(_o.ended_at, _o.id)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )


_FORGET_STEPS = Query(sa.delete(STEPS.table).where(among(STEPS.c.operation_id, "ids")))
_FORGET_OPERATIONS = Query(sa.delete(OPERATIONS.table).where(among(_o.id, "ids")))
_STATES = Query(sa.select(_o.id, _o.state, _o.is_open, _o.ended_at))
_STRAY_STEPS = Query(
    sa.select(STEPS.c.id, STEPS.c.operation_id).where(~sa.exists().where(_o.id == STEPS.c.operation_id))
)


class Place(NamedTuple):
    """How far the ended operations were looked through."""

    ended_at: str = ""
    id: str = ""


async def states(tx: Tx) -> list[Any]:
    """(id, state, whether it is open, when it ended) of every operation."""
    return await tx.all(_STATES)


async def stray_steps(tx: Tx) -> list[Any]:
    """(id, operation) of the steps whose operation is not there."""
    return await tx.all(_STRAY_STEPS)


async def forget_operations(
    tx: Tx, before: datetime, after: Place, kept: tuple[sa.Column[str], ...]
) -> Place | None:
    """Of the next `AT_ONCE` operations that ended before then, those are forgotten whose resource is not
    `kept` (columns of ids); where to go on, or None at the end."""
    latest, most = OPERATIONS.value("ended_at", before), AT_ONCE
    rows = await tx.all(_ended(kept), before=latest, after=after.ended_at, after_id=after.id, most=most)
    if gone := [id for _, id, is_kept in rows if not is_kept]:
        ids = msgspec.json.encode(gone).decode()
        await tx.run(_FORGET_STEPS, ids=ids)
        await tx.run(_FORGET_OPERATIONS, ids=ids)
    return Place(*rows[-1][:2]) if len(rows) == AT_ONCE else None
