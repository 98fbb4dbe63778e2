"""Create a volume: choose where it lives, make it there with its content, let it be used."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import (
    Backups,
    FromImage,
    FromSnapshot,
    FromVolume,
    OpensVolumes,
    Volumes,
    VolumeSource,
)
from haneul.services.block_storage.model.backups import Backup
from haneul.services.block_storage.model.capabilities import misses
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.model.services import VOLUME
from haneul.services.block_storage.model.volumes import Volume, host_name, location, settled_after
from haneul.services.block_storage.store.backups import BACKUPS
from haneul.services.block_storage.store.groups import GROUPS
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.services import unusable
from haneul.services.block_storage.store.types import TYPES
from haneul.services.block_storage.store.volumes import ATTACHMENTS, SNAPSHOTS, VOLUMES
from haneul.services.image import public as image
from haneul.services.placement import public as placement


class NewVolume(msgspec.Struct, frozen=True):
    volume_id: str
    together_with: list[str] = []
    apart_from: list[str] = []
    backup_id: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """Where the volume is made, and of what."""

    host: str
    size_gb: int
    source: VolumeSource | None
    backup: str | None = None
    """As the store of that host knows it."""


class Made(msgspec.Struct, frozen=True):
    """What the volume takes over beside its content."""

    notes: dict[str, Any] = {}


async def place(ctx: Context, new: NewVolume) -> Plan:
    """The volume has a host: that of what it is copied from, or the first that may be used."""
    volume = await _volume(ctx, new.volume_id)
    source, host = await _source(ctx, volume)
    backup = await _backup(ctx, new.backup_id) if new.backup_id else None
    if backup is not None:
        host = backup.host
    if host is None and volume.group_id is not None:
        group = await GROUPS.get(ctx.tx, volume.group_id)
        host = group.host.split("@")[0] if group is not None and group.host else None
    if host is None:
        near, far = (
            await _hosts_of(ctx, volume, new.together_with),
            await _hosts_of(ctx, volume, new.apart_from),
        )
        kind = await TYPES.get(ctx.tx, volume.type_id)
        if missed := misses(kind.extra_specs if kind is not None else {}):
            raise errors.NoBackEnd(reason=f"None has what the volume's type asks for with {missed}.")
        host = await _free_host(ctx, near, far)
    await VOLUMES.update(ctx.tx, msgspec.structs.replace(volume, host=location(host)))
    return Plan(host, volume.size, source, backup.stored_as if backup else None)


async def unplace(ctx: Context, new: NewVolume) -> None:
    """The volume is on no host."""
    volume = await VOLUMES.get(ctx.tx, new.volume_id)
    if volume is not None and volume.host is not None:
        await VOLUMES.update(ctx.tx, msgspec.structs.replace(volume, host=None))


async def make(ctx: Context, new: NewVolume, plan: Plan) -> Made:
    """The host has the volume, with what its source holds."""
    await ctx.agent(plan.host, Volumes).ensure_volume(new.volume_id, plan.size_gb, plan.source)
    if plan.backup is None:
        return Made()
    backups = ctx.agent(plan.host, Backups)
    stored = await backups.stored(plan.backup)
    path = await ctx.agent(plan.host, OpensVolumes).open_for_writing(new.volume_id)
    await backups.restore(plan.backup, path)
    return Made(stored.notes)


async def unmake(ctx: Context, new: NewVolume, plan: Plan) -> None:
    """The host has no such volume."""
    await ctx.agent(plan.host, Volumes).ensure_gone(new.volume_id)


async def mark_available(ctx: Context, new: NewVolume, made: Made | None) -> None:
    """The volume may be used; a server that it was made for has reserved it already."""
    volume = await _volume(ctx, new.volume_id)
    held = await ATTACHMENTS.find(ctx.tx, volume_id=volume.id)
    settled = settled_after(msgspec.structs.replace(volume, settled="available"), held)
    notes = made.notes if made else {}
    await VOLUMES.change(ctx, volume, settled=settled, fault=None, **notes)


async def mark_error(ctx: Context, new: NewVolume, failure: Failure) -> None:
    """The volume shows why it failed, and waits to be deleted."""
    volume = await VOLUMES.get(ctx.tx, new.volume_id)
    if volume is not None:
        await VOLUMES.change(ctx, volume, settled="error", fault=failure.message)
        await tell(ctx, _action(new, volume, failure), new.backup_id or volume.id, volume.project_id)


def _action(new: NewVolume, volume: Volume, failure: Failure) -> Actions:
    """What failed, as its owner is told."""
    if failure.code == errors.NoBackEnd.code:
        return Actions.SCHEDULE
    if new.backup_id:
        return Actions.RESTORE_BACKUP
    return Actions.FROM_IMAGE if volume.image_id else Actions.CREATE_VOLUME


async def _backup(ctx: Context, backup_id: str) -> Backup:
    backup = await BACKUPS.get(ctx.tx, backup_id)
    if backup is None:
        raise errors.BackupNotFound(id=backup_id)
    return backup


async def _volume(ctx: Context, volume_id: str) -> Volume:
    volume = await VOLUMES.get(ctx.tx, volume_id)
    if volume is None:
        raise errors.VolumeNotFound(id=volume_id)
    return volume


async def _source(ctx: Context, volume: Volume) -> tuple[VolumeSource | None, str | None]:
    """What the volume is made of, and the host where that is, if it is on one."""
    if volume.snapshot_id:
        snapshot = await SNAPSHOTS.get(ctx.tx, volume.snapshot_id)
        if snapshot is None or snapshot.host is None:
            raise errors.SnapshotNotFound(id=volume.snapshot_id)
        return FromSnapshot(snapshot.id), snapshot.host.split("@")[0]
    if volume.source_id:
        origin = await _volume(ctx, volume.source_id)
        return FromVolume(origin.id), host_name(origin)
    if volume.image_id:
        source = await image.get(ctx, volume.image_id)
        return FromImage(image.source(ctx, source)), None
    return None, None


async def _hosts_of(ctx: Context, volume: Volume, ids: Sequence[str]) -> set[str]:
    """Where those of these volumes are that its project has."""
    volumes = await VOLUMES.among(ctx.tx, "id", ids, project_id=volume.project_id) if ids else []
    return {host for v in volumes if (host := host_name(v))}


async def _free_host(ctx: Context, near: Set[str], far: Set[str]) -> str:
    """The first that may be used: one of `near`, if there are any, and none of `far`."""
    excluded = {*(ctx.operation.excluded if ctx.operation else ()), *await unusable(ctx.tx, VOLUME)}
    for host in await placement.hosts_up(ctx, "volumes"):
        is_wanted = (not near or host.name in near) and host.name not in far
        if host.is_enabled and is_wanted and host.name not in excluded:
            return host.name
    raise errors.NoBackEnd(reason="No host that keeps volumes is up.")


CREATE_VOLUME = Saga(
    "block_storage.create_volume",
    input=NewVolume,
    steps=[
        Step(place, undo=unplace),
        Step(make, undo=unmake, deadline_s=3600),
        Step(mark_available, joins=True),
    ],
    on_failure=mark_error,
    elsewhere=place,
)
