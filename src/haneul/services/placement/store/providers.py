"""Providers, inventories, allocations, and the queries that claim and release."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx, among, text_at
from haneul.services.placement import errors
from haneul.services.placement.model.providers import Allocation, Consumer, Host, Inventory, Name, Provider

PROVIDERS = Rows(Provider, "placement_providers", unique=(("name",),), indexes=(("root_id",), ("parent_id",)))
INVENTORIES = Rows(Inventory, "placement_inventories", key=("provider_id", "resource_class"))
ALLOCATIONS = Rows(
    Allocation,
    "placement_allocations",
    key=("consumer_id", "provider_id", "resource_class"),
    indexes=(("provider_id",),),
)
CONSUMERS = Rows(Consumer, "placement_consumers", indexes=(("project_id",),))
NAMES = Rows(Name, "placement_names", key=("kind", "name"))
HOSTS = Rows(Host, "placement_hosts", key=("name",), unique=(("id",), ("provider_id",)))

_i, _a, _k = INVENTORIES.c, ALLOCATIONS.c, CONSUMERS.c

TAKE = Query(
    sa.update(INVENTORIES.table)
    .where(
        _i.provider_id == sa.bindparam("provider", type_=sa.Text),
        _i.resource_class == sa.bindparam("class_", type_=sa.Text),
        _i.used + sa.bindparam("amount", type_=sa.BigInteger)
        <= (_i.total - _i.reserved) * _i.allocation_ratio,
    )
    .values(used=_i.used + sa.bindparam("amount", type_=sa.BigInteger))
)
GIVE_BACK = Query(
    sa.update(INVENTORIES.table)
    .where(
        _i.provider_id == sa.bindparam("provider", type_=sa.Text),
        _i.resource_class == sa.bindparam("class_", type_=sa.Text),
    )
    .values(used=_i.used - sa.bindparam("amount", type_=sa.BigInteger))
)
DRIFT = Query(
    sa.select(_i.provider_id, _i.resource_class, _i.used, sa.func.coalesce(sa.func.sum(_a.used), 0))
    .select_from(
        INVENTORIES.table.outerjoin(
            ALLOCATIONS.table,
            sa.and_(_a.provider_id == _i.provider_id, _a.resource_class == _i.resource_class),
        )
    )
    .group_by(_i.provider_id, _i.resource_class, _i.used)
    .having(_i.used != sa.func.coalesce(sa.func.sum(_a.used), 0))
)
_h, _p = HOSTS.c, PROVIDERS.c
_above = PROVIDERS.table.alias("above")
CONTRADICTIONS = (
    ("provider {}: {} {} counted as used, allocations say {}", DRIFT),
    (
        "consumer {} holds {} of provider {}, which has none",
        Query(
            sa.select(_a.consumer_id, _a.resource_class, _a.provider_id)
            .select_from(
                ALLOCATIONS.table.outerjoin(
                    INVENTORIES.table,
                    sa.and_(_i.provider_id == _a.provider_id, _i.resource_class == _a.resource_class),
                )
            )
            .where(_i.provider_id.is_(None))
        ),
    ),
    (
        "{} of provider {} is held by consumer {}, which is not there",
        Query(
            sa.select(_a.resource_class, _a.provider_id, _a.consumer_id)
            .select_from(ALLOCATIONS.table.outerjoin(CONSUMERS.table, _k.id == _a.consumer_id))
            .where(_k.id.is_(None))
        ),
    ),
    (
        "consumer {} is there and holds nothing",
        Query(
            sa.select(_k.id)
            .select_from(CONSUMERS.table.outerjoin(ALLOCATIONS.table, _a.consumer_id == _k.id))
            .where(_a.consumer_id.is_(None))
        ),
    ),
    (
        "{} is had by provider {}, which is not there",
        Query(
            sa.select(_i.resource_class, _i.provider_id)
            .select_from(INVENTORIES.table.outerjoin(PROVIDERS.table, _p.id == _i.provider_id))
            .where(_p.id.is_(None))
        ),
    ),
    (
        "provider {} is below {}, which is not there or in another tree",
        Query(
            sa.select(_p.id, _p.parent_id)
            .select_from(PROVIDERS.table.outerjoin(_above, _above.c.id == _p.parent_id))
            .where(
                _p.parent_id.is_not(None),
                sa.or_(_above.c.id.is_(None), _above.c.root_id != _p.root_id),
            )
        ),
    ),
    (
        "host {} has provider {}, which is not there",
        Query(
            sa.select(_h.name, _h.provider_id)
            .select_from(HOSTS.table.outerjoin(PROVIDERS.table, _p.id == _h.provider_id))
            .where(_p.id.is_(None))
        ),
    ),
)
"""What can never be, in words with a place for each value of a row, and the rows that say it is so."""
HELD_ON_HOSTS = Query(
    sa.select(_a.consumer_id, _k.kind, _h.name, _a.resource_class, _a.used).select_from(
        ALLOCATIONS.table.join(CONSUMERS.table, _k.id == _a.consumer_id).outerjoin(
            HOSTS.table, _h.provider_id == _a.provider_id
        )
    )
)
PLACEABLE = Query(
    sa.select(
        _h.name, _h.provider_id, _h.is_enabled, _h.is_forced_down, _h.last_seen_at, _h.zone,
        _h.disabled_reason, _p.traits, _p.aggregates,
    ).select_from(HOSTS.table.join(PROVIDERS.table, _p.id == _h.provider_id)).order_by(_h.name)
)  # fmt: skip
UP = Query(
    sa.select(_h.name, _h.zone, _h.is_enabled)
    .where(_h.is_forced_down.is_(sa.false()), _h.last_seen_at > sa.bindparam("since", type_=sa.Text))
    .order_by(_h.name)
)


@cache
def up_with(interface: str) -> Query:
    """Those of `UP` whose agent has a driver for the interface."""
    return Query(
        sa.select(_h.name, _h.zone, _h.is_enabled)
        .where(_h.is_forced_down.is_(sa.false()), _h.last_seen_at > sa.bindparam("since", type_=sa.Text))
        .where(text_at(_h.report, "drivers", interface).is_not(None))
        .order_by(_h.name)
    )


ZONES = Query(sa.select(_h.zone).distinct())
SEEN = Query(
    sa.update(HOSTS.table)
    .where(among(_h.name, "names"))
    .values(last_seen_at=sa.bindparam("now", type_=sa.Text))
)
ROOM = Query(
    sa.select(_i.provider_id, _i.resource_class, _i.total, _i.reserved, _i.allocation_ratio, _i.used)
)
PROJECT_USAGE = Query(
    sa.select(_k.kind, _k.id, _k.user_id, _a.resource_class, _a.used)
    .select_from(ALLOCATIONS.table.join(CONSUMERS.table, _k.id == _a.consumer_id))
    .where(_k.project_id == sa.bindparam("project", type_=sa.Text))
)


@lru_cache(maxsize=32)
def fitting(classes: tuple[str, ...], most: int) -> Query:
    """The hosts with room for an amount of each of these classes, as PLACEABLE has them, fullest last.

    `amount_0` is of the first class, and so on. How much of what is scarcest would stay free decides,
    as in `model.placing.weight`.
    """
    joined = HOSTS.table.join(PROVIDERS.table, _p.id == _h.provider_id)
    columns: list[sa.ColumnElement] = []
    shares = []
    for number, name in enumerate(classes):
        of = INVENTORIES.table.alias(f"of_{number}")
        amount = sa.bindparam(f"amount_{number}", type_=sa.BigInteger)
        has = (of.c.total - of.c.reserved) * of.c.allocation_ratio
        joined = joined.join(
            of,
            sa.and_(
                of.c.provider_id == _h.provider_id,
                of.c.resource_class == sa.literal_column(f"'{name}'"),
                has - of.c.used >= amount,
            ),
        )
        columns += [has, of.c.used]
        shares.append((has - of.c.used - amount) * 1.0 / has)
    least = shares[0]
    for share in shares[1:]:
        least = sa.case((share < least, share), else_=least)
    return Query(
        sa.select(
            _h.name, _h.provider_id, _h.is_enabled, _h.is_forced_down, _h.last_seen_at, _h.zone,
            _h.disabled_reason, _p.traits, _p.aggregates, *columns,
        )
        .select_from(joined)
        .where(
            _h.is_enabled.is_(sa.true()),
            _h.is_forced_down.is_(sa.false()),
            _h.last_seen_at > sa.bindparam("since", type_=sa.Text),
        )
        .order_by(least.desc(), _h.name)
        .limit(most)
    )  # fmt: skip


async def claim(
    tx: Tx, consumer: Consumer, wanted: Mapping[str, Mapping[str, int]], *, replace: bool = True
) -> None:
    """The consumer holds exactly `wanted` (provider -> class -> amount); NoCapacity changes nothing."""
    if replace:
        await release(tx, consumer.id)
    for provider, resources in wanted.items():
        for resource_class, amount in sorted(resources.items()):
            taken = await tx.run(TAKE, provider=provider, class_=resource_class, amount=amount)
            if not taken:
                raise errors.NoCapacity(resource=resource_class, id=provider)
            await ALLOCATIONS.add(tx, Allocation(consumer.id, provider, resource_class, amount))
    if any(wanted.values()):
        await CONSUMERS.add(tx, consumer)


async def take_over(tx: Tx, consumer_id: str, heir: Consumer) -> None:
    """The heir holds exactly what the consumer held; nothing changes if that was nothing."""
    held = await ALLOCATIONS.find(tx, consumer_id=consumer_id)
    if not held:
        return
    await release(tx, heir.id)
    await ALLOCATIONS.remove(tx, consumer_id=consumer_id)
    await CONSUMERS.remove(tx, id=consumer_id)
    for each in held:
        await ALLOCATIONS.add(tx, Allocation(heir.id, each.provider_id, each.resource_class, each.used))
    await CONSUMERS.add(tx, heir)


async def release(tx: Tx, consumer_id: str) -> None:
    """The consumer holds nothing."""
    held = await ALLOCATIONS.find(tx, consumer_id=consumer_id)
    for each in held:
        await tx.run(GIVE_BACK, provider=each.provider_id, class_=each.resource_class, amount=each.used)
    if held:
        await ALLOCATIONS.remove(tx, consumer_id=consumer_id)
    await CONSUMERS.remove(tx, id=consumer_id)
