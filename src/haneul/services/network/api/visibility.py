"""What lists hold for whom: one's own, what is shared, what lies on one's own networks."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.db import Rows
from haneul.services.network.api.resource import Extra
from haneul.services.network.store.networks import NETWORKS


def own(rows: Rows, *also: sa.ColumnElement[bool], on_own_networks: bool = False):  # type: ignore[no-untyped-def,type-arg]
    """A condition: everything for administrators and services, else the asker's project's."""
    me = sa.bindparam("visible_to", type_=sa.Text)
    options = [rows.c.project_id == me, *also]
    if on_own_networks:
        mine = sa.select(NETWORKS.c.id).where(NETWORKS.c.project_id == me)
        options.append(rows.c.network_id.in_(mine))
    condition = sa.or_(*options)

    def visible(ctx: Context) -> list[Extra]:
        if ctx.is_admin or "service" in ctx.auth.roles:
            return []
        return [("visible", condition, {"visible_to": ctx.auth.project_id or ""})]

    return visible
