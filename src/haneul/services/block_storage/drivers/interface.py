"""What a host must be able to do with volumes and their snapshots.

Every call names the state that is wanted, so it may be repeated. What is gone stays gone without
complaint. A driver raises `DriverError`, or `ImpossibleHere` when another host might do it.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from haneul.kernel.disks.disk_image import ImageSource

__all__ = [
    "Backups",
    "Capacity",
    "ExportsVolumes",
    "FromImage",
    "FromSnapshot",
    "FromVolume",
    "ImageSource",
    "ImagesVolumes",
    "ManagesVolumes",
    "OpensVolumes",
    "RevertsVolumes",
    "SnapshotsTogether",
    "StoredBackup",
    "VolumeSource",
    "Volumes",
]


class FromImage(Struct, frozen=True, tag="image"):
    image: ImageSource


class FromVolume(Struct, frozen=True, tag="volume"):
    volume_id: str


class FromSnapshot(Struct, frozen=True, tag="snapshot"):
    snapshot_id: str


VolumeSource = FromImage | FromVolume | FromSnapshot


class Capacity(Struct, frozen=True, kw_only=True):
    total_gb: float
    free_gb: float
    provisioned_gb: float
    """What all volumes could grow to; more than `total_gb` when provisioning is thin."""


class Volumes(Protocol):
    """Volumes and snapshots by id. A snapshot stands on its own: its volume may go first."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def ensure_volume(self, volume_id: str, size_gb: int, source: VolumeSource | None = None) -> None:
        """The volume exists with the source's content. One that exists already is left as it is."""
        ...

    async def ensure_gone(self, volume_id: str) -> None: ...

    async def extend(self, volume_id: str, size_gb: int) -> None:
        """The volume is at least this large. A machine that uses it is told by its hypervisor."""
        ...

    async def connect(self, volume_id: str, host: str) -> dict[str, Any]:
        """How `host` reaches the volume: {"kind": "file", "path": ..., "format": "raw"}; for `DiskSpec`."""
        ...

    async def disconnect(self, volume_id: str, host: str) -> None:
        """`host` needs the volume no longer; volume and host may be gone."""
        ...

    async def ensure_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """The snapshot holds the volume's content as of one moment."""
        ...

    async def ensure_snapshot_gone(self, snapshot_id: str) -> None: ...

    async def volumes(self) -> dict[str, int]:
        """Size in GB by volume id, of all that exist."""
        ...

    async def snapshots(self) -> set[str]: ...

    async def capacity(self) -> Capacity: ...


@runtime_checkable
class ExportsVolumes(Protocol):
    async def export_volume(self, volume_id: str, disk_format: str = "qcow2") -> str:
        """The path of a standalone file (qcow2 or raw) with the volume's content, to be made an image."""
        ...

    async def ensure_export_gone(self, volume_id: str) -> None: ...


@runtime_checkable
class RevertsVolumes(Protocol):
    async def revert(self, volume_id: str, snapshot_id: str) -> None:
        """The volume's content is the snapshot's again; its size stays. Nobody may be using it."""
        ...


@runtime_checkable
class ImagesVolumes(Protocol):
    async def ensure_image(self, volume_id: str, size_gb: int, image: ImageSource) -> None:
        """The volume's content is the image's, and zeros after it. Nobody may be using it."""
        ...


@runtime_checkable
class ManagesVolumes(Protocol):
    """What operators put beside the volumes becomes one, or a snapshot, and the other way round, by name."""

    async def manageable_volumes(self) -> dict[str, int]:
        """Size in GB by name, rounded up, of all that may become volumes."""
        ...

    async def manageable_snapshots(self) -> dict[str, int]: ...

    async def ensure_managed(self, volume_id: str, name: str) -> int:
        """What had the name is the volume; its size in GB. NotFound if there was neither."""
        ...

    async def ensure_unmanaged(self, volume_id: str, name: str) -> None:
        """The volume, if it was there, is no longer one and has the name."""
        ...

    async def ensure_snapshot_managed(self, snapshot_id: str, name: str) -> int: ...

    async def ensure_snapshot_unmanaged(self, snapshot_id: str, name: str) -> None: ...


@runtime_checkable
class SnapshotsTogether(Protocol):
    async def ensure_snapshots(self, snapshots: dict[str, str]) -> None:
        """Each snapshot (by id, with its volume's) holds its volume's content as of the same moment.

        DriverError if somebody writes to one of the volumes meanwhile: then there is no such moment.
        """
        ...


@runtime_checkable
class OpensVolumes(Protocol):
    """The content as a file of the host, for who copies it block by block."""

    async def open_volume(self, volume_id: str) -> str:
        """The path of a raw file with the volume's content as of one moment; it may be read until `close_volume`.

        DriverError if somebody writes to the volume, and the driver has no way to hold a moment of it.
        """
        ...

    async def close_volume(self, volume_id: str) -> None: ...

    async def open_snapshot(self, snapshot_id: str) -> str:
        """The path of a raw file with the snapshot's content, to be read."""
        ...

    async def open_for_writing(self, volume_id: str) -> str:
        """The path of the volume's own content, raw. Nobody may be using it: DriverError otherwise."""
        ...


class StoredBackup(Struct, frozen=True, kw_only=True):
    """What a store says of a backup that it has."""

    size_bytes: int
    """Of what was backed up."""
    stored_bytes: int
    """What this one added to the store."""
    block_count: int
    """So many blocks were added: neither holes, nor in the backups that it adds to."""
    parent_id: str | None = None
    notes: dict[str, Any] = {}
    """What was given with it: what the volume is beside its content."""


class Backups(Protocol):
    """A store of backups by id. An incremental one holds what differs from its parent, which must stay."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def ensure_backup(
        self, backup_id: str, path: str, parent_id: str | None, notes: dict[str, Any]
    ) -> StoredBackup:
        """The store has what the file holds, or has it already; NotFound if it has no such parent."""
        ...

    async def restore(self, backup_id: str, path: str) -> None:
        """The file begins with what was backed up, byte for byte; what it has beyond that stays. DriverError if
        the store's data is not what it was."""
        ...

    async def ensure_backup_gone(self, backup_id: str) -> None: ...

    async def stored(self, backup_id: str) -> StoredBackup:
        """NotFound if the store has no such backup."""
        ...

    async def backups(self) -> set[str]: ...

    async def damage(self, backup_id: str) -> str | None:
        """None, or what is wrong with the backup's data, every byte of which was read."""
        ...
