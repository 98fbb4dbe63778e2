"""What lists of servers ask the store beside what every table can answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Sort, Tx, among
from haneul.services.compute.model.past_servers import PastServer
from haneul.services.compute.model.servers import Server
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.compute.store.servers import SERVERS


async def in_order(
    tx: Tx, servers: Sequence[Server | PastServer], order: Sequence[Sort]
) -> list[Server | PastServer]:
    """As one table would give them: the store itself compares, by its own rules for texts."""
    query = SERVERS.cached(("of both", *order), lambda: _order_of_both(order))
    known = {s.id: s for s in servers}
    ids = await tx.all(query, ids=msgspec.json.encode(list(known)).decode())
    return [known[id] for (id, *_) in ids]


def _order_of_both(order: Sequence[Sort]) -> sa.CompoundSelect[Any]:
    halves = []
    for rows in (SERVERS, PAST_SERVERS):
        columns = [rows.sortable(s.field).label(f"by_{i}") for i, s in enumerate(order)]
        halves.append(sa.select(rows.c.id, *columns).where(among(rows.c.id, "ids")))
    both = sa.union_all(*halves)
    return both.order_by(
        *(sa.desc(f"by_{i}") if s.descending else sa.asc(f"by_{i}") for i, s in enumerate(order))
    )
