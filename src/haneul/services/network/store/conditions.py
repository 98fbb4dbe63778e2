"""What lists of networks and of what lies on them are narrowed by, beside the fields of one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from haneul.kernel.db import Condition, Rows, containing, like
from haneul.kernel.visibility import ASKER, Way, shared
from haneul.services.network.store.networks import NETWORKS, SUBNETS
from haneul.services.network.store.ports import ALLOCATIONS, MEMBERSHIPS, PORTS


def all_or_none(are_all: bool) -> Condition:
    """Every row, or no row at all."""
    return f"all/{are_all}", sa.true() if are_all else sa.false(), {}


def is_shared(wanted: bool) -> Condition:
    """The subnet lies on a shared network, or on another one."""
    return f"shared/{wanted}", SUBNETS.c.is_shared.is_(sa.true() if wanted else sa.false()), {}


# -- why a thing is seen


def external(rows: Rows[Any]) -> Way:
    """It is a network to the outside, or lies on one."""
    return Way("external", rows.c.is_external.is_(sa.true()), {"router:external": True})


def on_own_networks(rows: Rows[Any]) -> Way:
    """It lies on one of the project's own networks."""
    networks = sa.select(NETWORKS.c.id).where(NETWORKS.c.project_id == ASKER)
    return Way("on own networks", rows.c.network_id.in_(networks), {}, "network:project_id")


# -- ports


def has_addresses(filters: Sequence[tuple[str, str]]) -> Condition:
    """The port has addresses that are as asked: (`ip_address`, `subnet_id` or `ip_address_substr`, value).

    Of several values for one name, any will do.
    """
    a = ALLOCATIONS.c
    columns = {"ip_address": a.ip, "subnet_id": a.subnet_id, "ip_address_substr": a.ip}
    by_name: dict[str, list[sa.ColumnElement[bool]]] = {}
    params: dict[str, Any] = {}
    for i, (name, value) in enumerate(filters):
        param = sa.bindparam(f"fixed{i}", type_=sa.Text)
        is_part = name == "ip_address_substr"
        params[f"fixed{i}"] = containing(value) if is_part else value
        condition = like(columns[name], f"fixed{i}") if is_part else columns[name] == param
        by_name.setdefault(name.split("_")[0], []).append(condition)
    every = sa.and_(*(sa.or_(*same) for same in by_name.values()))
    text = "fixed_ips/" + ",".join(name for name, _ in filters)
    return text, PORTS.c.id.in_(sa.select(a.port_id).where(every)), params


def in_groups(ids: Sequence[str]) -> Condition:
    """The port is in one of these security groups."""
    params = {f"group{i}": value for i, value in enumerate(ids)}
    m = MEMBERSHIPS.c
    either = sa.or_(*(m.security_group_id == sa.bindparam(p, type_=sa.Text) for p in params))
    return f"security_groups/{len(ids)}", PORTS.c.id.in_(sa.select(m.port_id).where(either)), params


__all__ = ["all_or_none", "external", "has_addresses", "in_groups", "is_shared", "on_own_networks", "shared"]
