"""Images that are no data but a list of volume snapshots; pure.

Their property `block_device_mapping` is a JSON list in Nova's format, which `bdm_v2` says. A server made
of such an image gets a volume of each snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from haneul.kernel import truths
from haneul.kernel.errors import BadRequest
from haneul.services.compute.model.block_devices import VolumeWish
from haneul.services.compute.model.image_properties import SETS

NOT_INHERITED = frozenset(
    {
        "bittorrent",
        "cache_in_nova",
        "cinder_encryption_key_deletion_policy",
        "cinder_encryption_key_id",
        "img_signature",
        "img_signature_certificate_uuid",
        "img_signature_hash_method",
        "img_signature_key_type",
    }
)
OF_VOLUMES = ("bdm_v2", "block_device_mapping", "root_device_name")
UNSET_FIELDS = (
    "device_type", "encrypted", "encryption_format", "encryption_options",
    "encryption_secret_uuid", "guest_format", "image_id", "no_device", "tag", "volume_id", "volume_type",
)  # fmt: skip
"""What upstream writes into each entry although a snapshot says nothing of it."""


class Snapshot(msgspec.Struct, frozen=True):
    """A snapshot of a volume of a server, and how the server has the volume."""

    id: str
    size_gb: int
    device: str
    boot_index: int | None
    delete_on_termination: bool
    bus: str | None = None


def inherited(properties: Mapping[str, Any]) -> dict[str, str]:
    """What an image of a server takes over from the image that the server was made of."""
    return {
        name: value
        for name, value in properties.items()
        if isinstance(value, str) and name not in NOT_INHERITED and not name.startswith("os_glance")
    }


def written(snapshots: Sequence[Snapshot]) -> dict[str, str]:
    """The properties that say which snapshots an image stands for."""
    if not snapshots:
        return {}
    return {
        "block_device_mapping": msgspec.json.encode([_entry(s) for s in snapshots]).decode(),
        "bdm_v2": "True",
    }


def _entry(snapshot: Snapshot) -> dict[str, Any]:
    return dict.fromkeys(UNSET_FIELDS) | {
        "source_type": "snapshot",
        "destination_type": "volume",
        "snapshot_id": snapshot.id,
        "volume_size": snapshot.size_gb,
        "device_name": snapshot.device,
        "boot_index": snapshot.boot_index,
        "disk_bus": snapshot.bus,
        "delete_on_termination": snapshot.delete_on_termination,
    }


class _Entry(msgspec.Struct, frozen=True):
    source_type: str
    destination_type: str | None = None
    snapshot_id: str | None = None
    volume_id: str | None = None
    volume_size: int | None = None
    device_name: str | None = None
    boot_index: int | None = None
    delete_on_termination: bool | None = None
    volume_type: str | None = None
    no_device: bool | None = None
    disk_bus: str | None = None


def read(properties: Mapping[str, Any]) -> list[VolumeWish]:
    """The volumes that an image asks for; BadRequest where it asks for what there is not."""
    text = properties.get("block_device_mapping")
    if not text or not truths.COMMON.read(properties.get("bdm_v2", "")):
        return []
    try:
        entries = msgspec.json.decode(str(text), type=list[_Entry])
    except msgspec.MsgspecError as problem:
        raise BadRequest(f"Block Device Mapping is Invalid: {problem}") from None
    return [_wish(e) for e in entries if not e.no_device and e.destination_type == "volume"]


def _wish(entry: _Entry) -> VolumeWish:
    source_id = entry.snapshot_id if entry.source_type == "snapshot" else entry.volume_id
    if entry.source_type not in ("snapshot", "volume", "blank") or (
        (source_id is None) != (entry.source_type == "blank")
    ):
        raise BadRequest(f"Block Device Mapping is Invalid: an image cannot ask for {entry.source_type}.")
    return VolumeWish(
        source=entry.source_type,
        source_id=source_id,
        size_gb=entry.volume_size,
        boot_index=entry.boot_index if entry.boot_index is not None and entry.boot_index >= 0 else None,
        delete_on_termination=bool(entry.delete_on_termination),
        device=entry.device_name,
        volume_type=entry.volume_type,
        bus=entry.disk_bus if entry.disk_bus in SETS["hw_disk_bus"] else None,
    )


def merged(wishes: Sequence[VolumeWish], of_image: Sequence[VolumeWish]) -> list[VolumeWish]:
    """The volumes of a server: what was asked for, and what its image adds under other device names.

    Where the image brings the root disk, a root disk made of the image itself is not wanted.
    """
    if any(v.boot_index == 0 for v in of_image):
        wishes = [v for v in wishes if not (v.boot_index == 0 and v.source == "image")]
    taken = {v.device for v in wishes if v.device}
    return [*wishes, *(v for v in of_image if v.device not in taken)]
