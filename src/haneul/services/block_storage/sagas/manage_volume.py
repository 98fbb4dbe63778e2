"""Make a volume of what an operator put beside the volumes of a host, and the other way round."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import ManagesVolumes
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.model.volumes import host_name
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.quotas import require_quota
from haneul.services.block_storage.store.volumes import VOLUMES


class Foundling(msgspec.Struct, frozen=True):
    volume_id: str
    host: str
    name: str


class Size(msgspec.Struct, frozen=True):
    size_gb: int


async def take(ctx: Context, new: Foundling) -> Size:
    """The host has the volume, and nothing by that name."""
    return Size(await ctx.agent(new.host, ManagesVolumes).ensure_managed(new.volume_id, new.name))


async def give_back(ctx: Context, new: Foundling) -> None:
    """The host has no such volume."""
    await ctx.agent(new.host, ManagesVolumes).ensure_unmanaged(new.volume_id, new.name)


async def mark_available(ctx: Context, new: Foundling, size: Size) -> None:
    """The volume may be used, and counts with its size."""
    volume = await VOLUMES.get(ctx.tx, new.volume_id)
    if volume is None:
        raise errors.VolumeNotFound(id=new.volume_id)
    if volume.settled == "available":
        return
    await require_quota(ctx, size=size.size_gb, gigabytes=size.size_gb)
    await VOLUMES.change(ctx, volume, settled="available", size=size.size_gb, fault=None)


async def mark_error(ctx: Context, new: Foundling, failure: Failure) -> None:
    """The volume shows why it is none, and waits to be deleted."""
    volume = await VOLUMES.get(ctx.tx, new.volume_id)
    if volume is not None:
        await VOLUMES.change(ctx, volume, settled="error_managing", host=None, fault=failure.message)
        await tell(ctx, Actions.CREATE_VOLUME, volume.id, volume.project_id)


MANAGE_VOLUME = Saga(
    "block_storage.manage_volume",
    input=Foundling,
    steps=[Step(take, undo=give_back), Step(mark_available)],
    on_failure=mark_error,
)


class Released(msgspec.Struct, frozen=True):
    volume_id: str


class Place(msgspec.Struct, frozen=True):
    host: str | None


async def find(ctx: Context, released: Released) -> Place:
    """Where the volume is."""
    volume = await VOLUMES.get(ctx.tx, released.volume_id)
    return Place(host_name(volume) if volume is not None else None)


async def put_aside(ctx: Context, released: Released, place: Place) -> None:
    """The host keeps the content, as none of the volumes."""
    if place.host is not None:
        await ctx.agent(place.host, ManagesVolumes).ensure_unmanaged(
            released.volume_id, f"volume-{released.volume_id}"
        )


async def forget(ctx: Context, released: Released) -> None:
    """Nothing is known of the volume any more."""
    await VOLUMES.remove(ctx.tx, id=released.volume_id)


async def note(ctx: Context, released: Released, failure: Failure) -> None:
    """The volume shows why it could not be let go."""
    volume = await VOLUMES.get(ctx.tx, released.volume_id)
    if volume is not None:
        await VOLUMES.change(ctx, volume, settled="error_unmanaging", fault=failure.message)
        await tell(ctx, Actions.UNMANAGE_VOLUME, volume.id, volume.project_id)


UNMANAGE_VOLUME = Saga(
    "block_storage.unmanage_volume",
    input=Released,
    steps=[Step(find), Step(put_aside), Step(forget)],
    on_failure=note,
)
