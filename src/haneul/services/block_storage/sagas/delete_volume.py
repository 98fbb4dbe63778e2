"""Delete a volume: from its host, then from the books."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.block_storage.model.volumes import host_name
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
    """Nothing is known of the volume any more, of its attachments and its transfer."""
    await ATTACHMENTS.remove(ctx.tx, volume_id=old.volume_id)
    await TRANSFERS.remove(ctx.tx, volume_id=old.volume_id)
    await VOLUMES.remove(ctx.tx, id=old.volume_id)


async def mark_error(ctx: Context, old: OldVolume, failure: Failure) -> None:
    """The volume shows why it could not be deleted, and may be deleted again."""
    volume = await VOLUMES.get(ctx.tx, old.volume_id)
    if volume is not None:
        await VOLUMES.update(
            ctx.tx, msgspec.structs.replace(volume, settled="error_deleting", fault=failure.message)
        )


DELETE_VOLUME = Saga(
    "block_storage.delete_volume",
    input=OldVolume,
    steps=[Step(find), Step(unmake), Step(forget, joins=True)],
    on_failure=mark_error,
)
