"""What lists hold for whom: one's own, what is shared, what lies on one's own networks.

The rule of reading such a thing says all of it. It is asked of a thing of nobody's, of one's own, of a shared one
and so on, and what it lets the asker read is what lists show: nothing at all, if that is so.
"""

from __future__ import annotations

from collections.abc import Callable

from haneul.kernel.context import Context
from haneul.kernel.db import Condition, Rows
from haneul.services.network import policy
from haneul.services.network.store import conditions
from haneul.services.network.store.conditions import Way

_FOREIGN: dict[str, object] = {
    "project_id": "", "network:project_id": "", "shared": False, "router:external": False,
}  # fmt: skip


def own(
    rows: Rows, kind: str, *also: Way, on_own_networks: bool = False
) -> Callable[[Context], list[Condition]]:  # type: ignore[type-arg]
    """What the asker sees of things of that kind, as a condition."""
    mine = [(conditions.own(rows), "project_id")]
    if on_own_networks:
        mine.append((conditions.on_own_networks(rows), "network:project_id"))
    rule = policy.named(f"get_{kind}")

    def visible(ctx: Context) -> list[Condition]:
        if ctx.may(rule, _FOREIGN):
            return []
        project = ctx.auth.project_id or ""
        ways = [way for way, of in mine if ctx.may(rule, _FOREIGN | {of: project})]
        ways += [way for way in also if ctx.may(rule, _FOREIGN | way[2])]
        return [conditions.seen(ways, project)]

    return visible
