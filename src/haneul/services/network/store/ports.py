"""Ports, the addresses they hold, and the groups they are in."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx, among
from haneul.services.network.model.ports import Allocation, LostPort, Membership, Port

PORTS = Rows(
    Port,
    "network_ports",
    unique=(("network_id", "mac_address"),),
    indexes=(("project_id",), ("device_id",), ("held_by",), ("host",), ("name",)),
)
ALLOCATIONS = Rows(
    Allocation,
    "network_allocations",
    key=("subnet_id", "number"),
    indexes=(("port_id",), ("network_id",), ("ip",)),
)
MEMBERSHIPS = Rows(
    Membership,
    "network_port_groups",
    key=("port_id", "security_group_id"),
    indexes=(("security_group_id",),),
)
LOST_PORTS = Rows(LostPort, "network_lost_ports", indexes=(("server_id",),))

_a, _m, _p = ALLOCATIONS.c, MEMBERSHIPS.c, PORTS.c
CURSORS = sa.Table(
    "network_address_cursors",
    PORTS.table.metadata,
    sa.Column("subnet_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Text, nullable=False),
)
"""Below `number` no address of the subnet is free: where the search for one begins."""

TAKEN = Query(
    sa.select(_a.number)
    .where(
        _a.subnet_id == sa.bindparam("subnet", type_=sa.Text),
        _a.number >= sa.bindparam("start", type_=sa.Text),
    )
    .order_by(_a.number)
    .limit(sa.bindparam("most", type_=sa.BigInteger))
)
CURSOR = Query(
    sa.select(CURSORS.c.number).where(CURSORS.c.subnet_id == sa.bindparam("subnet", type_=sa.Text))
)
ADD_CURSOR = Query(
    sa.insert(CURSORS).values(
        subnet_id=sa.bindparam("subnet", type_=sa.Text), number=sa.bindparam("number", type_=sa.Text)
    )
)
MOVE_CURSOR = Query(
    sa.update(CURSORS)
    .where(CURSORS.c.subnet_id == sa.bindparam("subnet", type_=sa.Text))
    .values(number=sa.bindparam("number", type_=sa.Text))
)
LOWER_CURSOR = Query(
    sa.update(CURSORS)
    .where(
        CURSORS.c.subnet_id == sa.bindparam("subnet", type_=sa.Text),
        CURSORS.c.number > sa.bindparam("number", type_=sa.Text),
    )
    .values(number=sa.bindparam("number", type_=sa.Text))
)
REMOVE_CURSOR = Query(sa.delete(CURSORS).where(CURSORS.c.subnet_id == sa.bindparam("subnet", type_=sa.Text)))
GROUP_ADDRESSES = Query(
    sa.select(_m.security_group_id, _a.ip)
    .join(ALLOCATIONS.table, _a.port_id == _m.port_id)
    .where(among(_m.security_group_id, "groups"))
)
GROUP_PAIRS = Query(
    sa.select(_m.security_group_id, _p.allowed_address_pairs)
    .join(PORTS.table, _p.id == _m.port_id)
    .where(among(_m.security_group_id, "groups"), _p.allowed_address_pairs != "[]")
)
HOSTS_OF_NETWORK = Query(
    sa.select(_p.host)
    .distinct()
    .where(_p.network_id == sa.bindparam("network", type_=sa.Text), _p.host != "")
)

USED = Query(
    sa.select(_a.subnet_id, sa.func.count()).where(among(_a.subnet_id, "subnets")).group_by(_a.subnet_id)
)


async def used_addresses(tx: Tx, subnet_ids: Iterable[str]) -> dict[str, int]:
    """How many addresses of each of these subnets are taken; those of which none is are left out."""
    rows = await tx.all(USED, subnets=msgspec.json.encode(list(subnet_ids)).decode())
    return {subnet: int(number) for subnet, number in rows}


async def search_start(tx: Tx, subnet_id: str) -> str:
    """Where the search for a free address begins; the subnet is ours until the transaction ends."""
    await tx.lock("addresses", subnet_id)
    row = await tx.one(CURSOR, subnet=subnet_id)
    if row is None:
        await tx.run(ADD_CURSOR, subnet=subnet_id, number="0" * 32)
    return row[0] if row else "0" * 32


async def let_go(tx: Tx, allocations: Iterable[Allocation]) -> None:
    for each in allocations:
        await ALLOCATIONS.remove(tx, subnet_id=each.subnet_id, number=each.number)
        await tx.run(LOWER_CURSOR, subnet=each.subnet_id, number=each.number)
