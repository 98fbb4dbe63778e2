"""Volumes: accept, list, change, delete. What takes time is done by sagas."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.model import volumes as model
from haneul.services.block_storage.model.services import host_of, require_thawed
from haneul.services.block_storage.model.types import VolumeType
from haneul.services.block_storage.model.volumes import Attachment, Volume
from haneul.services.block_storage.operations import backups, type_encryptions, types
from haneul.services.block_storage.sagas.create_volume import CREATE_VOLUME, NewVolume
from haneul.services.block_storage.sagas.delete_snapshot import DELETE_SNAPSHOT, OldSnapshot
from haneul.services.block_storage.sagas.delete_volume import DELETE_VOLUME, OldVolume
from haneul.services.block_storage.sagas.extend_volume import EXTEND_VOLUME, LargerVolume
from haneul.services.block_storage.sagas.rewrite_volume import (
    REIMAGE_VOLUME,
    REVERT_VOLUME,
    Reimage,
    Revert,
)
from haneul.services.block_storage.sagas.upload_image import UPLOAD_IMAGE, Upload
from haneul.services.block_storage.store.groups import GROUPS
from haneul.services.block_storage.store.quotas import require_quota
from haneul.services.block_storage.store.services import frozen
from haneul.services.block_storage.store.volumes import ATTACHMENTS, SNAPSHOTS, VOLUMES
from haneul.services.image import public as image
from haneul.services.placement import public as placement

GIB = 1 << 30
TYPE_OF_IMAGE = "cinder_img_volume_type"
"""The property by which an image asks for a volume type."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; at most one of the sources is given."""

    size: int | None = None
    name: str | None = None
    description: str | None = None
    type: str | None = None
    zone: str | None = None
    image_id: str | None = None
    snapshot_id: str | None = None
    source_id: str | None = None
    backup_id: str | None = None
    group_id: str | None = None
    multiattach: bool = False
    metadata: dict[str, str] = {}
    owner_id: str | None = None
    dies_with_owner: bool = False
    together_with: list[str] = []
    """Volumes of whose host it should be..."""
    apart_from: list[str] = []
    """...or not be."""


class _Origin(msgspec.Struct, frozen=True):
    """What the new volume takes over from its source."""

    least_gb: int = 0
    type_id: str | None = None
    bootable: bool = False
    image_metadata: dict[str, str] = {}
    type_name: str | None = None
    """That an image asks for, where the asker does not."""


async def show(ctx: Context, id: str) -> Volume:
    """The volume, if the asker may know of it; VolumeNotFound otherwise."""
    return await ctx.find(VOLUMES, id, policy.ADMIN_OR_OWNER, missing=errors.VolumeNotFound)


async def create(ctx: Context, new: Wish) -> Volume:
    """Accept a new volume; the saga makes it."""
    if sum(x is not None for x in (new.image_id, new.snapshot_id, new.source_id, new.backup_id)) > 1:
        raise errors.InvalidInput("May specify only one of snapshot, source volume, image or backup.")
    if new.zone is not None and new.zone != model.ZONE:
        raise errors.InvalidInput(reason=f"Availability zone '{new.zone}' is invalid.")
    origin = await _origin(ctx, new)
    size = new.size if new.size is not None else origin.least_gb
    if new.size is not None and size < origin.least_gb:
        raise _too_small(new, size, origin.least_gb)
    if size < 1:
        raise errors.InvalidInput(reason=f"Volume size '{size}' must be an integer and greater than 0")
    type = await _type(ctx, new.type or origin.type_name, origin.type_id)
    await type_encryptions.require_plain(ctx, type)
    if new.group_id is not None and not (new.snapshot_id or new.source_id):
        await _require_of_group(ctx, new, type)
    multiattach = new.multiattach or "<is> True" in type.extra_specs.get("multiattach", "")
    if multiattach:
        ctx.authorize(policy.CREATE_MULTIATTACH, {"project_id": ctx.project_id})
    await require_quota(ctx, size=size, volumes=1, gigabytes=size)
    volume = Volume(
        id=ctx.new_id(),
        project_id=ctx.project_id,
        user_id=ctx.user_id,
        name=new.name,
        description=new.description,
        size=size,
        settled="error",  # until it is made: what it is if nobody goes on making it
        type_id=type.id,
        availability_zone=model.ZONE,
        host=None,
        bootable=origin.bootable,
        readonly=False,
        multiattach=multiattach,
        snapshot_id=new.snapshot_id,
        source_id=new.source_id,
        image_id=new.image_id,
        owner_id=new.owner_id,
        dies_with_owner=new.dies_with_owner,
        metadata=new.metadata,
        image_metadata=origin.image_metadata,
        fault=None,
        created_at=ctx.now(),
        updated_at=None,
        group_id=new.group_id,
    )
    await VOLUMES.add(ctx.tx, volume)
    wanted = NewVolume(volume.id, new.together_with, new.apart_from, new.backup_id)
    operation = await ctx.start(CREATE_VOLUME, wanted, resource=volume.id)
    if new.backup_id:
        await backups.note_restoring(ctx, new.backup_id, volume.id, operation)
    return volume


