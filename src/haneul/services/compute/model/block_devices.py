"""The volumes that are asked for with a new server."""

from __future__ import annotations

import msgspec


class VolumeWish(msgspec.Struct, frozen=True):
    """One entry of block_device_mapping_v2 that is about a volume."""

    source: str
    """volume, image, snapshot or blank."""
    source_id: str | None
    size_gb: int | None
    boot_index: int | None
    delete_on_termination: bool
    device: str | None = None
    volume_type: str | None = None
