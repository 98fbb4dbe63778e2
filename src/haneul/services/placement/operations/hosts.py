"""Hosts: what their agents report, and whether they may be used."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.ids import new_id
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.placement.events import HostsAppeared
from haneul.services.placement.model.placing import Candidate, Decision, Wish, decide
from haneul.services.placement.model.providers import Host, Inventory, Provider, UpHost
from haneul.services.placement.store.providers import (
    HOSTS,
    INVENTORIES,
    PLACEABLE,
    PROVIDERS,
    ROOM,
    SEEN,
    UP,
    fitting,
    up_with,
)

CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")
"""Those by which the emptiest hosts are found without looking at all."""
SILENT_AFTER_S = 60
EMPTIEST = 64
"""How many hosts with room are looked at before all are."""
RATIOS = {"VCPU": 4.0, "MEMORY_MB": 1.0, "DISK_GB": 1.0}
"""Allocation ratios of a new host: Nova's initial_cpu_allocation_ratio, and so on."""


def is_up(host: Host, now: datetime) -> bool:
    """Whether the host's agent spoke lately, and nobody says that the host is down."""
    return not host.is_forced_down and now - host.last_seen_at < timedelta(seconds=SILENT_AFTER_S)


def _alive_since(ctx: Context) -> str:
    oldest: str = HOSTS.value("last_seen_at", ctx.now() - timedelta(seconds=SILENT_AFTER_S))
    return oldest


async def up(ctx: Context, interface: str | None = None) -> list[UpHost]:
    """The hosts that can be called (for that interface), by name; their reports are not read."""
    query = UP if interface is None else up_with(interface)
    rows = await ctx.tx.all(query, since=_alive_since(ctx))
    return [UpHost(name, zone, bool(is_enabled)) for name, zone, is_enabled in rows]


async def report(ctx: Context, reports: list[dict[str, Any]]) -> None:
    """Take in what agents say of their hosts; each has the fields of `HostReport`."""
    same: list[str] = []
    appeared = False
    known = {h.name: h for h in await HOSTS.among(ctx.tx, "name", [r["name"] for r in reports])}
    for report in reports:
        each = {k: v for k, v in report.items() if k != "states"}
        host = known.get(each["name"])
        appeared = appeared or host is None or each.get("agent_id") != host.report.get("agent_id")
        if host is None:
            await _add(ctx, each)
            continue
        if each == host.report:
            same.append(host.name)
            continue
        if each.get("resources") != host.report.get("resources"):
            await _inventory(ctx, host.provider_id, each)
        await HOSTS.update(
            ctx.tx,
            msgspec.structs.replace(host, last_seen_at=ctx.now(), report=each),
        )
    if same:
        names = msgspec.json.encode(same).decode()
        await ctx.tx.run(SEEN, names=names, now=HOSTS.value("last_seen_at", ctx.now()))
    if appeared:
        ctx.tx.after_commit(lambda: ctx.platform.bus.publish(HostsAppeared()))


async def _add(ctx: Context, report: dict[str, Any]) -> None:
    now, id = ctx.now(), new_id()
    traits = sorted(report.get("traits", ()))
    await PROVIDERS.add(ctx.tx, Provider(id, report["name"], None, id, traits, [], now, now))
    await HOSTS.add(
        ctx.tx,
        Host(report["name"], new_id(), id, DEFAULT_ZONE, True, None, False, now, now, report),
    )
    await _inventory(ctx, id, report)


async def _inventory(ctx: Context, provider_id: str, report: dict[str, Any]) -> None:
    """The provider has what the host reports; ratios and reserves that were set stay, and so does what the
    report is silent of, as one of an older agent is."""
    totals: dict[str, int] = report.get("resources") or {}
    have = {i.resource_class: i for i in await INVENTORIES.find(ctx.tx, provider_id=provider_id)}
    for name, total in totals.items():
        if name in have:
            await INVENTORIES.update(
                ctx.tx, msgspec.structs.replace(have[name], total=total, max_unit=max(total, 1))
            )
        elif total > 0:
            reserved = 512 if name == "MEMORY_MB" and total > 4096 else 0
            await INVENTORIES.add(
                ctx.tx,
                Inventory(provider_id, name, total, reserved, 1, total, 1, RATIOS.get(name, 1.0)),
            )


async def choose(ctx: Context, wish: Wish) -> tuple[Decision, str | None]:
    """The decision, and the provider of the chosen host.

    The emptiest hosts that have room are tried first, which the store finds by itself. Only if none of
    them will do, or they are not many, every host is looked at: a decision that chose among thousands
    needs no list of all that it did not look at, one that found nothing does.
    """
    emptiest = await _emptiest(ctx, wish)
    if len(emptiest) == EMPTIEST:
        decision = decide(emptiest, wish)
        if decision.chosen is not None:
            return decision, _provider(emptiest, decision.chosen)
    everyone = await candidates(ctx)
    decision = decide(everyone, wish)
    return decision, _provider(everyone, decision.chosen)


def _provider(among: list[Candidate], host: str | None) -> str | None:
    return next((c.provider_id for c in among if c.host == host), None)


async def _emptiest(ctx: Context, wish: Wish) -> list[Candidate]:
    classes = tuple(c for c in CLASSES if wish.resources.get(c))
    if not classes or len(classes) != len(wish.resources) or wish.host is not None:
        return []
    amounts = {f"amount_{n}": wish.resources[c] for n, c in enumerate(classes)}
    choices = []
    for row in await ctx.tx.all(fitting(classes, EMPTIEST), since=_alive_since(ctx), **amounts):
        name, provider, is_enabled, _, _, zone, reason, traits, aggregates, *room = row
        capacity = {c: int(has) for c, has in zip(classes, room[::2], strict=True)}
        free = {c: capacity[c] - used for c, used in zip(classes, room[1::2], strict=True)}
        named = _names(traits), _names(aggregates)
        choices.append(
            Candidate(name, provider, True, bool(is_enabled), zone, free, capacity, *named, reason)
        )
    return choices


async def candidates(ctx: Context) -> list[Candidate]:
    """Every host as placing sees it, in two queries."""
    alive_since = _alive_since(ctx)
    free: dict[str, dict[str, int]] = {}
    capacity: dict[str, dict[str, int]] = {}
    for provider, resource, total, reserved, ratio, used in await ctx.tx.all(ROOM):
        has = int((total - reserved) * ratio)
        capacity.setdefault(provider, {})[resource] = has
        free.setdefault(provider, {})[resource] = has - used
    choices = []
    for row in await ctx.tx.all(PLACEABLE):
        name, provider, is_enabled, is_forced_down, last_seen_at, zone, reason, traits, aggregates = row
        choices.append(
            Candidate(
                name,
                provider,
                not is_forced_down and last_seen_at > alive_since,
                bool(is_enabled),
                zone,
                free.get(provider, {}),
                capacity.get(provider, {}),
                _names(traits),
                _names(aggregates),
                reason,
            )
        )
    return choices


def _names(text: str) -> frozenset[str]:
    """A stored list of names; hosts have the same ones, mostly, so short lists are read once."""
    return _known_names(text) if len(text) <= 1024 else _names_in(text)


def _names_in(text: str) -> frozenset[str]:
    return frozenset(msgspec.json.decode(text, type=list[str]))


_known_names = lru_cache(maxsize=4096)(_names_in)
