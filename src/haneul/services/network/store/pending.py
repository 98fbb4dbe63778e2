"""What hosts have yet to be told: written with the change, removed by who told them."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.db import Query, Rows
from haneul.kernel.ids import new_id
from haneul.services.network.events import HostsLag
from haneul.services.network.model.pending import Pending

PENDING = Rows(Pending, "network_pending", key=("kind", "id", "host"))
_c = PENDING.c
DONE = Query(
    sa.delete(PENDING.table).where(
        _c.kind == sa.bindparam("kind", type_=sa.Text),
        _c.id == sa.bindparam("id_", type_=sa.Text),
        _c.host == sa.bindparam("host_", type_=sa.Text),
        _c.mark == sa.bindparam("mark_", type_=sa.Text),
    )
)


async def mark(ctx: Context, kind: str, id: str, host: str = "") -> None:
    """The hosts that have this thing (or that one host) will be told how it is now."""
    await PENDING.put(ctx.tx, Pending(kind, id, host, new_id()))
    ctx.tx.after_commit(lambda: ctx.platform.bus.publish(HostsLag()))


async def done(ctx: Context, marks: list[Pending]) -> None:
    for each in marks:
        await ctx.tx.run(DONE, kind=each.kind, id_=each.id, host_=each.host, mark_=each.mark)
