"""Volumes and snapshots that operators put beside those of a host become this cloud's, and the other way round."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import ManagesVolumes
from haneul.services.block_storage.model.services import VOLUME, host_of
from haneul.services.block_storage.model.snapshots import Snapshot
from haneul.services.block_storage.model.volumes import ZONE, Volume, location, require_ungrouped
from haneul.services.block_storage.operations import type_encryptions, types, volumes
from haneul.services.block_storage.sagas import manage_snapshot, manage_volume
from haneul.services.block_storage.store.quotas import require_quota
from haneul.services.block_storage.store.services import unusable
from haneul.services.block_storage.store.volumes import SNAPSHOTS, VOLUMES
from haneul.services.placement import public as placement

SOURCE_NAME = "source-name"
"""By which a reference names what is to be managed."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become a volume, and how it is called then."""

    host: str
    reference: str
    name: str | None = None
    description: str | None = None
    type: str | None = None
    zone: str | None = None
    metadata: dict[str, str] = {}
    bootable: bool = False


class Manageable(msgspec.Struct, frozen=True):
    """What lies beside the volumes of a host."""

    name: str
    size_gb: int


async def _host(ctx: Context, name: str) -> str:
    """The host of that name, or of a place on it.

    ServiceNotFound if there is none, ServiceUnavailable if it is not up, or takes nothing.
    """
    host = host_of(name)
    if host not in {h.name for h in await placement.hosts(ctx, "volumes")}:
        raise errors.ServiceNotFound(name=VOLUME, host=name)
    up = {h.name for h in await placement.hosts_up(ctx, "volumes")}
    if host not in up or host in await unusable(ctx.tx, VOLUME):
        raise errors.ServiceUnavailable
    return host


async def volumes_beside(ctx: Context, host: str) -> list[Manageable]:
    """What may become volumes. Calls a host: no transaction may be open."""
    async with ctx.in_reading() as reading:
        name = await _host(reading, host)
    names = await ctx.agent(name, ManagesVolumes).manageable_volumes()
    return [Manageable(n, size) for n, size in sorted(names.items())]


async def snapshots_beside(ctx: Context, host: str) -> list[Manageable]:
    """What may become snapshots. Calls a host: no transaction may be open."""
    async with ctx.in_reading() as reading:
        name = await _host(reading, host)
    names = await ctx.agent(name, ManagesVolumes).manageable_snapshots()
    return [Manageable(n, size) for n, size in sorted(names.items())]


async def manage_a_volume(ctx: Context, new: Wish) -> Volume:
    """Accept that what has that name on the host becomes a volume."""
    if new.zone is not None and new.zone != ZONE:
        raise errors.InvalidInput(reason=f"Availability zone '{new.zone}' is invalid.")
    host = await _host(ctx, new.host)
    kind = await types.named(ctx, new.type) if new.type else await types.default(ctx)
    await type_encryptions.require_plain(ctx, kind)
    await require_quota(ctx, volumes=1)
    made = Volume(
        id=ctx.new_id(),
        project_id=ctx.project_id,
        user_id=ctx.user_id,
        name=new.name,
        description=new.description,
        size=0,  # until the host says it
        settled="error_managing",
        type_id=kind.id,
        availability_zone=ZONE,
        host=location(host),
        bootable=new.bootable,
        readonly=False,
        multiattach="<is> True" in kind.extra_specs.get("multiattach", ""),
        snapshot_id=None,
        source_id=None,
        image_id=None,
        owner_id=None,
        dies_with_owner=False,
        metadata=new.metadata,
        image_metadata={},
        fault=None,
        created_at=ctx.now(),
        updated_at=None,
    )
    await VOLUMES.add(ctx.tx, made)
    foundling = manage_volume.Foundling(made.id, host, new.reference)
    await ctx.start(manage_volume.MANAGE_VOLUME, foundling, resource=made.id)
    return made


async def release_volume(ctx: Context, volume: Volume) -> None:
    """Accept that the volume is this cloud's no longer; its content stays on its host."""
    await volumes.require_free(ctx, volume)
    require_ungrouped(volume)
    if await SNAPSHOTS.count(ctx.tx, volume_id=volume.id):
        raise errors.InvalidVolume(reason=f"Volume {volume.id} must not have snapshots to be unmanaged.")
    await ctx.start(manage_volume.UNMANAGE_VOLUME, manage_volume.Released(volume.id), resource=volume.id)


async def manage_a_snapshot(
    ctx: Context,
    volume: Volume,
    reference: str,
    *,
    name: str | None,
    description: str | None,
    metadata: dict[str, str],
) -> Snapshot:
    """Accept that what has that name on the volume's host becomes a snapshot of it."""
    if volume.host is None:
        raise errors.InvalidVolume(reason=f"Volume {volume.id} is on no host.")
    host = await _host(ctx, volume.host)
    await require_quota(ctx, snapshots=1, gigabytes=volume.size)
    made = Snapshot(
        id=ctx.new_id(),
        volume_id=volume.id,
        project_id=ctx.project_id,
        user_id=ctx.user_id,
        name=name,
        description=description,
        size=volume.size,
        settled="error",
        type_id=volume.type_id,
        host=volume.host,
        metadata=metadata,
        fault=None,
        created_at=ctx.now(),
        updated_at=None,
    )
    await SNAPSHOTS.add(ctx.tx, made)
    foundling = manage_snapshot.Foundling(made.id, host, reference)
    await ctx.start(manage_snapshot.MANAGE_SNAPSHOT, foundling, resource=made.id)
    return made


async def release_snapshot(ctx: Context, snapshot: Snapshot) -> None:
    """Accept that the snapshot is this cloud's no longer; its content stays on its host."""
    if snapshot.status != "available" or snapshot.group_snapshot_id is not None:
        raise errors.InvalidSnapshot(
            reason=f"Snapshot {snapshot.id} must be available and not part of a group to be unmanaged."
        )
    released = manage_snapshot.Released(snapshot.id)
    await ctx.start(manage_snapshot.UNMANAGE_SNAPSHOT, released, resource=snapshot.id)
