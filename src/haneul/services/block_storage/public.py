"""What other services may use of block storage."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.services.block_storage.errors import (
    AttachmentNotFound,
    InvalidInput,
    InvalidSnapshot,
    InvalidVolume,
    SnapshotNotFound,
    TypeNameNotFound,
    TypeNotFound,
    VolumeNotFound,
    VolumeQuotaExceeded,
)
from haneul.services.block_storage.events import VolumeExtended
from haneul.services.block_storage.model.snapshots import Snapshot
from haneul.services.block_storage.model.volumes import Volume
from haneul.services.block_storage.operations import attachments as _attachments
from haneul.services.block_storage.operations import snapshots as _snapshots
from haneul.services.block_storage.operations import types as _types
from haneul.services.block_storage.operations import volumes as _volumes
from haneul.services.block_storage.sagas.delete_volume import DELETE_VOLUME, OldVolume
from haneul.services.block_storage.store.volumes import ATTACHMENTS, SNAPSHOTS, VOLUMES

__all__ = [
    "VOLUME_REFUSALS",
    "Attachment",
    "GrownVolume",
    "InvalidVolume",
    "SnapshotNotFound",
    "Volume",
    "VolumeExtended",
    "VolumeNotFound",
    "VolumeQuotaExceeded",
    "attachments",
    "begin_detaching",
    "complete",
    "connect",
    "create_for_server",
    "create_snapshot",
    "delete_for_server",
    "detach",
    "discard_snapshot",
    "disconnect",
    "ensure_default_type",
    "get",
    "grown_volumes",
    "held_by_servers",
    "leave_host",
    "note_size",
    "reserve",
    "roll_detaching",
    "snapshot_status",
    "verify",
    "volume_status",
]

VOLUME_REFUSALS: tuple[type[HaneulError], ...] = (
    VolumeNotFound, AttachmentNotFound, SnapshotNotFound, TypeNotFound, TypeNameNotFound, InvalidVolume, InvalidSnapshot, InvalidInput,
    VolumeQuotaExceeded,
)  # fmt: skip
"""What calls of this door can fail with: who hands it on to a caller declares it."""


class Attachment(msgspec.Struct, frozen=True, gc=False):
    """A volume as a server has it."""

    volume_id: str
    device: str
    delete_on_termination: bool
    id: str


class GrownVolume(msgspec.Struct, frozen=True):
    """A volume that is larger than its server knows."""

    attachment_id: str
    volume_id: str
    server_id: str
    size_gb: int


async def ensure_default_type(ctx: Context) -> None:
    """The type of volumes that name none exists."""
    await _types.ensure_default(ctx)


async def get(ctx: Context, volume_id: str) -> Volume:
    """The volume, if the asker may know of it; VolumeNotFound otherwise."""
    return await _volumes.show(ctx, volume_id)


async def create_for_server(
    ctx: Context,
    server_id: str,
    size_gb: int,
    image_id: str | None,
    snapshot_id: str | None,
    volume_type: str | None,
    name: str,
    delete_on_termination: bool,
) -> Volume:
    """Accept a volume that is made for a server, as part of the caller's transaction."""
    return await _volumes.create(
        ctx,
        _volumes.Wish(
            size=size_gb,
            name=name,
            type=volume_type,
            image_id=image_id,
            snapshot_id=snapshot_id,
            owner_id=server_id,
            dies_with_owner=delete_on_termination,
        ),
    )


async def volume_status(ctx: Context, volume_id: str) -> str:
    """The volume's status: `creating` while it is made, then `available`, `reserved`, or `error`."""
    return (await _volumes.show(ctx, volume_id)).status


async def reserve(
    ctx: Context,
    volume_id: str,
    server_id: str,
    device: str | None = None,
    *,
    project_id: str,
    delete_on_termination: bool = False,
) -> str:
    """The id of a new attachment that keeps the volume for the project's server, in the caller's transaction.

    A volume made by `create_for_server` may be reserved by its server before it is there.
    """
    volume = await _volumes.show(ctx, volume_id)
    if volume.project_id != project_id:
        raise InvalidVolume(reason=f"volume {volume.id} is not of the project of instance {server_id}.")
    dies = delete_on_termination or (volume.owner_id == server_id and volume.dies_with_owner)
    made = await _attachments.reserve(
        ctx, volume, server_id, device=device, delete_on_termination=dies, by_compute=True
    )
    return made.id


async def connect(ctx: Context, attachment_id: str, host: str) -> dict[str, Any]:
    """How the host reaches the volume, for `DiskSpec.connection`. No transaction may be open."""
    return await _attachments.connect(ctx, attachment_id, host)


async def complete(ctx: Context, attachment_id: str, host: str, device: str | None) -> None:
    """The attachment is attached and its volume in use."""
    await _attachments.complete(ctx, attachment_id, host, device)


