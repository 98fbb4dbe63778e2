"""Who holds an operation: the statements that take, keep, lose and look for leases.

Each changes a row only while that is still as its words say, so that two processes never hold one operation.
"""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Query, among
from haneul.kernel.saga import OPERATIONS

_c = OPERATIONS.c


CHANGING = ("state", "is_open", "step", "step_name", "tries", "results", "excluded", "ended_at")
CHANGING += ("lease_owner", "lease_until", "fault", "waiting")
"""What of an operation a checkpoint writes; the rest of it never changes."""


def _checkpoint() -> sa.Update:
    return (
        sa.update(OPERATIONS.table)
        .where(
            _c.id == sa.bindparam("id_", type_=sa.Text),
            _c.is_open.is_(sa.true()),
            _c.lease_owner == sa.bindparam("me", type_=sa.Text),
        )
        .values({n: sa.bindparam(f"new_{n}", type_=_c[n].type) for n in CHANGING})
    )


CHECKPOINT = Query(_checkpoint())
SUPERSEDE = Query(
    sa.update(OPERATIONS.table)
    .where(_c.resource_id == sa.bindparam("resource", type_=sa.Text), _c.is_open.is_(sa.true()))
    .values(
        state=sa.literal("superseded", sa.Text),
        is_open=sa.false(),
        ended_at=sa.bindparam("now", type_=sa.Text),
        lease_owner=None,
        lease_until=None,
    )
    .returning(_c.id)
)
LATEST = Query(
    sa.select(sa.func.max(_c.seq)).where(_c.resource_id == sa.bindparam("resource", type_=sa.Text))
)
EARLIER = Query(
    sa.select(sa.func.count())
    .select_from(OPERATIONS.table)
    .where(
        _c.resource_id == sa.bindparam("resource", type_=sa.Text),
        _c.is_open.is_(sa.true()),
        _c.seq < sa.bindparam("mine", type_=sa.BigInteger),
    )
)
RENEW = Query(
    sa.update(OPERATIONS.table)
    .where(
        _c.lease_owner == sa.bindparam("me", type_=sa.Text), _c.is_open.is_(sa.true()), among(_c.id, "ids")
    )
    .values(lease_until=sa.bindparam("until", type_=sa.Text))
)
"""Of those that are carried on. What was stored though its commit failed, or fell down here, is so taken up again."""
VOID = Query(
    sa.update(OPERATIONS.table).where(_c.is_open.is_(sa.true())).values(lease_owner=None, lease_until=None)
)
CLAIM = Query(
    sa.update(OPERATIONS.table)
    .where(
        _c.id == sa.bindparam("id_", type_=sa.Text),
        _c.is_open.is_(sa.true()),
        sa.or_(_c.lease_until.is_(None), _c.lease_until < sa.bindparam("now", type_=sa.Text)),
    )
    .values(lease_owner=sa.bindparam("me", type_=sa.Text), lease_until=sa.bindparam("until", type_=sa.Text))
)
ORPHANS = Query(
    OPERATIONS.select()
    .where(
        _c.is_open.is_(sa.true()),
        sa.or_(_c.lease_until.is_(None), _c.lease_until < sa.bindparam("now", type_=sa.Text)),
    )
    .order_by(_c.accepted_at)
    .limit(sa.bindparam("most", type_=sa.BigInteger))
)
