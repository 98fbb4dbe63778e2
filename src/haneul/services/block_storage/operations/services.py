"""Services as operators see them: enabled, disabled, frozen and thawed; hosts, and what is on them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

import msgspec

from haneul.kernel.context import Context
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.model import services as model
from haneul.services.block_storage.model.services import Service, ServiceState, host_of
from haneul.services.block_storage.model.snapshots import Snapshot
from haneul.services.block_storage.model.volumes import BACK_END, Volume, location
from haneul.services.block_storage.store.services import STATES
from haneul.services.block_storage.store.volumes import SNAPSHOTS, VOLUMES
from haneul.services.placement import public as placement

MOST_LOGGERS = 1000


async def list_all(ctx: Context, *, host: str | None = None, binary: str | None = None) -> list[Service]:
    """The scheduler, and of each host the services that keep volumes and backups."""
    now = ctx.now()
    states = {(s.binary, s.host): s for s in await STATES.find(ctx.tx)}
    services = [_service(states, model.SCHEDULER, model.HERE, now, is_up=True)]
    for interface, name, suffix in (("volumes", model.VOLUME, f"@{BACK_END}"), ("backups", model.BACKUP, "")):
        services += [
            _service(states, name, h.name + suffix, h.last_seen_at, is_up=placement.is_up(h, now))
            for h in await placement.hosts(ctx, interface)
        ]
    return [
        s for s in services if host in (None, s.host, s.host.split("@")[0]) and binary in (None, s.binary)
    ]


def _service(
    states: dict[tuple[str, str], ServiceState], binary: str, host: str, at: datetime | None, *, is_up: bool
) -> Service:
    state = states.get((binary, host))
    return Service(
        binary=binary,
        host=host,
        is_enabled=state is None or not state.is_disabled,
        is_up=is_up,
        is_frozen=state is not None and state.is_frozen,
        reason=state.reason if state is not None else None,
        seen_at=at,
    )


async def _show(ctx: Context, binary: str, host: str) -> Service:
    for service in await list_all(ctx, binary=binary):
        if service.host == host or (service.binary == model.VOLUME and host_of(service.host) == host):
            return service
    raise errors.ServiceNotFound(name=binary, host=host)


async def _save(ctx: Context, service: Service, **changes: bool | str | None) -> None:
    state = await STATES.get(ctx.tx, service.binary, service.host)
    if state is None:
        state = ServiceState(service.binary, service.host, False, None, False, ctx.now())
    await STATES.put(ctx.tx, msgspec.structs.replace(state, changed_at=ctx.now(), **changes))


async def enable(ctx: Context, binary: str, host: str) -> None:
    """The service takes new things again."""
    await _save(ctx, await _show(ctx, binary, host), is_disabled=False, reason=None)


async def disable(ctx: Context, binary: str, host: str, reason: str | None = None) -> None:
    """The service takes nothing new; what it has goes on."""
    await _save(ctx, await _show(ctx, binary, host), is_disabled=True, reason=reason)


async def freeze(ctx: Context, host: str, *, is_frozen: bool) -> None:
    """What the host keeps is neither added to nor taken from, or is again."""
    ctx.authorize(policy.FREEZE_HOST if is_frozen else policy.THAW_HOST, {})
    service = await _backend(ctx, host)
    if service.is_frozen == is_frozen:
        raise errors.InvalidInput(
            reason=f"Frozen must be {not is_frozen} on host {service.host}, but it is {is_frozen}."
        )
    await _save(ctx, service, is_frozen=is_frozen)


async def fail_over(ctx: Context, host: str) -> None:
    """Raise InvalidInput: no host here has a copy elsewhere."""
    ctx.authorize(policy.FAIL_HOST_OVER, {})
    service = await _backend(ctx, host)
    raise errors.InvalidInput(
        reason=f"Host {service.host} is not replicated: there is nothing to fail over to."
    )


async def _backend(ctx: Context, host: str) -> Service:
    try:
        return await _show(ctx, model.VOLUME, host)
    except errors.ServiceNotFound as missing:
        raise errors.InvalidInput(reason=missing.text) from None


# -- what is on a host


class Load(msgspec.Struct, frozen=True):
    """How much a project, or all of them, has on a host."""

    project: str
    volumes: int
    volume_gb: int
    snapshots: int
    snapshot_gb: int


async def load(ctx: Context, host: str) -> list[Load]:
    """What each project has on the host, after what all have together."""
    service = await _show(ctx, model.VOLUME, host)
    places = [location(host_of(service.host))]
    volumes = await VOLUMES.among(ctx.tx, "host", places)
    snapshots = await SNAPSHOTS.among(ctx.tx, "host", places)
    projects = sorted({v.project_id for v in volumes} | {s.project_id for s in snapshots})
    each = [
        Load(
            project,
            *_sums([v for v in volumes if v.project_id == project]),
            *_sums([s for s in snapshots if s.project_id == project]),
        )
        for project in projects
    ]
    return [Load("(total)", *_sums(volumes), *_sums(snapshots)), *each]


def _sums(things: Sequence[Volume] | Sequence[Snapshot]) -> tuple[int, int]:
    return len(things), sum(t.size for t in things)


# -- what is logged


def log_levels(prefix: str) -> dict[str, str]:
    """The levels of this process's loggers whose names begin so."""
    names = sorted(name for name in logging.Logger.manager.loggerDict if name.startswith(prefix))
    return {
        name: logging.getLevelName(logging.getLogger(name).getEffectiveLevel())
        for name in names[:MOST_LOGGERS]
    }


def set_log_levels(prefix: str, level: str) -> None:
    """Those loggers say what is of that level, and above."""
    for name in log_levels(prefix):
        logging.getLogger(name).setLevel(level)
