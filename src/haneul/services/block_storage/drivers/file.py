"""Volumes as sparse raw files in one folder.

Raw, because it is the fastest to serve and can be cloned: on XFS and Btrfs a snapshot or a copy shares its
blocks with the original and is there in a millisecond, of one moment even while a guest writes. On
other file systems only the data is copied, not the holes; then a volume that a machine is writing to cannot
be snapshotted here, because the copy would mix earlier and later blocks, and the driver refuses.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any

from haneul.kernel import whole_files
from haneul.kernel.disks import disk_files
from haneul.kernel.disks.disk_image import ImageSource
from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError, NotFound
from haneul.services.block_storage.drivers.interface import (
    Capacity,
    FromImage,
    FromVolume,
    VolumeSource,
)

GIB = 1 << 30
SNAPSHOT = "_snapshot"
"""Names of snapshots that are none of this cloud's begin so."""


class FileVolumes:
    """Option: `folder`, which several hosts may share; by default a folder of the host's own.

    Raw files in its folder `unmanaged` can be made volumes and, if their names begin with `_snapshot`, snapshots.
    """

    def __init__(self, settings: HostSettings) -> None:
        folder = Path(settings.options.get("folder", settings.folder / "volumes"))
        self._folder = folder
        self._volumes = folder / "volumes"
        self._snapshots = folder / "snapshots"
        self._exports = folder / "exports"
        self._aside = folder / "unmanaged"
        self._locks: dict[str, asyncio.Lock] = {}
        self._clones = False

    async def start(self) -> None:
        for folder in (self._folder, self._volumes, self._snapshots, self._exports, self._aside):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)  # QEMU's own user passes through, and lists nothing
            for unfinished in folder.glob("*.part"):
                unfinished.unlink()
        self._clones = disk_files.clones_files(self._volumes)

    async def close(self) -> None:
        """Nothing is held open."""

    async def ensure_volume(self, volume_id: str, size_gb: int, source: VolumeSource | None = None) -> None:
        path = self._path(self._volumes, volume_id)
        async with self._lock(volume_id):
            if path.exists():
                return
            async with whole_files.making_slowly(path) as new:
                await self._fill(new, source)
                _grow(new, size_gb * GIB)
                new.chmod(0o600)

    async def ensure_gone(self, volume_id: str) -> None:
        async with self._lock(volume_id):
            self._path(self._volumes, volume_id).unlink(missing_ok=True)
        await self.ensure_export_gone(volume_id)
        self._locks.pop(volume_id, None)

    async def extend(self, volume_id: str, size_gb: int) -> None:
        _grow(self._existing(volume_id), size_gb * GIB)

    async def connect(self, volume_id: str, host: str) -> dict[str, Any]:
        return {"kind": "file", "path": str(self._existing(volume_id)), "format": "raw"}

    async def disconnect(self, volume_id: str, host: str) -> None:
        """A file needs no undoing."""

    async def ensure_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        path = self._path(self._snapshots, snapshot_id)
        async with self._lock(volume_id):
            if not path.exists():
                await self._copy_at_rest(self._existing(volume_id), path)

    async def ensure_snapshots(self, snapshots: dict[str, str]) -> None:
        async with contextlib.AsyncExitStack() as held:
            for volume_id in sorted(set(snapshots.values())):
                await held.enter_async_context(self._lock(volume_id))
            for volume_id in snapshots.values():
                if disk_files.is_in_use(self._existing(volume_id)):
                    raise DriverError(f"Volume {volume_id} is in use: there is no moment for all.")
            for id, volume_id in snapshots.items():
                path = self._path(self._snapshots, id)
                if not path.exists():
                    await asyncio.to_thread(disk_files.copy, self._existing(volume_id), path)
                    path.chmod(0o600)

    async def ensure_snapshot_gone(self, snapshot_id: str) -> None:
        self._path(self._snapshots, snapshot_id).unlink(missing_ok=True)

    async def revert(self, volume_id: str, snapshot_id: str) -> None:
        path = self._existing(volume_id)
        async with self._lock(volume_id):
            self._refuse_in_use(path)
            size = path.stat().st_size
            await asyncio.to_thread(disk_files.copy, self._existing_snapshot(snapshot_id), path)
            _grow(path, size)
            path.chmod(0o600)

    async def export_volume(self, volume_id: str, disk_format: str = "qcow2") -> str:
        to = self._path(self._exports, volume_id)
        async with self._lock(volume_id):
            path = self._existing(volume_id)
            if disk_format == "raw":
                await asyncio.to_thread(disk_files.copy, path, to)
                return str(to)
            if not self._clones:
                await disk_files.convert(path, "raw", to, "qcow2")
                return str(to)
            moment = to.with_name(to.name + ".moment")
            try:
                await asyncio.to_thread(disk_files.copy, path, moment)
                await disk_files.convert(moment, "raw", to, "qcow2")
            finally:
                moment.unlink(missing_ok=True)
        return str(to)

    async def ensure_export_gone(self, volume_id: str) -> None:
        self._path(self._exports, volume_id).unlink(missing_ok=True)

    async def ensure_image(self, volume_id: str, size_gb: int, image: ImageSource) -> None:
        path = self._existing(volume_id)
        async with self._lock(volume_id):
            self._refuse_in_use(path)
            async with whole_files.making_slowly(path) as new:
                await _from_image(image, new)
                _grow(new, size_gb * GIB)
                new.chmod(0o600)

    async def manageable_volumes(self) -> dict[str, int]:
        return {n: size for n, size in self._put_aside().items() if not n.startswith(SNAPSHOT)}

    async def manageable_snapshots(self) -> dict[str, int]:
        return {n: size for n, size in self._put_aside().items() if n.startswith(SNAPSHOT)}

    async def ensure_managed(self, volume_id: str, name: str) -> int:
        return self._take(self._path(self._volumes, volume_id), name)

    async def ensure_unmanaged(self, volume_id: str, name: str) -> None:
        path = self._path(self._volumes, volume_id)
        async with self._lock(volume_id):
            if path.exists():
                self._refuse_in_use(path)
                self._move(path, self._path(self._aside, name))

    async def ensure_snapshot_managed(self, snapshot_id: str, name: str) -> int:
        return self._take(self._path(self._snapshots, snapshot_id), name)

    async def ensure_snapshot_unmanaged(self, snapshot_id: str, name: str) -> None:
        path = self._path(self._snapshots, snapshot_id)
        if path.exists():
            self._move(path, self._path(self._aside, name))

    async def open_volume(self, volume_id: str) -> str:
        path = self._existing(volume_id)
        async with self._lock(volume_id):
            if not disk_files.is_in_use(path):
                return str(path)  # who opens it sees to it that nobody begins to write
            if not self._clones:
                self._refuse_in_use(path)
            moment = self._moment(volume_id)
            await asyncio.to_thread(disk_files.copy, path, moment)
            return str(moment)

    async def close_volume(self, volume_id: str) -> None:
        self._moment(volume_id).unlink(missing_ok=True)

    async def open_snapshot(self, snapshot_id: str) -> str:
        return str(self._existing_snapshot(snapshot_id))

    async def open_for_writing(self, volume_id: str) -> str:
        path = self._existing(volume_id)
        self._refuse_in_use(path)
        return str(path)

    async def volumes(self) -> dict[str, int]:
        return {path.name: -(-path.stat().st_size // GIB) for path in _finished(self._volumes)}

    async def snapshots(self) -> set[str]:
        return {path.name for path in _finished(self._snapshots)}

    async def capacity(self) -> Capacity:
        space = os.statvfs(self._volumes)
        return Capacity(
            total_gb=space.f_blocks * space.f_frsize / GIB,
            free_gb=space.f_bavail * space.f_frsize / GIB,
            provisioned_gb=float(sum((await self.volumes()).values())),
        )

    # Inside

    async def _fill(self, new: Path, source: VolumeSource | None) -> None:
        match source:
            case None:
                new.touch()
            case FromImage(image):
                await _from_image(image, new)
            case FromVolume(volume_id):
                async with self._lock(volume_id):
                    await self._copy_at_rest(self._existing(volume_id), new)
            case _:
                snapshot = self._existing_snapshot(source.snapshot_id)
                await asyncio.to_thread(disk_files.copy, snapshot, new)

    async def _copy_at_rest(self, path: Path, to: Path) -> None:
        if not self._clones:
            self._refuse_in_use(path)
        await asyncio.to_thread(disk_files.copy, path, to)
        to.chmod(0o600)

    def _refuse_in_use(self, path: Path) -> None:
        if disk_files.is_in_use(path):
            raise DriverError(f"Volume {path.name} is in use, and its file system cannot clone files.")

    def _existing(self, volume_id: str) -> Path:
        path = self._path(self._volumes, volume_id)
        if not path.exists():
            raise NotFound(f"There is no volume {volume_id} on this host.")
        return path

    def _existing_snapshot(self, snapshot_id: str) -> Path:
        path = self._path(self._snapshots, snapshot_id)
        if not path.exists():
            raise NotFound(f"There is no snapshot {snapshot_id} on this host.")
        return path

    def _put_aside(self) -> dict[str, int]:
        """Sizes in GB of the files that operators may have made volumes and snapshots of."""
        return {
            path.name: -(-path.stat().st_size // GIB)
            for path in _finished(self._aside)
            if path.is_file() and not path.is_symlink()
        }

    def _take(self, path: Path, name: str) -> int:
        """What was put aside by that name is there; its size in GB, to which it has grown."""
        if not path.exists():
            if name not in self._put_aside():
                raise NotFound(f"There is no {name} on this host.")
            aside = self._path(self._aside, name)
            self._refuse_in_use(aside)
            self._move(aside, path)
        size_gb = max(1, -(-path.stat().st_size // GIB))
        _grow(path, size_gb * GIB)
        path.chmod(0o600)
        return size_gb

    def _move(self, path: Path, to: Path) -> None:
        if to.exists():
            raise DriverError(f"There is a {to.name} already.")
        path.rename(to)
        whole_files.sync(to.parent)
        whole_files.sync(path.parent)

    def _moment(self, volume_id: str) -> Path:
        return self._path(self._exports, f"{volume_id}.opened.moment")

    def _path(self, folder: Path, name: str) -> Path:
        if "/" in name or name.startswith("."):
            raise DriverError(f"{name!r} is not an id.")
        return folder / name

    def _lock(self, volume_id: str) -> asyncio.Lock:
        return self._locks.setdefault(volume_id, asyncio.Lock())


async def _from_image(image: ImageSource, new: Path) -> None:
    format = disk_files.qemu_format(image.format)
    if format == "raw":
        await disk_files.fetch(image, new)
        return
    fetched = new.with_name(new.name + ".image.part")
    try:
        await disk_files.fetch(image, fetched)
        await disk_files.convert(fetched, format, new, "raw")
    finally:
        fetched.unlink(missing_ok=True)


def _grow(path: Path, size_bytes: int) -> None:
    if path.stat().st_size < size_bytes:
        os.truncate(path, size_bytes)


def _finished(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix not in (".part", ".new", ".moment")]
