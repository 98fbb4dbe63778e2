"""Make a volume larger. Its row has the new size from the start, so that quotas count it."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.block_storage.events import VolumeExtended
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.model.volumes import host_name
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.volumes import VOLUMES


class LargerVolume(msgspec.Struct, frozen=True):
    volume_id: str
    old_gb: int
    new_gb: int


class Place(msgspec.Struct, frozen=True):
    host: str


async def claim(ctx: Context, larger: LargerVolume) -> Place:
    """The volume counts with its new size, so that nobody else has that room."""
    volume = await VOLUMES.get(ctx.tx, larger.volume_id)
    host = host_name(volume) if volume else None
    if volume is None or host is None:
        raise errors.VolumeNotFound(id=larger.volume_id)
    if volume.size != larger.new_gb:
        await VOLUMES.update(ctx.tx, msgspec.structs.replace(volume, size=larger.new_gb))
    return Place(host)


async def release(ctx: Context, larger: LargerVolume) -> None:
    """The volume counts with its old size."""
    volume = await VOLUMES.get(ctx.tx, larger.volume_id)
    if volume is not None and volume.size != larger.old_gb:
        await VOLUMES.update(ctx.tx, msgspec.structs.replace(volume, size=larger.old_gb))


async def grow(ctx: Context, larger: LargerVolume, place: Place) -> None:
    """The host's volume has the new size."""
    await ctx.agent(place.host, Volumes).extend(larger.volume_id, larger.new_gb)


async def announce(ctx: Context, larger: LargerVolume) -> None:
    """Who uses the volume hears of its size."""
    await ctx.emit(VolumeExtended(larger.volume_id, larger.new_gb))


async def mark_error(ctx: Context, larger: LargerVolume, failure: Failure) -> None:
    """The volume shows why it could not grow."""
    volume = await VOLUMES.get(ctx.tx, larger.volume_id)
    if volume is not None:
        await VOLUMES.update(
            ctx.tx, msgspec.structs.replace(volume, settled="error_extending", fault=failure.message)
        )
        await tell(ctx, Actions.EXTEND, volume.id, volume.project_id)


EXTEND_VOLUME = Saga(
    "block_storage.extend_volume",
    input=LargerVolume,
    steps=[Step(claim, undo=release), Step(grow), Step(announce)],
    on_failure=mark_error,
)
