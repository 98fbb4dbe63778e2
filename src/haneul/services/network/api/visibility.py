"""What lists hold for whom: one's own, what is shared, what is external, what lies on one's own networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.db import Condition, Rows
from haneul.kernel.http.tables import visibility
from haneul.kernel.http.tables.visibility import ASKER, Way, shared
from haneul.services.network import policy
from haneul.services.network.store.networks import NETWORKS

__all__ = ["external", "on_own_networks", "own", "shared"]

_FOREIGN = {"project_id": "", "network:project_id": "", "shared": False, "router:external": False}


def own(rows: Rows[Any], kind: str, *also: Way) -> Callable[[Context], Sequence[Condition]]:
    """What the asker sees of things of that kind, as a condition."""
    return visibility.own(rows, policy.named(f"get_{kind}"), *also, foreign=_FOREIGN)


def external(rows: Rows[Any]) -> Way:
    return Way("external", rows.c.is_external.is_(sa.true()), {"router:external": True})


def on_own_networks(rows: Rows[Any]) -> Way:
    networks = sa.select(NETWORKS.c.id).where(NETWORKS.c.project_id == ASKER)
    return Way("on own networks", rows.c.network_id.in_(networks), {}, "network:project_id")
