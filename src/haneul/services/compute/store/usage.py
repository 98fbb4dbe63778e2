"""Servers that were there in a period: one list, though the living and the gone are kept apart.

Each half is in the order of (project, id) by an index, so that a page costs what it shows and what a project
has outside the period, never a sort of everything.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx
from haneul.services.compute.model.usage import Period, UsedServer
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.compute.store.servers import SERVERS

Place = tuple[str, str]
"""A project and a server of it."""
_FIELDS = ("id", "project_id", "name", "flavor", "vm_state", "launched_at")


async def used(
    tx: Tx, period: Period, *, project_id: str | None, after: Place | None, limit: int
) -> list[UsedServer]:
    """Those that began before the end of the period and did not go before its start."""
    start, end = (SERVERS.value("launched_at", at) for at in (period.start, period.end))
    past_project, past_id = after or ("", "")
    rows = await tx.all(
        _query(project_id is not None, after is not None),
        start=start,
        end=end,
        project_id=project_id,
        past_project=past_project,
        past_id=past_id,
        size=limit,
    )
    return [_load(row) for row in rows]


async def place(tx: Tx, server_id: str) -> Place | None:
    """Where in the list that server is."""
    server = await SERVERS.get(tx, server_id) or await PAST_SERVERS.get(tx, server_id)
    return None if server is None else (server.project_id, server.id)


@cache
def _query(of_project: bool, is_after: bool) -> Query:
    ended = PAST_SERVERS.c.terminated_at > sa.bindparam("start", type_=sa.Text)
    both = sa.union_all(
        _half(SERVERS, sa.null().label("terminated_at"), of_project, is_after),
        _half(PAST_SERVERS, PAST_SERVERS.c.terminated_at, of_project, is_after).where(ended),
    )
    return Query(both.order_by("project_id", "id").limit(sa.bindparam("size", type_=sa.BigInteger)))


def _half(rows: Rows[Any], terminated_at: Any, of_project: bool, is_after: bool) -> Any:
    c = rows.c
    statement = sa.select(*(c[f] for f in _FIELDS), terminated_at).where(
        c.launched_at < sa.bindparam("end", type_=sa.Text)
    )
    if of_project:
        statement = statement.where(c.project_id == sa.bindparam("project_id", type_=sa.Text))
    if is_after:
        mark = (sa.bindparam("past_project", type_=sa.Text), sa.bindparam("past_id", type_=sa.Text))
        statement = statement.where(sa.tuple_(c.project_id, c.id) > sa.tuple_(*mark))
    return statement


def _load(row: Any) -> UsedServer:
    *known, terminated_at = row
    values: dict[str, Any] = {n: SERVERS.read(n, v) for n, v in zip(_FIELDS, known, strict=True)}
    return UsedServer(**values, terminated_at=PAST_SERVERS.read("terminated_at", terminated_at))
