"""Hosts as operators see them: what they have, what uses it, and whether servers may be placed there."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.compute import errors, versions
from haneul.services.compute.store.servers import names_by_host
from haneul.services.placement import public as placement

CONTROL = {"nova-conductor": "conductor", "nova-scheduler": "scheduler"}
CONTROL_HOST, CONTROL_ZONE = "control-plane", "internal"
CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")


class HostView(msgspec.Struct, frozen=True):
    """A host with what it has and what of that is used, by resource class."""

    host: placement.Host
    is_up: bool
    total: dict[str, int]
    used: dict[str, int]
    servers: builtins.list[tuple[str, str]]
    """(id, name) of each server."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What its hypervisor says of it."""
        return self.host.facts("hypervisor")

    @property
    def id(self) -> str:
        """As placement knows it too: by the id of a hypervisor people ask there for what it has."""
        return self.host.provider_id

    @property
    def number(self) -> int:
        return number(self.id)


class Service(msgspec.Struct, frozen=True):
    """A nova-compute of a host, or a part of the control plane."""

    id: str
    binary: str
    host: str
    zone: str
    is_enabled: bool
    disabled_reason: str | None
    is_up: bool
    is_forced_down: bool
    updated_at: datetime


def number(id: str) -> int:
    """The integer that clients of before 2.53 know the thing by: the same at each call."""
    return int(id.replace("-", "")[:7], 16) + 1


async def list(ctx: Context) -> builtins.list[HostView]:
    """Every host by name, in three queries."""
    inventories = await placement.inventories(ctx)
    servers = await names_by_host(ctx.tx)
    views = []
    for host in await placement.hosts(ctx, "hypervisor"):
        have = inventories.get(host.provider_id, {})
        views.append(
            HostView(
                host,
                placement.is_up(host, ctx.now()),
                {c: have[c].total if c in have else 0 for c in CLASSES},
                {c: have[c].used if c in have else 0 for c in CLASSES},
                servers.get(host.name, []),
            )
        )
    return views


async def show(ctx: Context, id: str) -> HostView:
    """The host with that id, or that number for old clients."""
    by_uuid = ctx.wants(versions.SERVICES_HAVE_UUIDS)
    for each in await list(ctx):
        if (each.id if by_uuid else str(each.number)) == id:
            return each
    raise errors.HostNotFound(host=id)


async def find(ctx: Context, name: str) -> placement.Host:
    """The host of that name, up or not; HostNotFound if there is none."""
    host = await placement.host(ctx, name)
    if host is None:
        raise errors.HostNotFound(host=name)
    return host


async def services(ctx: Context) -> builtins.list[Service]:
    """The control plane's parts, which live as long as it answers, and the nova-compute of every host."""
    now = ctx.now()
    parts = [
        Service(
            f"00000000-0000-4000-8000-{n:012d}",
            binary,
            CONTROL_HOST,
            CONTROL_ZONE,
            True,
            None,
            True,
            False,
            now,
        )
        for n, binary in enumerate(CONTROL, 1)
    ]
    return parts + [_service(h, now) for h in await placement.hosts(ctx, "hypervisor")]


def _service(host: placement.Host, now: datetime) -> Service:
    return Service(
        host.id,
        "nova-compute",
        host.name,
        host.zone,
        host.is_enabled,
        host.disabled_reason,
        placement.is_up(host, now),
        host.is_forced_down,
        host.updated_at if host.updated_at > host.last_seen_at else host.last_seen_at,
    )


async def host_of_service(ctx: Context, id: str) -> placement.Host:
    """The host whose nova-compute this is; 400 for parts of the control plane."""
    for each in await placement.hosts(ctx, "hypervisor"):
        if (each.id if ctx.wants(versions.SERVICES_HAVE_UUIDS) else str(number(each.id))) == id:
            return each
    if any(id in (s.id, str(number(s.id))) for s in await services(ctx)):
        raise BadRequest("Parts of the control plane cannot be changed.")
    raise errors.ServiceNotFound(id=id)


async def change(ctx: Context, host: placement.Host, **changes: Any) -> Service:
    """Write changes of a host: `is_enabled`, `disabled_reason`, `is_forced_down`."""
    changed = msgspec.structs.replace(host, updated_at=ctx.now(), **changes)
    return _service(await placement.save_host(ctx, changed), ctx.now())


async def delete(ctx: Context, id: str) -> None:
    """Forget a host that is down and has no servers."""
    host = await host_of_service(ctx, id)
    if any(h.host.name == host.name and h.servers for h in await list(ctx)):
        raise errors.ServiceInUse("Unable to delete compute service that is hosting instances.")
    if placement.is_up(host, ctx.now()):
        raise errors.ServiceInUse(f"Unable to delete compute service on {host.name}: it is up.")
    await placement.remove_host(ctx, host)


async def zones(ctx: Context) -> dict[str, builtins.list[Service]]:
    """The services of each availability zone."""
    by_zone: dict[str, builtins.list[Service]] = {CONTROL_ZONE: [], DEFAULT_ZONE: []}
    for each in await services(ctx):
        by_zone.setdefault(each.zone, []).append(each)
    if len(by_zone) > 2 and not by_zone[DEFAULT_ZONE]:
        del by_zone[DEFAULT_ZONE]
    return by_zone
