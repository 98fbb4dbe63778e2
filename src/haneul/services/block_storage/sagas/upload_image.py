"""Make an image of a volume: export it on its host, hand the file to the image service, clean up."""

from __future__ import annotations

from pathlib import Path

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import ExportsVolumes
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.model.volumes import host_name
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.volumes import VOLUMES
from haneul.services.image import public as image


class Upload(msgspec.Struct, frozen=True):
    volume_id: str
    image_id: str
    disk_format: str = "qcow2"


class Place(msgspec.Struct, frozen=True):
    host: str


class Exported(msgspec.Struct, frozen=True):
    path: str


async def find(ctx: Context, upload: Upload) -> Place:
    """Where the volume is; VolumeNotFound if it is nowhere."""
    volume = await VOLUMES.get(ctx.tx, upload.volume_id)
    host = host_name(volume) if volume else None
    if host is None:
        raise errors.VolumeNotFound(id=upload.volume_id)
    return Place(host)


async def export(ctx: Context, upload: Upload, place: Place) -> Exported:
    """The host has a file with the volume's data in the image's format."""
    return Exported(
        await ctx.agent(place.host, ExportsVolumes).export_volume(upload.volume_id, upload.disk_format)
    )


async def clean(ctx: Context, upload: Upload, place: Place) -> None:
    """The host has no such file."""
    await ctx.agent(place.host, ExportsVolumes).ensure_export_gone(upload.volume_id)


async def store(ctx: Context, upload: Upload, exported: Exported) -> None:
    """The image is active with the export's content; one that is already is left as it is."""
    await image.store_file(ctx.platform, ctx.auth, upload.image_id, Path(exported.path))


async def clean_up(ctx: Context, upload: Upload, place: Place) -> None:
    """The host has no such file: the image has the data."""
    await clean(ctx, upload, place)


async def note(ctx: Context, upload: Upload, failure: Failure) -> None:
    """The volume is as it was; why there is no image can be read from it."""
    volume = await VOLUMES.get(ctx.tx, upload.volume_id)
    if volume is not None:
        await VOLUMES.update(ctx.tx, msgspec.structs.replace(volume, fault=failure.message))
        await tell(ctx, Actions.UPLOAD_IMAGE, volume.id, volume.project_id)


UPLOAD_IMAGE = Saga(
    "block_storage.upload_image",
    input=Upload,
    steps=[
        Step(find),
        Step(export, undo=clean, deadline_s=600),
        Step(store, deadline_s=600),
        Step(clean_up),
    ],
    on_failure=note,
)
