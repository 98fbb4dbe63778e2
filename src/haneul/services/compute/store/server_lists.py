"""What lists of servers ask the store beside what every table can answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Condition, Query, Rows, Sort, Tx, among, matches, text_at
from haneul.services.compute.model.block_devices import ROOT
from haneul.services.compute.model.past_servers import PastServer
from haneul.services.compute.model.servers import BlockDevice, Server, root_device
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.compute.store.servers import SERVERS

_VOLUMES = msgspec.json.Decoder(list[BlockDevice])
_BUSES = msgspec.json.Decoder(dict[str, str])
_PROPERTIES = msgspec.json.Decoder(dict[str, Any])
_s = SERVERS.c
_OF_OTHER_NAMES = Query(
    sa.select(_s.id, _s.block_devices, _s.disk_buses, _s.image_properties).where(
        sa.or_(
            _s.block_devices != sa.literal_column("'[]'"),
            _s.disk_buses != sa.literal_column("'{}'"),
            text_at(_s.image_properties, "hw_disk_bus").is_not(None),
        )
    )
)
"""The servers whose first disk may be called otherwise than those of most."""
ZONE = sa.literal_column("'nova'")


async def in_order(
    tx: Tx, servers: Sequence[Server | PastServer], order: Sequence[Sort]
) -> list[Server | PastServer]:
    """As one table would give them: the store itself compares, by its own rules for texts."""
    query = SERVERS.cached(("of both", *order), lambda: _order_of_both(order))
    known = {s.id: s for s in servers}
    ids = await tx.all(query, ids=msgspec.json.encode(list(known)).decode())
    return [known[id] for (id, *_) in ids]


def is_in_zone(rows: Rows[Any], pattern: str) -> Condition:
    """The zone that a server was made for, or else that of all hosts, has the pattern; nowhere is no zone."""
    zone = sa.case(
        (rows.c.host.is_(None), sa.literal_column("''")), else_=sa.func.coalesce(rows.c.zone, ZONE)
    )
    return "zone", matches(zone, sa.bindparam("zone_pattern", type_=sa.Text)), {"zone_pattern": pattern}


async def root_device_condition(tx: Tx, is_wanted: Callable[[str], bool]) -> Condition:
    """The server's first disk is called as wanted. Most are called alike: the store looks through the others."""
    others: dict[bool, list[str]] = {True: [], False: []}
    for id, volumes, buses, properties in await tx.all(_OF_OTHER_NAMES):
        name = root_device(_VOLUMES.decode(volumes), _BUSES.decode(buses), _PROPERTIES.decode(properties))
        others[is_wanted(name)].append(id)
    is_usual = is_wanted(ROOT)
    condition = among(SERVERS.c.id, "others", negated=is_usual)
    return (
        f"root device/{is_usual}",
        condition,
        {"others": msgspec.json.encode(others[not is_usual]).decode()},
    )


def _order_of_both(order: Sequence[Sort]) -> sa.CompoundSelect[Any]:
    halves = []
    for rows in (SERVERS, PAST_SERVERS):
        columns = [rows.sortable(s.field).label(f"by_{i}") for i, s in enumerate(order)]
        halves.append(sa.select(rows.c.id, *columns).where(among(rows.c.id, "ids")))
    both = sa.union_all(*halves)
    return both.order_by(
        *(sa.desc(f"by_{i}") if s.descending else sa.asc(f"by_{i}") for i, s in enumerate(order))
    )
