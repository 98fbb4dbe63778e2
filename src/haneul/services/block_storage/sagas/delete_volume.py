"""Delete a volume: from its host, then from the books."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.block_storage.model.volumes import host_name
from haneul.services.block_storage.store.groups import GROUPS
from haneul.services.block_storage.store.transfers import TRANSFERS
from haneul.services.block_storage.store.volumes import ATTACHMENTS, VOLUMES


class OldVolume(msgspec.Struct, frozen=True):
    volume_id: str


class Place(msgspec.Struct, frozen=True):
    host: str | None


async def find(ctx: Context, old: OldVolume) -> Place:
    """Where the volume is; nowhere if it was never made."""
    volume = await VOLUMES.get(ctx.tx, old.volume_id)
    return Place(host_name(volume) if volume else None)


async def unmake(ctx: Context, old: OldVolume, place: Place) -> None:
    """The host has no such volume."""
    if place.host:
        await ctx.agent(place.host, Volumes).ensure_gone(old.volume_id)


async def forget(ctx: Context, old: OldVolume) -> None:
    """Nothing is known of the volume any more, of its attachments and its transfer; a group that goes with its
    volumes goes with the last."""
    volume = await VOLUMES.get(ctx.tx, old.volume_id)
    await ATTACHMENTS.remove(ctx.tx, volume_id=old.volume_id)
    await TRANSFERS.remove(ctx.tx, volume_id=old.volume_id)
    await VOLUMES.remove(ctx.tx, id=old.volume_id)
    if volume is not None and volume.group_id is not None:
        await ctx.tx.lock("group", volume.group_id)
        group = await GROUPS.get(ctx.tx, volume.group_id)
        is_last = not await VOLUMES.count(ctx.tx, group_id=volume.group_id)
        if group is not None and group.settled == "deleting" and is_last:
            await GROUPS.remove(ctx.tx, id=group.id)


async def mark_error(ctx: Context, old: OldVolume, failure: Failure) -> None:
    """The volume shows why it could not be deleted, and may be deleted again."""
    volume = await VOLUMES.get(ctx.tx, old.volume_id)
    if volume is not None:
        await VOLUMES.update(
            ctx.tx, msgspec.structs.replace(volume, settled="error_deleting", fault=failure.message)
        )
        group = await GROUPS.get(ctx.tx, volume.group_id) if volume.group_id else None
        if group is not None and group.settled == "deleting":
            await GROUPS.change(ctx, group, settled="error_deleting")


DELETE_VOLUME = Saga(
    "block_storage.delete_volume",
    input=OldVolume,
    steps=[Step(find), Step(unmake), Step(forget, joins=True)],
    on_failure=mark_error,
)