async def _type(ctx: Context, wanted: str | None, inherited: str | None) -> VolumeType:
    if wanted:
        return await types.named(ctx, wanted)
    if inherited:
        return await types.show(ctx, inherited)
    return await types.default(ctx)


async def _require_of_group(ctx: Context, new: Wish, type: VolumeType) -> None:
    group = await ctx.find(GROUPS, new.group_id or "", policy.ADMIN_OR_OWNER, missing=errors.GroupNotFound)
    if not new.type:
        raise errors.InvalidInput(reason="volume_type must be provided when creating a volume in a group.")
    if type.id not in group.volume_type_ids:
        raise errors.InvalidInput(
            reason=f"Invalid volume_type {new.type} provided: (requested type must be supported by this group)."
        )
    if group.status != "available" or group.project_id != ctx.project_id:
        raise errors.InvalidInput(reason=f"Group {group.id} must be available and of the same project.")


def _too_small(new: Wish, size: int, least: int) -> errors.InvalidInput:
    if new.snapshot_id:
        why = f"Volume size '{size}'GB cannot be smaller than the snapshot size {least}GB. "
        return errors.InvalidInput(reason=why + "They must be >= original snapshot size.")
    if new.source_id:
        why = f"Volume size '{size}'GB cannot be smaller than original volume size  {least}GB. "
        return errors.InvalidInput(reason=why + "They must be >= original volume size.")
    if new.backup_id:
        why = f"Volume size '{size}'GB cannot be smaller than the backup size {least}GB. "
        return errors.InvalidInput(reason=why + "It must be >= backup size.")
    return errors.InvalidInput(
        reason=f"Size of specified image {least}GB is larger than volume size {size}GB."
    )


async def _origin(ctx: Context, new: Wish) -> _Origin:
    if new.snapshot_id:
        snapshot = await ctx.find(
            SNAPSHOTS, new.snapshot_id, policy.ADMIN_OR_OWNER, missing=errors.SnapshotNotFound
        )
        if snapshot.status != "available":
            raise errors.InvalidSnapshot(
                reason=f"Originating snapshot status must be one of 'available' values, "
                f"but current status is: {snapshot.status}."
            )
        volume = await VOLUMES.get(ctx.tx, snapshot.volume_id)
        bootable, kept = (volume.bootable, volume.image_metadata) if volume else (False, {})
        return _Origin(snapshot.size, snapshot.type_id, bootable, kept)
    if new.source_id:
        volume = await show(ctx, new.source_id)
        model.require_status(volume, "available", "in-use")
        return _Origin(volume.size, volume.type_id, volume.bootable, volume.image_metadata)
    if new.image_id:
        return await _from_image(ctx, new.image_id)
    if new.backup_id:
        return _Origin((await backups.restorable(ctx, new.backup_id)).size)
    return _Origin()


