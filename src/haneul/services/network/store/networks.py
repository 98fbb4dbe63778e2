"""Networks, subnets, and the pools that subnets are cut from."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from haneul.kernel.db import Query, Rows, Tx
from haneul.services.network.model.networks import AddressScope, Network, Subnet, SubnetPool


class json_texts(FunctionElement[str]):
    """All values of a text column as one JSON array."""

    inherit_cache = True
    type = sa.Text()
    name = "json_texts"


@compiles(json_texts, "sqlite")
def _sqlite(element: json_texts, compiler, **kw) -> str:  # type: ignore[no-untyped-def]
    return f"json_group_array({compiler.process(element.clauses, **kw)})"


@compiles(json_texts, "postgresql")
def _postgresql(element: json_texts, compiler, **kw) -> str:  # type: ignore[no-untyped-def]
    return f"coalesce(json_agg({compiler.process(element.clauses, **kw)}), '[]')::text"


SUBNETS = Rows(
    Subnet, "network_subnets", indexes=(("network_id",), ("project_id",), ("subnetpool_id",), ("cidr",))
)
NETWORKS = Rows(
    Network,
    "network_networks",
    indexes=(("project_id",), ("name",)),
    unique=(("segment",),),
    derived=lambda t: {
        "subnet_ids": sa.select(json_texts(SUBNETS.c.id))
        .where(SUBNETS.c.network_id == t.c.id)
        .scalar_subquery()
    },
)
SUBNET_POOLS = Rows(SubnetPool, "network_subnet_pools", indexes=(("project_id",), ("address_scope_id",)))
ADDRESS_SCOPES = Rows(AddressScope, "network_address_scopes", indexes=(("project_id",),))

LAST_SEGMENT = Query(sa.select(sa.func.max(NETWORKS.c.segment)))


async def free_segment(tx: Tx) -> int:
    """A VXLAN identifier that no network has."""
    row = await tx.one(LAST_SEGMENT)
    return int((row[0] if row else 0) or 0) + 1
