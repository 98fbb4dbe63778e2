"""What servers have in the network: their addresses, and which of them has one."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from haneul.kernel.db import Query, Row, Tx, among, containing, like
from haneul.services.network.store.networks import NETWORKS
from haneul.services.network.store.ports import ALLOCATIONS, PORTS
from haneul.services.network.store.routers import FLOATING_IPS

_p, _n, _f = PORTS.c, NETWORKS.c, FLOATING_IPS.c
_ADDRESSES = Query(
    sa.select(_p.held_by, _n.name, _n.id, _p.id, _p.mac_address, _p.fixed_ips)
    .join(NETWORKS.table, _n.id == _p.network_id)
    .where(among(_p.held_by, "servers"))
    .order_by(_p.held_by, _p.slot, _p.created_at, _p.id)
)
_FLOATING = Query(
    sa.select(_f.port_id, _f.ip, _f.fixed_ip)
    .join(PORTS.table, _p.id == _f.port_id)
    .where(among(_p.held_by, "servers"))
)
_BY_ADDRESS = Query(
    sa.select(_p.held_by)
    .distinct()
    .join(ALLOCATIONS.table, ALLOCATIONS.c.port_id == _p.id)
    .where(_p.held_by != "", like(ALLOCATIONS.c.ip, "text"))
)


async def addresses(tx: Tx, server_ids: Sequence[str]) -> list[Row]:
    """(server, network's name, network, port, MAC, fixed addresses as JSON) of each port, in the servers' order."""
    return await tx.all(_ADDRESSES, servers=json.dumps(list(server_ids)))


async def floating_addresses(tx: Tx, server_ids: Sequence[str]) -> dict[tuple[str, str], str]:
    """(port, fixed address) -> the floating address that leads to it."""
    rows = await tx.all(_FLOATING, servers=json.dumps(list(server_ids)))
    return {(port_id, fixed): ip for port_id, ip, fixed in rows}


async def with_address_like(tx: Tx, text: str) -> list[str]:
    """The servers with a port on which an address contains this text."""
    return [row[0] for row in await tx.all(_BY_ADDRESS, text=containing(text))]
