"""Volumes that are only on the books: what `haneul up --simulate` and most tests use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from haneul.kernel.disks import empty_qcow2
from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import NotFound
from haneul.kernel.journal import Journal
from haneul.kernel.simulation import Knobs
from haneul.services.block_storage.drivers.interface import (
    Capacity,
    FromSnapshot,
    FromVolume,
    ImageSource,
    VolumeSource,
)

SNAPSHOT = "_snapshot"
"""Names of snapshots that are none of this cloud's begin so."""


class SimulatedVolume(Struct, frozen=True):
    size_gb: int


class FakeVolumes:
    """Options: disk_gb, delay_s, fail (see `Knobs`)."""

    def __init__(self, settings: HostSettings) -> None:
        self._total_gb = int(settings.options.get("disk_gb", 4000))
        self._folder = settings.folder / "fake-volumes"
        self.knobs = Knobs(settings.options)
        self._volumes = Journal(self._folder / "volumes.jsonl", SimulatedVolume)
        self._snapshots = Journal(self._folder / "snapshots.jsonl", SimulatedVolume)
        self._aside = Journal(self._folder / "unmanaged.jsonl", SimulatedVolume)

    async def start(self) -> None:
        """The journals are read when first needed."""

    async def close(self) -> None:
        """Nothing is held open."""

    async def ensure_volume(self, volume_id: str, size_gb: int, source: VolumeSource | None = None) -> None:
        await self.knobs.enter("ensure_volume")
        if volume_id in self._volumes.entries:
            return
        match source:
            case FromVolume(origin):
                size_gb = max(size_gb, self._volume(origin).size_gb)
            case FromSnapshot(origin):
                size_gb = max(size_gb, self._snapshot(origin).size_gb)
        self._volumes.put(volume_id, SimulatedVolume(size_gb))

    async def ensure_gone(self, volume_id: str) -> None:
        await self.knobs.enter("ensure_gone")
        self._volumes.drop(volume_id)
        self._export_path(volume_id).unlink(missing_ok=True)

    async def extend(self, volume_id: str, size_gb: int) -> None:
        await self.knobs.enter("extend")
        volume = self._volume(volume_id)
        if volume.size_gb < size_gb:
            self._volumes.put(volume_id, msgspec.structs.replace(volume, size_gb=size_gb))

    async def connect(self, volume_id: str, host: str) -> dict[str, Any]:
        await self.knobs.enter("connect")
        self._volume(volume_id)
        return {"kind": "simulated", "disk": volume_id, "format": "raw"}

    async def disconnect(self, volume_id: str, host: str) -> None:
        await self.knobs.enter("disconnect")

    async def ensure_snapshot(self, snapshot_id: str, volume_id: str) -> None:
        await self.knobs.enter("ensure_snapshot")
        if snapshot_id not in self._snapshots.entries:
            self._snapshots.put(snapshot_id, self._volume(volume_id))

    async def ensure_snapshots(self, snapshots: dict[str, str]) -> None:
        await self.knobs.enter("ensure_snapshots")
        volumes = {id: self._volume(volume_id) for id, volume_id in snapshots.items()}
        for id, volume in volumes.items():
            if id not in self._snapshots.entries:
                self._snapshots.put(id, volume)

    async def ensure_snapshot_gone(self, snapshot_id: str) -> None:
        await self.knobs.enter("ensure_snapshot_gone")
        self._snapshots.drop(snapshot_id)

    async def revert(self, volume_id: str, snapshot_id: str) -> None:
        await self.knobs.enter("revert")
        self._volume(volume_id)
        self._snapshot(snapshot_id)

    async def export_volume(self, volume_id: str, disk_format: str = "qcow2") -> str:
        """A true file of the right size, without content, since a simulated volume has none."""
        await self.knobs.enter("export_volume")
        path = self._export_path(volume_id)
        size = self._volume(volume_id).size_gb << 30
        self._folder.mkdir(parents=True, exist_ok=True)
        if disk_format == "raw":
            path.touch()
            os.truncate(path, size)
        else:
            path.write_bytes(empty_qcow2.content(size))
        return str(path)

    async def ensure_export_gone(self, volume_id: str) -> None:
        self._export_path(volume_id).unlink(missing_ok=True)

    async def ensure_image(self, volume_id: str, size_gb: int, image: ImageSource) -> None:
        await self.knobs.enter("ensure_image")
        self._volume(volume_id)

    async def manageable_volumes(self) -> dict[str, int]:
        return {n: v.size_gb for n, v in self._aside.entries.items() if not n.startswith(SNAPSHOT)}

    async def manageable_snapshots(self) -> dict[str, int]:
        return {n: v.size_gb for n, v in self._aside.entries.items() if n.startswith(SNAPSHOT)}

    async def ensure_managed(self, volume_id: str, name: str) -> int:
        await self.knobs.enter("ensure_managed")
        if volume_id not in self._volumes.entries:
            self._volumes.put(volume_id, self._put_aside(name))
        self._aside.drop(name)
        return self._volume(volume_id).size_gb

    async def ensure_unmanaged(self, volume_id: str, name: str) -> None:
        await self.knobs.enter("ensure_unmanaged")
        if volume_id in self._volumes.entries:
            self._aside.put(name, self._volume(volume_id))
            self._volumes.drop(volume_id)

    async def ensure_snapshot_managed(self, snapshot_id: str, name: str) -> int:
        await self.knobs.enter("ensure_snapshot_managed")
        if snapshot_id not in self._snapshots.entries:
            self._snapshots.put(snapshot_id, self._put_aside(name))
        self._aside.drop(name)
        return self._snapshot(snapshot_id).size_gb

    async def ensure_snapshot_unmanaged(self, snapshot_id: str, name: str) -> None:
        await self.knobs.enter("ensure_snapshot_unmanaged")
        if snapshot_id in self._snapshots.entries:
            self._aside.put(name, self._snapshot(snapshot_id))
            self._snapshots.drop(snapshot_id)

    async def open_volume(self, volume_id: str) -> str:
        """No file: simulated backups read nothing."""
        await self.knobs.enter("open_volume")
        self._volume(volume_id)
        return f"simulated:{volume_id}"

    async def close_volume(self, volume_id: str) -> None:
        await self.knobs.enter("close_volume")

    async def open_snapshot(self, snapshot_id: str) -> str:
        await self.knobs.enter("open_snapshot")
        self._snapshot(snapshot_id)
        return f"simulated:{snapshot_id}"

    async def open_for_writing(self, volume_id: str) -> str:
        await self.knobs.enter("open_for_writing")
        self._volume(volume_id)
        return f"simulated:{volume_id}"

    async def volumes(self) -> dict[str, int]:
        return {volume_id: volume.size_gb for volume_id, volume in self._volumes.entries.items()}

    async def snapshots(self) -> set[str]:
        return set(self._snapshots.entries)

    async def capacity(self) -> Capacity:
        provisioned = float(sum((await self.volumes()).values()))
        return Capacity(
            total_gb=self._total_gb,
            free_gb=max(0.0, self._total_gb - provisioned),
            provisioned_gb=provisioned,
        )

    # Inside

    def _volume(self, volume_id: str) -> SimulatedVolume:
        try:
            return self._volumes.entries[volume_id]
        except KeyError:
            raise NotFound(f"There is no volume {volume_id} on this host.") from None

    def _snapshot(self, snapshot_id: str) -> SimulatedVolume:
        try:
            return self._snapshots.entries[snapshot_id]
        except KeyError:
            raise NotFound(f"There is no snapshot {snapshot_id} on this host.") from None

    def _put_aside(self, name: str) -> SimulatedVolume:
        try:
            return self._aside.entries[name]
        except KeyError:
            raise NotFound(f"There is no {name} on this host.") from None

    def _export_path(self, volume_id: str) -> Path:
        return self._folder / f"{volume_id}.qcow2"
