"""What block storage answers of what lies beside the volumes of a host."""

from __future__ import annotations

from msgspec import field

from haneul.kernel.http import Answer


class Volume(Answer):
    reference: dict[str, str]
    size: int
    safe_to_manage: bool


class VolumeInDetail(Volume):
    reason_not_safe: str | None
    cinder_id: str | None
    extra_info: str | None


class Snapshot(Volume):
    source_reference: dict[str, str]


class SnapshotInDetail(VolumeInDetail):
    source_reference: dict[str, str]


class Volumes(Answer):
    volumes: list[Volume] = field(name="manageable-volumes")


class VolumesInDetail(Answer):
    volumes: list[VolumeInDetail] = field(name="manageable-volumes")


class Snapshots(Answer):
    snapshots: list[Snapshot] = field(name="manageable-snapshots")


class SnapshotsInDetail(Answer):
    snapshots: list[SnapshotInDetail] = field(name="manageable-snapshots")
