"""Lists of servers: of those that are there, of those that are gone, or of both.

Both are kept in tables of their own. A page of both is a page of each, put in order and cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Flag
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort, has_texts
from haneul.kernel.errors import BadRequest
from haneul.kernel.patterns import pattern
from haneul.services.compute.model.block_devices import ROOT
from haneul.services.compute.model.past_servers import PastServer
from haneul.services.compute.model.servers import Server
from haneul.services.compute.policy import ADMIN_OR_OWNER
from haneul.services.compute.store.past_servers import BY_CHANGE, PAST_SERVERS
from haneul.services.compute.store.server_lists import in_order, is_in_zone, root_device_condition
from haneul.services.compute.store.servers import SERVERS


class Which(Flag):
    """The servers that a list is of."""

    LIVING = 1
    PAST = 2
    ALL = LIVING | PAST


async def page(
    ctx: Context,
    which: Which,
    filters: Sequence[Filter],
    *,
    sort: Sequence[Sort],
    marker: str | None,
    limit: int,
    tags: dict[str, list[str]],
    zone: str | None = None,
    root_device: str | None = None,
) -> list[Server | PastServer]:
    """One page of servers; `tags` are what is asked of their tags, by upstream's names, the others patterns."""
    after = None if marker is None else await _marked(ctx, marker)
    order = [*sort] if any(s.field == "id" for s in sort) else [*sort, Sort("id", sort[-1].descending)]
    servers: list[Server | PastServer] = []
    if Which.LIVING in which:
        extra = [has_texts(SERVERS.c.tags, kind, wanted) for kind, wanted in tags.items()]
        extra += [] if zone is None else [is_in_zone(SERVERS, zone)]
        if root_device is not None:
            extra.append(await root_device_condition(ctx.tx, pattern(root_device).search))
        servers += await SERVERS.page(ctx.tx, filters, sort=order, after=after, limit=limit, extra=extra)
    if root_device is not None and not pattern(root_device).search(ROOT):
        which &= ~Which.PAST  # what is gone had its first disk where most have it
    if Which.PAST in which and not tags.keys() & {"tags", "tags-any"}:  # what is gone has no tags any more
        way = await BY_CHANGE.way(ctx.tx, filters, order)
        extra = [] if zone is None else [is_in_zone(PAST_SERVERS, zone)]
        servers += await PAST_SERVERS.page(
            ctx.tx, filters, sort=order, after=after, limit=limit, way=way, extra=extra
        )
    if which is Which.ALL:
        servers = (await in_order(ctx.tx, servers, order))[:limit]
    return servers


async def _marked(ctx: Context, id: str) -> Any:
    """The last server of the page before, which may be gone since; another project's is unknown."""
    server = await SERVERS.get(ctx.tx, id) or await PAST_SERVERS.get(ctx.tx, id)
    return ctx.seen(server, ADMIN_OR_OWNER, hidden=BadRequest(f"marker [{id}] not found"))
