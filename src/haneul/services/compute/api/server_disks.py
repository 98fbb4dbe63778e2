"""The disks and files that are asked for with a new server: block_device_mapping_v2 and personality"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, UnsetType
from haneul.services.compute.api.server_schemas import BlockDeviceMapping, File, NewServer, uuid
from haneul.services.compute.api.values import integer_or_none, refuse, truth
from haneul.services.compute.model import image_properties
from haneul.services.compute.model.block_devices import (
    FORMATS,
    INVALID,
    SWAP,
    LocalWish,
    VolumeWish,
    full_name,
)
from haneul.services.compute.model.servers import InjectedFile

FIELD = "server.block_device_mapping_v2"
SOURCES = ("volume", "image", "snapshot", "blank")
BOOT_SEQUENCE = (
    INVALID + "Boot sequence for the instance and image/block device mapping combination is not valid."
)


class Disks(msgspec.Struct, frozen=True):
    image_id: str | None
    """What the root disk is made of; None: it is a volume."""
    image_tag: str | None
    image_bus: str | None
    volumes: list[VolumeWish]
    local: list[LocalWish]


def disks_of(new: NewServer) -> Disks:
    """What is asked for; BadRequest where that cannot be."""
    image_id = (new.imageRef or "").rsplit("/", 1)[-1] or None
    image_tag = image_bus = None
    if image_id is not None:
        uuid(image_id, "server.imageRef")
    if new.block_device_mapping:
        raise BadRequest("block_device_mapping is not supported; use block_device_mapping_v2.")
    volumes: list[VolumeWish] = []
    local: list[LocalWish] = []
    for entry in new.block_device_mapping_v2 or []:
        if truth(entry.no_device or False, f"{FIELD}.no_device"):
            continue
        truth(entry.delete_on_termination, f"{FIELD}.delete_on_termination")
        if entry.device_type not in (UNSET, "", "disk"):
            raise refuse(f"{FIELD}.device_type", entry.device_type, "It is not one of ['disk']")
        index = integer_or_none(entry.boot_index, f"{FIELD}.boot_index", least=-1)
        # The long way to say imageRef, which clients send beside it or instead of it.
        if entry.source_type == "image" and entry.destination_type in (UNSET, "local"):
            if not new.imageRef and entry.destination_type == "local":
                raise BadRequest(INVALID + "Mapping image to local is not supported.")
            if index == 0 and entry.uuid:
                image_id, image_tag, image_bus = entry.uuid, entry.tag or None, _bus(entry)
                continue
            raise BadRequest(INVALID + "a local image must have boot_index 0.")
        if entry.destination_type == "local":
            local.append(_local(entry))
        else:
            volumes.append(_volume(entry, index))
    booting = [v for v in volumes if v.boot_index == 0]
    if len(booting) > 1:
        raise BadRequest(BOOT_SEQUENCE)
    return Disks(None if booting else image_id, image_tag, image_bus, volumes, local)


def _local(entry: BlockDeviceMapping) -> LocalWish:
    if entry.source_type != "blank":
        raise BadRequest(INVALID + "Mapping a volume or a snapshot to local is not supported.")
    if entry.uuid:
        raise BadRequest(INVALID + "Invalid device UUID.")
    if entry.volume_type:
        raise BadRequest(INVALID + "Specifying a volume_type with destination_type=local is not supported.")
    if entry.guest_format not in (None, "", SWAP, *FORMATS):
        raise refuse(f"{FIELD}.guest_format", entry.guest_format, f"It is none of {[SWAP, *FORMATS]}")
    size = integer_or_none(entry.volume_size, f"{FIELD}.volume_size", least=0)
    return LocalWish(entry.guest_format or None, size, _device(entry), entry.tag or None, _bus(entry))


def _volume(entry: BlockDeviceMapping, index: int | None) -> VolumeWish:
    source = entry.source_type or "volume"
    if source not in SOURCES:
        raise BadRequest(f"Invalid input for field/attribute source_type. Value: {source}.")
    if source != "blank":
        uuid(entry.uuid or "", f"{FIELD}.uuid")
    size = integer_or_none(entry.volume_size, f"{FIELD}.volume_size", least=1)
    if source in ("blank", "image") and size is None:
        raise BadRequest(INVALID + "a size is needed for a new volume.")
    return VolumeWish(
        source=source,
        source_id=entry.uuid if source != "blank" else None,
        size_gb=size,
        boot_index=index if index is not None and index >= 0 else None,
        delete_on_termination=truth(entry.delete_on_termination, "delete_on_termination"),
        device=_device(entry),
        volume_type=entry.volume_type or None,
        tag=entry.tag or None,
        bus=_bus(entry),
    )


def _device(entry: BlockDeviceMapping) -> str | None:
    return full_name(entry.device_name) if entry.device_name else None


def _bus(entry: BlockDeviceMapping) -> str | None:
    """One that there is; whether the host can make it, is seen when the server is built."""
    if entry.disk_bus and entry.disk_bus not in image_properties.SETS["hw_disk_bus"]:
        raise BadRequest(INVALID + f"The provided disk bus {entry.disk_bus} is not valid.")
    return entry.disk_bus or None


def injected_files(files: Sequence[File] | UnsetType) -> list[InjectedFile]:
    return [InjectedFile(f.path, _base64(f.contents)) for f in files or ()]


def _base64(text: str) -> str:
    """Without the breaks that programs put into it."""
    plain = "".join(text.split())
    try:
        base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raise refuse("personality.contents", text, f"'{text}' is not a 'base64'") from None
    return plain
