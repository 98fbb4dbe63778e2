"""Backups that are only on the books: what `haneul up --simulate` and most tests use."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import NotFound
from haneul.kernel.journal import Journal
from haneul.kernel.simulation import Knobs
from haneul.services.block_storage.drivers.interface import StoredBackup


class SimulatedBackup(Struct, frozen=True):
    of: str
    """The path that was backed up."""
    parent_id: str | None = None
    notes: dict[str, Any] = {}


class FakeBackups:
    """Options: delay_s, fail (see `Knobs`)."""

    def __init__(self, settings: HostSettings) -> None:
        self.knobs = Knobs(settings.options)
        self._backups = Journal(settings.folder / "fake-volumes" / "backups.jsonl", SimulatedBackup)

    async def start(self) -> None:
        """The journal is read when it is first needed."""

    async def close(self) -> None:
        """Nothing is held open."""

    async def ensure_backup(
        self, backup_id: str, path: str, parent_id: str | None, notes: dict[str, Any]
    ) -> StoredBackup:
        await self.knobs.enter("ensure_backup")
        if parent_id is not None:
            self._backup(parent_id)
        if backup_id not in self._backups.entries:
            self._backups.put(backup_id, SimulatedBackup(path, parent_id, notes))
        return _described(self._backup(backup_id))

    async def restore(self, backup_id: str, path: str) -> None:
        await self.knobs.enter("restore")
        self._backup(backup_id)

    async def ensure_backup_gone(self, backup_id: str) -> None:
        await self.knobs.enter("ensure_backup_gone")
        self._backups.drop(backup_id)

    async def stored(self, backup_id: str) -> StoredBackup:
        return _described(self._backup(backup_id))

    async def backups(self) -> set[str]:
        return set(self._backups.entries)

    async def damage(self, backup_id: str) -> str | None:
        self._backup(backup_id)
        return None

    def _backup(self, backup_id: str) -> SimulatedBackup:
        try:
            return self._backups.entries[backup_id]
        except KeyError:
            raise NotFound(f"There is no backup {backup_id} on this host.") from None


def _described(backup: SimulatedBackup) -> StoredBackup:
    return StoredBackup(
        size_bytes=0, stored_bytes=0, block_count=0, parent_id=backup.parent_id, notes=backup.notes
    )
