"""What lists hold for whom: one's own, what is shared, what lies on one's own networks.

The rule of reading such a thing says all of it. It is asked of a thing of nobody's, of one's own, of a shared one
and so on, and what it lets the asker read is what lists show: nothing at all, if that is so.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.db import Rows
from haneul.services.network import policy
from haneul.services.network.api.resource import Extra
from haneul.services.network.store.networks import NETWORKS

Way = tuple[str, sa.ColumnElement[bool], dict[str, object]]
"""Why a thing is seen: the word for it, the condition in the store, and what such a thing is to a rule."""

_FOREIGN: dict[str, object] = {
    "project_id": "", "network:project_id": "", "shared": False, "router:external": False,
}  # fmt: skip


def shared(rows: Rows, column: str = "is_shared") -> Way:  # type: ignore[type-arg]
    return "shared", rows.c[column].is_(sa.true()), {"shared": True}


def own(rows: Rows, kind: str, *also: Way, on_own_networks: bool = False) -> Callable[[Context], list[Extra]]:  # type: ignore[type-arg]
    """What the asker sees of things of that kind, as a condition."""
    me = sa.bindparam("visible_to", type_=sa.Text)
    ways: list[tuple[str, sa.ColumnElement[bool], dict[str, object]]] = [*also]
    mine: list[tuple[str, sa.ColumnElement[bool], str]] = [("own", rows.c.project_id == me, "project_id")]
    if on_own_networks:
        networks = sa.select(NETWORKS.c.id).where(NETWORKS.c.project_id == me)
        mine.append(("on own networks", rows.c.network_id.in_(networks), "network:project_id"))
    rule = policy.named(f"get_{kind}")

    def visible(ctx: Context) -> list[Extra]:
        if ctx.may(rule, _FOREIGN):
            return []
        project = ctx.auth.project_id or ""
        seen = [(name, way) for name, way, of in mine if ctx.may(rule, _FOREIGN | {of: project})]
        seen += [(name, way) for name, way, of in ways if ctx.may(rule, _FOREIGN | of)]
        names = ",".join(name for name, _ in seen)
        return [(f"visible: {names}", sa.or_(sa.false(), *(way for _, way in seen)), {"visible_to": project})]

    return visible
