"""Aggregates: create, show, list, update, delete; their hosts and metadata.

A host's zone is that of the aggregates it is in; they must agree, because a host is in one zone only. It stays
as long as the host has servers: those were placed in it.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import joined
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.compute import errors
from haneul.services.compute.model.aggregates import ZONE, Aggregate
from haneul.services.compute.operations import hosts
from haneul.services.compute.store.aggregates import AGGREGATES
from haneul.services.compute.store.servers import SERVERS
from haneul.services.placement import public as placement


async def list(ctx: Context) -> builtins.list[Aggregate]:
    """All aggregates, in one query."""
    return await AGGREGATES.find(ctx.tx)


async def show(ctx: Context, number: str) -> Aggregate:
    """The aggregate of that number; BadRequest for what is no number, AggregateNotFound for one that nothing has."""
    if not number.isdecimal():
        raise BadRequest("Invalid input received: id must be an integer")
    aggregate = await AGGREGATES.get(ctx.tx, int(number)) if len(number) < 10 else None
    if aggregate is None:
        raise errors.AggregateNotFound(id=number)
    return aggregate


async def create(ctx: Context, name: str, zone: str | None) -> Aggregate:
    """A new aggregate without hosts, numbered next; AggregateExists if its name is in use."""
    await ctx.tx.lock("compute_aggregates")
    number = max((a.number for a in await list(ctx)), default=0) + 1
    metadata = {ZONE: zone} if zone else {}
    try:
        return await AGGREGATES.add(
            ctx.tx, Aggregate(number, ctx.new_id(), name, metadata, [], ctx.now(), None)
        )
    except Duplicate:
        raise errors.AggregateExists(name=name) from None


async def _save(ctx: Context, aggregate: Aggregate, touched: Iterable[str]) -> Aggregate:
    """Write the aggregate, and give the hosts that it touches the zone they are now in."""
    try:
        saved = await AGGREGATES.change(ctx, aggregate, updated_at=aggregate.updated_at)
    except Duplicate:
        raise errors.AggregateExists(name=aggregate.name) from None
    zones = await _zones(ctx)
    for name in set(touched):
        host = await placement.host(ctx, name)
        zone = zones.get(name, DEFAULT_ZONE)
        if host is not None and host.zone != zone:
            if await SERVERS.first(ctx.tx, host=name) is not None:
                raise errors.HostZoneInUse(id=aggregate.number, host=name)
            await placement.save_host(ctx, msgspec.structs.replace(host, zone=zone, updated_at=ctx.now()))
    return saved


async def _zones(ctx: Context, without: int | None = None) -> dict[str, str]:
    """The zone of each host that is in an aggregate with one."""
    return {h: a.zone for a in await list(ctx) if a.zone and a.number != without for h in a.hosts}


async def _require_one_zone(ctx: Context, aggregate: Aggregate, names: Iterable[str]) -> None:
    if aggregate.zone is None:
        return
    zones = await _zones(ctx, without=aggregate.number)
    for name in names:
        if zones.get(name, aggregate.zone) != aggregate.zone:
            raise errors.HostInOtherZone(id=aggregate.number, host=name, zone=zones[name])


async def update(
    ctx: Context, number: str, *, name: str | None = None, metadata: dict[str, str | None] | None = None
) -> Aggregate:
    """Change the name, and single metadata; None removes one, but for the zone, which can only become another."""
    old = await show(ctx, number)
    if metadata and metadata.get(ZONE, "") is None:
        raise errors.ZoneWithoutName(id=number, name=old.name)
    left = {k: v for k, v in old.metadata.items() if k not in (metadata or {})}
    kept = joined(left, {k: v for k, v in (metadata or {}).items() if v is not None}, "metadata")
    at = ctx.now() if name else old.updated_at  # upstream: metadata and hosts come and go without a mark
    new = msgspec.structs.replace(old, name=name or old.name, metadata=kept, updated_at=at)
    if new.zone != old.zone:
        await _require_one_zone(ctx, new, new.hosts)
    try:
        return await _save(ctx, new, new.hosts)
    except errors.HostZoneInUse:  # the same refusal has another status where the aggregate itself is changed
        raise errors.AggregateZoneInUse(id=number) from None


async def delete(ctx: Context, number: str) -> None:
    """The aggregate is gone; AggregateNotEmpty while it has hosts, whose zone it may be."""
    aggregate = await show(ctx, number)
    if aggregate.hosts:
        raise errors.AggregateNotEmpty(id=number)
    await AGGREGATES.remove(ctx.tx, number=aggregate.number)


async def add_host(ctx: Context, number: str, name: str) -> Aggregate:
    """The host is in the aggregate, and in its zone if it has one; refused while its servers were placed in another."""
    aggregate = await show(ctx, number)
    await hosts.find(ctx, name)
    if name in aggregate.hosts:
        raise errors.AggregateHasHost(id=number, host=name)
    await _require_one_zone(ctx, aggregate, [name])
    return await _save(ctx, msgspec.structs.replace(aggregate, hosts=[*aggregate.hosts, name]), [name])


async def remove_host(ctx: Context, number: str, name: str) -> Aggregate:
    """The host is in the aggregate no longer, and in the usual zone if it was in this one's."""
    aggregate = await show(ctx, number)
    if name not in aggregate.hosts:
        raise errors.AggregateLacksHost(id=number, host=name)
    rest = [h for h in aggregate.hosts if h != name]
    return await _save(ctx, msgspec.structs.replace(aggregate, hosts=rest), [name])
