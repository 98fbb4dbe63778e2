"""Hosts: what their agents report, and whether they may be used."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.ids import new_id
from haneul.services.placement.model.placing import Candidate
from haneul.services.placement.model.providers import Host, Inventory, Provider
from haneul.services.placement.store.providers import HOSTS, INVENTORIES, PLACEABLE, PROVIDERS, ROOM

MEASURES = {"VCPU": "vcpus", "MEMORY_MB": "memory_mib", "DISK_GB": "disk_gb"}
"""Which field of a report measures which resource class."""
SILENT_AFTER_S = 60
RATIOS = {"VCPU": 4.0, "MEMORY_MB": 1.0, "DISK_GB": 1.0}
"""Allocation ratios of a new host: Nova's initial_cpu_allocation_ratio, and so on."""


def is_up(host: Host, now: datetime) -> bool:
    return not host.is_forced_down and now - host.last_seen_at < timedelta(seconds=SILENT_AFTER_S)


async def report(ctx: Context, reports: list[dict[str, Any]]) -> None:
    """Take in what agents say of their hosts; each has the fields of `HostReport`."""
    known = {h.name: h for h in await HOSTS.among(ctx.tx, "name", [r["name"] for r in reports])}
    for report in reports:
        each = {k: v for k, v in report.items() if k != "power_states"}
        host = known.get(each["name"])
        if host is None:
            await _add(ctx, each)
            continue
        if any(each.get(k) != host.report.get(k) for k in MEASURES.values()):
            await _inventory(ctx, host.provider_id, each)
        await HOSTS.update(
            ctx.tx,
            msgspec.structs.replace(host, last_seen_at=ctx.now(), report=each),
        )


async def _add(ctx: Context, report: dict[str, Any]) -> None:
    now, id = ctx.now(), new_id()
    traits = sorted(report.get("traits", ()))
    await PROVIDERS.add(ctx.tx, Provider(id, report["name"], None, id, traits, [], now, now))
    await HOSTS.add(
        ctx.tx,
        Host(report["name"], new_id(), id, "nova", True, None, False, now, now, report),
    )
    await _inventory(ctx, id, report)


async def _inventory(ctx: Context, provider_id: str, report: dict[str, Any]) -> None:
    """The provider has what the host reports; ratios and reserves that were set stay."""
    totals = {name: int(report.get(field) or 0) for name, field in MEASURES.items()}
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
                Inventory(provider_id, name, total, reserved, 1, total, 1, RATIOS[name]),
            )


async def candidates(ctx: Context) -> list[Candidate]:
    """Every host as placing sees it, in two queries."""
    alive_since = HOSTS.value("last_seen_at", ctx.now() - timedelta(seconds=SILENT_AFTER_S))
    free: dict[str, dict[str, int]] = {}
    capacity: dict[str, dict[str, int]] = {}
    for provider, resource, total, reserved, ratio, used in await ctx.tx.all(ROOM):
        has = int((total - reserved) * ratio)
        capacity.setdefault(provider, {})[resource] = has
        free.setdefault(provider, {})[resource] = has - used
    found = []
    for row in await ctx.tx.all(PLACEABLE):
        name, provider, is_enabled, is_forced_down, last_seen_at, zone, reason, traits, aggregates = row
        found.append(
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
    return found


@lru_cache(maxsize=4096)
def _names(text: str) -> frozenset[str]:
    """A stored list of names; hosts have the same ones, mostly."""
    return frozenset(msgspec.json.decode(text, type=list[str]))