async def begin_detaching(ctx: Context, volume_id: str, server_id: str) -> None:
    """Everybody sees that the server is losing the volume. Raises if that was said before."""
    await _attachments.begin_detaching(ctx, volume_id, server_id)


async def roll_detaching(ctx: Context, volume_id: str, server_id: str) -> None:
    """The server keeps the volume after all."""
    await _attachments.roll_detaching(ctx, volume_id, server_id)


async def detach(ctx: Context, volume_id: str, server_id: str) -> None:
    """The server has the volume no longer, and it outlives the server. Content if it never had it."""
    await _attachments.detach(ctx, volume_id, server_id)


async def disconnect(ctx: Context, volume_id: str, host: str) -> None:
    """The host reaches the volume no longer; the volume may be gone. No transaction may be open."""
    await _attachments.disconnect(ctx, volume_id, host)


async def leave_host(ctx: Context, server_id: str) -> None:
    """The server's volumes stay its own and are on no host, until they are connected and completed again."""
    await _attachments.leave_host(ctx, server_id)


async def attachments(ctx: Context, server_ids: list[str]) -> dict[str, list[Attachment]]:
    """What these servers have, in one query."""
    by_server = await _attachments.of_servers(ctx, server_ids)
    return {
        server: [Attachment(a.volume_id, a.device or "", a.delete_on_termination, a.id) for a in each]
        for server, each in by_server.items()
    }


async def decide_fate(ctx: Context, attachment_id: str, *, delete_on_termination: bool) -> None:
    """The volume goes with its server, or stays when that goes."""
    await _attachments.decide_fate(ctx, attachment_id, delete_on_termination=delete_on_termination)


async def grown_volumes(ctx: Context) -> list[GrownVolume]:
    """All that are larger than their servers know."""
    grown = await _attachments.grown(ctx)
    return [GrownVolume(a.id, a.volume_id, a.server_id or "", size) for a, size in grown]


async def note_size(ctx: Context, attachment_id: str, size_gb: int) -> None:
    """The attachment's server knows of that size."""
    await _attachments.note_size(ctx, attachment_id, size_gb)


async def held_by_servers(ctx: Context) -> list[tuple[str, str, str]]:
    """(attachment, server, project) of every volume that any server has."""
    attachments = await ATTACHMENTS.find(ctx.tx, by_compute=True)
    return [(a.id, a.server_id or "", a.project_id) for a in attachments]


async def delete_for_server(ctx: Context, server_id: str) -> None:
    """Nothing is attached to the server any more, and what should die with it is being deleted.

    To be called instead of `detach` when the server itself goes.
    """
    had = await ATTACHMENTS.find(ctx.tx, server_id=server_id, by_compute=True)
    owned = await VOLUMES.find(ctx.tx, owner_id=server_id)
    doomed = {a.volume_id for a in had if a.delete_on_termination}
    doomed |= {v.id for v in owned if v.dies_with_owner}
    for each in had:
        await _attachments.remove(ctx, each)
    for volume_id in sorted(doomed):
        await ctx.start(DELETE_VOLUME, OldVolume(volume_id), resource=volume_id, supersede=True)


async def create_snapshot(ctx: Context, volume_id: str, name: str) -> Snapshot:
    """Accept a snapshot of a volume, in use or not, as part of the caller's transaction."""
    return await _snapshots.create(ctx, volume_id, name=name, description=None, metadata={}, force=True)


async def snapshot_status(ctx: Context, snapshot_id: str) -> str:
    """`creating` while it is taken, then `available` or `error`; `deleted` if it is gone."""
    snapshot = await SNAPSHOTS.get(ctx.tx, snapshot_id)
    return snapshot.status if snapshot else "deleted"


async def discard_snapshot(ctx: Context, snapshot_id: str) -> None:
    """The snapshot is being deleted, whatever is done to it; fine if it is gone."""
    snapshot = await SNAPSHOTS.get(ctx.tx, snapshot_id)
    if snapshot is not None:
        await _snapshots.delete(ctx, snapshot, force=True)


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction."""
    volumes = {v.id: v for v in await VOLUMES.find(ctx.tx)}
    users: dict[str, str] = {}
    for each in await ATTACHMENTS.find(ctx.tx):
        volume = volumes.get(each.volume_id)
        if volume is None:
            return f"attachment {each.id} is of volume {each.volume_id}, which is gone"
        if each.project_id != volume.project_id:
            return f"attachment {each.id} is of another project than its volume {volume.id}"
        if each.by_compute and each.server_id is None:
            return f"attachment {each.id} is of no server, and compute made it"
        if volume.id in users and not volume.multiattach:
            return f"volume {volume.id} is attached twice: {users[volume.id]}, {each.id}"
        users[volume.id] = each.id
    return None
