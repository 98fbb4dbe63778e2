"""What other services may use of placement."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.services.placement.errors import NoCapacity, ProviderHasChildren, ProviderInUse, ProviderNotFound
from haneul.services.placement.events import HostsAppeared
from haneul.services.placement.model.placing import Candidate, Decision, Refusal, Wish
from haneul.services.placement.model.providers import Consumer, Host, Inventory, UpHost
from haneul.services.placement.operations import hosts as _hosts
from haneul.services.placement.operations import providers as _providers
from haneul.services.placement.store import providers as _store

__all__ = [
    "HOST_REFUSALS",
    "Candidate",
    "Decision",
    "Holding",
    "Host",
    "HostsAppeared",
    "Inventory",
    "NoCapacity",
    "Refusal",
    "UpHost",
    "Wish",
    "claim",
    "holdings",
    "holds",
    "host",
    "hosts",
    "hosts_up",
    "inventories",
    "is_up",
    "place",
    "release",
    "remove_host",
    "report",
    "save_host",
    "take_over",
    "zones",
]

HOST_REFUSALS: tuple[type[HaneulError], ...] = (ProviderNotFound, ProviderInUse, ProviderHasChildren)
"""What calls about hosts can fail with: who hands it on to a caller declares it."""

is_up = _hosts.is_up


async def report(ctx: Context, reports: list[dict[str, Any]]) -> None:
    """Take in what agents say of their hosts."""
    await _hosts.report(ctx, reports)


async def hosts(ctx: Context, interface: str | None = None) -> list[Host]:
    """Every host with its report, by name, or those that have the interface: for who shows them all."""
    return [h for h in await _store.HOSTS.find(ctx.tx) if interface is None or h.has(interface)]


async def hosts_up(ctx: Context, interface: str | None = None) -> list[UpHost]:
    """The hosts that can be called, by name; of those, the ones that have the interface."""
    return await _hosts.up(ctx, interface)


async def host(ctx: Context, name: str) -> Host | None:
    """The host of that name; None if no agent ever spoke for it."""
    return await _store.HOSTS.get(ctx.tx, name)


async def zones(ctx: Context) -> set[str]:
    """The availability zones that have hosts."""
    return {zone for (zone,) in await ctx.tx.all(_store.ZONES)}


async def save_host(ctx: Context, host: Host) -> Host:
    """The host is stored so, over the generation that was read."""
    return await _store.HOSTS.update(ctx.tx, host)


async def remove_host(ctx: Context, host: Host) -> None:
    """Forget the host and its provider, if nobody holds anything of it; it comes back if it reports."""
    await _providers.delete(ctx, host.provider_id)
    await _store.HOSTS.remove(ctx.tx, name=host.name)


async def inventories(ctx: Context) -> dict[str, dict[str, Inventory]]:
    """What every provider has: provider id -> class -> inventory."""
    by_provider: dict[str, dict[str, Inventory]] = {}
    for each in await _store.INVENTORIES.find(ctx.tx):
        by_provider.setdefault(each.provider_id, {})[each.resource_class] = each
    return by_provider


async def place(ctx: Context, wish: Wish, consumer: Consumer) -> Decision:
    """Choose a host and claim the room on it, in this transaction; nothing is claimed if none fits."""
    await _store.release(ctx.tx, consumer.id)
    decision, provider = await _hosts.choose(ctx, wish)
    if provider is not None:
        await _store.claim(ctx.tx, consumer, {provider: wish.resources}, replace=False)
    return decision


async def claim(ctx: Context, consumer: Consumer, provider_id: str, resources: dict[str, int]) -> None:
    """The consumer holds exactly this, on that provider."""
    await _store.claim(ctx.tx, consumer, {provider_id: resources})


async def holds(ctx: Context, consumer_id: str) -> bool:
    """Whether the consumer holds anything."""
    return await _store.CONSUMERS.get(ctx.tx, consumer_id) is not None


async def take_over(ctx: Context, consumer_id: str, heir: Consumer) -> None:
    """The heir holds what the consumer held, who holds nothing; what the heir had before is released.

    Nothing changes if the consumer holds nothing.
    """
    await _store.take_over(ctx.tx, consumer_id, heir)


async def release(ctx: Context, consumer_id: str) -> None:
    """The consumer holds nothing; fine if it held nothing."""
    await _store.release(ctx.tx, consumer_id)


class Holding(msgspec.Struct):
    """What a consumer holds, by class, on each host; what it holds of other providers is of the host None."""

    kind: str | None
    on: dict[str | None, dict[str, int]]


async def holdings(ctx: Context) -> dict[str, Holding]:
    """What every consumer holds, by its id."""
    holdings: dict[str, Holding] = {}
    for id, kind, host, resource_class, used in await ctx.tx.all(_store.HELD_ON_HOSTS):
        holding = holdings.setdefault(id, Holding(kind, {}))
        of_host = holding.on.setdefault(host, {})
        of_host[resource_class] = of_host.get(resource_class, 0) + used
    return holdings
