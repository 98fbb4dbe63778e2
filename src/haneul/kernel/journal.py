"""A small dictionary on disk, for what a simulation or an agent must still know after `kill -9`.

Each change is one appended line, written by one system call and not synced: it survives the process, not
the power. No file is open between changes and none is made before the first, so a thousand idle
journals cost nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from haneul.kernel import whole_files

T = TypeVar("T")
_SLACK_LINES = 1000


class Journal(Generic[T]):
    """Entries of type `kind` by key; change them only through `put` and `drop`."""

    def __init__(self, path: Path, kind: type[T]) -> None:
        self._path = path
        self._kind = kind
        self._entries: dict[str, T] | None = None
        self._lines = 0

    @property
    def entries(self) -> dict[str, T]:
        if self._entries is None:
            self._entries = self._read()
        return self._entries

    def put(self, key: str, value: T) -> None:
        self.entries[key] = value
        self._append(key, value)

    def drop(self, key: str) -> None:
        if self.entries.pop(key, None) is not None:
            self._append(key, None)

    def _read(self) -> dict[str, T]:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        raw: dict[str, Any] = {}
        for line in lines:
            try:
                key, value = msgspec.json.decode(line, type=tuple[str, msgspec.Raw])
            except msgspec.DecodeError:
                continue  # the writer was killed in the middle of it
            if bytes(value) == b"null":
                raw.pop(key, None)
            else:
                raw[key] = value
        self._lines = len(lines)
        return {key: msgspec.json.decode(value, type=self._kind) for key, value in raw.items()}

    def _append(self, key: str, value: T | None) -> None:
        if self._lines > 2 * len(self.entries) + _SLACK_LINES:
            self._compact()
            return
        line = msgspec.json.encode((key, value)) + b"\n"
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._append(key, value)
            return
        try:
            os.write(handle, line)
        finally:
            os.close(handle)
        self._lines += 1

    def _compact(self) -> None:
        """The same entries in as many lines; a reader finds either the old file or the new one."""
        lines = b"".join(msgspec.json.encode(entry) + b"\n" for entry in self.entries.items())
        whole_files.write(self._path, lines, outlives_power=False)
        self._lines = len(self.entries)
