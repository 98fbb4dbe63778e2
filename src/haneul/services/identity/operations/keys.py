"""The keys in the state folder: those that sign tokens, and those that seal credentials.

A file each, named by the time it was made; the newest is in use, the others still open what they closed.
Every process looks at the folder again once something in it has changed, so keys may be added and dropped
under running processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Generic, TypeVar

from cryptography.fernet import Fernet

from haneul.kernel import whole_files
from haneul.services.identity.model.tokens import SigningKey

K = TypeVar("K")
_NAME = "%Y%m%d%H%M%S%f"
FIRST = "credentials"
"""The name of the sealing key of clouds that are older than rotation; it comes before all others."""


class Ring(Generic[K]):
    """The keys of one kind, in the order in which they were made."""

    def __init__(self, suffix: str, made: Callable[[], bytes], read: Callable[[str, bytes], K]) -> None:
        self._suffix = suffix
        self._made = made
        self._read = read
        self._known: dict[Path, tuple[int, dict[str, K]]] = {}

    def keys(self, folder: Path) -> dict[str, K]:
        """All keys by their names, oldest first; the first is made when there is none."""
        path = _place(folder)
        changed = path.stat().st_mtime_ns if path.is_dir() else -1
        known = self._known.get(path)
        if known is None or known[0] != changed:
            known = self._known[path] = changed, self._load(path)
        if not known[1]:
            self.add(folder)
            return self.keys(folder)
        return known[1]

    def newest(self, folder: Path) -> tuple[str, K]:
        """The key in use, with its name."""
        return next(reversed(self.keys(folder).items()))

    def find(self, folder: Path, name: str) -> K | None:
        """The key of that name, even if another process made it just now."""
        key = self.keys(folder).get(name)
        if key is None and self._known.pop(_place(folder), None):
            key = self.keys(folder).get(name)
        return key

    def add(self, folder: Path) -> str:
        """A new key, readable by its owner only, is in use from now on; its name."""
        path = _place(folder)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = datetime.now(UTC).strftime(_NAME)
        whole_files.write(path / f"{name}.{self._suffix}", self._made())
        self._known.pop(path, None)
        return name

    def drop(self, folder: Path, name: str) -> None:
        """What the key closed is closed for good; fine if there is no such key."""
        (_place(folder) / f"{name}.{self._suffix}").unlink(missing_ok=True)
        self._known.pop(_place(folder), None)

    def replaced(self, folder: Path, age: timedelta) -> list[str]:
        """The names of the keys that have not been in use for that long."""
        names = list(self.keys(folder))
        latest = datetime.now(UTC) - age
        return [old for old, new in pairwise(names) if _made_at(new) <= latest]

    def _load(self, path: Path) -> dict[str, K]:
        files = {each.stem: each.read_bytes() for each in path.glob(f"*.{self._suffix}")}
        names = sorted(files, key=lambda name: (name != FIRST, name))
        return {name: self._read(name, files[name]) for name in names}


def _place(folder: Path) -> Path:
    return folder / "keys" / "identity"


def _made_at(name: str) -> datetime:
    return datetime.strptime(name.ljust(20, "0"), _NAME).replace(tzinfo=UTC)


SIGNING: Ring[SigningKey] = Ring("ed25519", lambda: os.urandom(32), SigningKey)
SEALING: Ring[Fernet] = Ring("fernet", Fernet.generate_key, lambda name, key: Fernet(key))


def rotate(folder: Path) -> None:
    """New tokens are signed, and credentials sealed, with new keys; what there is still holds."""
    SIGNING.add(folder)
    SEALING.add(folder)
