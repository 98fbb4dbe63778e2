"""Write a volume's content anew: that of its last snapshot, or that of an image."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.disks.disk_image import ImageSource
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import ImagesVolumes, RevertsVolumes
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.model.volumes import Volume, host_name
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.volumes import VOLUMES
from haneul.services.image import public as image


class Revert(msgspec.Struct, frozen=True):
    volume_id: str
    snapshot_id: str


class Place(msgspec.Struct, frozen=True):
    host: str


async def find(ctx: Context, wanted: Revert) -> Place:
    """Where the volume is."""
    return Place(_host(await _volume(ctx, wanted.volume_id)))


async def revert(ctx: Context, wanted: Revert, place: Place) -> None:
    """The volume holds what the snapshot does."""
    await ctx.agent(place.host, RevertsVolumes).revert(wanted.volume_id, wanted.snapshot_id)


async def note_reverting(ctx: Context, wanted: Revert, failure: Failure) -> None:
    """The volume shows that its content may be of neither moment."""
    volume = await VOLUMES.get(ctx.tx, wanted.volume_id)
    if volume is not None:
        await VOLUMES.change(ctx, volume, settled="error", fault=failure.message)


REVERT_VOLUME = Saga(
    "block_storage.revert_volume",
    input=Revert,
    steps=[Step(find), Step(revert, deadline_s=3600)],
    on_failure=note_reverting,
)


class Reimage(msgspec.Struct, frozen=True):
    volume_id: str
    image_id: str
    image_metadata: dict[str, str]


class Plan(msgspec.Struct, frozen=True):
    host: str
    size_gb: int
    source: ImageSource


async def plan(ctx: Context, wanted: Reimage) -> Plan:
    """Where the volume is, and where the image."""
    volume = await _volume(ctx, wanted.volume_id)
    source = image.source(ctx, await image.get(ctx, wanted.image_id))
    return Plan(_host(volume), volume.size, source)


async def write(ctx: Context, wanted: Reimage, plan: Plan) -> None:
    """The volume holds what the image does."""
    agent = ctx.agent(plan.host, ImagesVolumes)
    await agent.ensure_image(wanted.volume_id, plan.size_gb, plan.source)


async def mark_reimaged(ctx: Context, wanted: Reimage) -> None:
    """The volume knows what it was made of."""
    volume = await _volume(ctx, wanted.volume_id)
    changes: dict[str, Any] = {"image_metadata": wanted.image_metadata, "bootable": True, "fault": None}
    if volume.settled == "error":
        changes["settled"] = "available"
    await VOLUMES.change(ctx, volume, **changes)


async def note_reimaging(ctx: Context, wanted: Reimage, failure: Failure) -> None:
    """The volume shows why it does not hold the image."""
    volume = await VOLUMES.get(ctx.tx, wanted.volume_id)
    if volume is not None:
        await VOLUMES.change(ctx, volume, settled="error", fault=failure.message)
        await tell(ctx, Actions.REIMAGE, volume.id, volume.project_id)


REIMAGE_VOLUME = Saga(
    "block_storage.reimage_volume",
    input=Reimage,
    steps=[Step(plan), Step(write, deadline_s=3600), Step(mark_reimaged)],
    on_failure=note_reimaging,
)


async def _volume(ctx: Context, volume_id: str) -> Volume:
    volume = await VOLUMES.get(ctx.tx, volume_id)
    if volume is None:
        raise errors.VolumeNotFound(id=volume_id)
    return volume


def _host(volume: Volume) -> str:
    host = host_name(volume)
    if host is None:
        raise errors.VolumeNotFound(id=volume.id)
    return host