async def _from_image(ctx: Context, image_id: str) -> _Origin:
    ctx.authorize(policy.CREATE_FROM_IMAGE, {"project_id": ctx.project_id})
    try:
        source = await image.get(ctx, image_id)
    except image.ImageNotFound:
        raise errors.InvalidInput("Invalid image identifier or unable to access requested image.") from None
    if source.status != "active":
        raise errors.InvalidInput(reason=f"Image {image_id} is not active.")
    bytes_ = max(source.virtual_size or 0, source.size or 0)
    kept = {
        **source.properties,
        "image_id": source.id,
        "image_name": source.name or "",
        "checksum": source.checksum or "",
        "container_format": source.container_format or "",
        "disk_format": source.disk_format or "",
        "min_disk": str(source.min_disk),
        "min_ram": str(source.min_ram),
        "size": str(source.size or 0),
    }
    type_name = source.properties.get(TYPE_OF_IMAGE)
    return _Origin(max(-(-bytes_ // GIB), source.min_disk), None, True, kept, type_name)


async def list_all(
    ctx: Context,
    filters: list[Filter],
    *,
    all_projects: bool,
    sort: list[Sort],
    marker: str | None,
    limit: int | None,
) -> list[Volume]:
    """A page of the project's volumes, or of everybody's for an administrator who asks for them."""
    after = await show(ctx, marker) if marker else None
    return await VOLUMES.page(
        ctx.tx, _within(ctx, filters, all_projects), sort=sort, after=after, limit=limit
    )


def _within(ctx: Context, filters: list[Filter], all_projects: bool) -> list[Filter]:
    if all_projects and ctx.may(policy.CONTEXT_IS_ADMIN, {}):
        return filters
    return [Filter("project_id", "eq", ctx.project_id), *filters]


async def update(ctx: Context, id: str, **changes: Any) -> Volume:
    """The volume with these changes, if the asker may make them."""
    volume = await show(ctx, id)
    ctx.authorize(policy.UPDATE, volume)
    return await save(ctx, volume, **changes)


async def save(ctx: Context, volume: Volume, **changes: Any) -> Volume:
    """The volume, written back with these changes."""
    return await VOLUMES.change(ctx, volume, **changes)


async def delete(ctx: Context, id: str, *, cascade: bool = False, force: bool = False) -> None:
    """The volume goes, whatever else is being done to it; with `cascade` its snapshots too."""
    volume = await show(ctx, id)
    ctx.authorize(policy.FORCE_DELETE if force else policy.DELETE, volume)
    require_thawed(await frozen(ctx.tx), volume.host)
    snapshots = await SNAPSHOTS.find(ctx.tx, volume_id=id)
    attachments = await ATTACHMENTS.find(ctx.tx, volume_id=id)
    left = 0 if cascade else len(snapshots)
    model.require_deletable(volume, left, force=force, is_attached=bool(attachments))
    for snapshot in snapshots:
        await ctx.start(DELETE_SNAPSHOT, OldSnapshot(snapshot.id), resource=snapshot.id, supersede=True)
    await ctx.start(DELETE_VOLUME, OldVolume(id), resource=id, supersede=True)


async def require_free(ctx: Context, volume: Volume) -> None:
    """Raise InvalidVolume unless the volume is available, and nothing uses it."""
    model.require_status(volume, "available")
    model.require_unattached(volume, await ATTACHMENTS.find(ctx.tx, volume_id=volume.id))


async def extend(ctx: Context, volume: Volume, size: int) -> None:
    """Accept that the volume becomes larger."""
    if volume.status == "in-use" and ctx.wants(versions.EXTEND_IN_USE):
        ctx.authorize(policy.EXTEND_ATTACHED, volume)
    else:
        await require_free(ctx, volume)
    if size <= volume.size:
        raise errors.InvalidInput(
            reason=f"New size for extend must be greater than current size. "
            f"(current: {volume.size}, extended: {size})."
        )
    await require_quota(ctx, size=size, gigabytes=size - volume.size)
    await VOLUMES.change(ctx, volume, size=size)
    await ctx.start(EXTEND_VOLUME, LargerVolume(volume.id, volume.size, size), resource=volume.id)


async def upload_image(
    ctx: Context,
    volume: Volume,
    *,
    name: str,
    disk_format: str,
    container_format: str,
    force: bool,
    visibility: str,
    protected: bool,
) -> image.Image:
    """Accept that an image is made of the volume, in the format that was asked for; the queued image."""
    if volume.status == "in-use" and not force:
        raise errors.InvalidVolume(reason="Volume status is in-use.")
    model.require_status(volume, "available", "in-use")
    if not force:
        await require_free(ctx, volume)
    if disk_format not in ("raw", "qcow2"):
        raise errors.InvalidInput(reason=f"Images of volumes are raw or qcow2, not {disk_format}.")
    made = await image.create_queued(
        ctx, name, disk_format, container_format, {}, min_disk=volume.size, visibility=visibility,
        protected=protected,
    )  # fmt: skip
    await ctx.start(UPLOAD_IMAGE, Upload(volume.id, made.id, disk_format), resource=volume.id)
    return made


async def attachments(ctx: Context, ids: list[str]) -> dict[str, list[Attachment]]:
    """The attachments of these volumes, in one query."""
    by_volume: dict[str, list[Attachment]] = {}
    for each in await ATTACHMENTS.among(ctx.tx, "volume_id", ids) if ids else ():
        by_volume.setdefault(each.volume_id, []).append(each)
    return by_volume


async def revert(ctx: Context, volume: Volume, snapshot_id: str | None) -> None:
    """Accept that the volume's content becomes that of its latest snapshot."""
    snapshots = await SNAPSHOTS.find(ctx.tx, volume_id=volume.id)
    if not snapshots:
        raise errors.InvalidInput(f"Volume {volume.id} doesn't have any snapshots.")
    latest = max(snapshots, key=lambda s: (s.created_at, s.id))
    if snapshot_id != latest.id:
        raise errors.InvalidInput(
            f"Specified snapshot {snapshot_id} is None or not the latest one of volume {volume.id}."
        )
    if volume.size != latest.size:
        raise errors.InvalidInput(
            f"Can't revert volume {volume.id} to its latest snapshot {latest.id}. The volume size must be "
            "equal to the snapshot size."
        )
    for thing, status in (("Volume", volume.status), ("Snapshot", latest.status)):
        if status != "available":
            reason = f"{thing}'s status must be 'available'."
            raise errors.NotRevertable(volume_id=volume.id, snapshot_id=latest.id, reason=reason)
    model.require_unattached(volume, await ATTACHMENTS.find(ctx.tx, volume_id=volume.id))
    require_thawed(await frozen(ctx.tx), volume.host)
    await ctx.start(REVERT_VOLUME, Revert(volume.id, latest.id), resource=volume.id)


async def reimage(ctx: Context, volume: Volume, image_id: str, *, may_be_reserved: bool) -> None:
    """Accept that the volume's content becomes the image's."""
    if volume.status == "reserved":
        ctx.authorize(policy.REIMAGE_RESERVED, volume)
    held = await ATTACHMENTS.find(ctx.tx, volume_id=volume.id)
    if len(held) > 1:
        raise errors.ManyAttachments
    allowed = ("available", "error", "reserved") if may_be_reserved else ("available", "error")
    model.require_status(volume, *allowed)
    if volume.status != "reserved":
        model.require_unattached(volume, held)
    if volume.host is None:
        raise errors.InvalidVolume(reason=f"Volume {volume.id} is on no host.")
    origin = await _from_image(ctx, image_id)
    if origin.least_gb > volume.size:
        raise errors.InvalidInput(
            reason=f"Size of specified image {origin.least_gb}GB is larger than volume size {volume.size}GB."
        )
    wanted = Reimage(volume.id, image_id, origin.image_metadata)
    await ctx.start(REIMAGE_VOLUME, wanted, resource=volume.id)


async def migrate(ctx: Context, volume: Volume, host: str) -> None:
    """Raise what the real service raises where a volume cannot move: what our hosts keep is not shared."""
    model.require_status(volume, "available", "in-use")
    model.require_ungrouped(volume)
    if await SNAPSHOTS.count(ctx.tx, volume_id=volume.id):
        raise errors.InvalidVolume(reason=f"Volume {volume.id} must not have snapshots to be migrated.")
    up = {h.name for h in await placement.hosts_up(ctx, "volumes")}
    if host_of(host) not in up:
        raise errors.InvalidHost(reason=f"No available service named {host}")
    if host_of(host) == model.host_name(volume):
        raise errors.InvalidHost(reason="Destination host must be different than the current host.")
    raise errors.InvalidHost(
        reason=f"The storage of {host} and of {volume.host} is not shared: nothing moves."
    )
