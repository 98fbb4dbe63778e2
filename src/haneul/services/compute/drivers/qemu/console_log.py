"""What a guest wrote to its serial port, in two files that never grow beyond a few megabytes.

QEMU appends to `console.log` for as long as it runs, so the file cannot be renamed away under it: its end is
copied to `console.old.log` and the file is emptied.
"""

from __future__ import annotations

import os
from pathlib import Path

_LIMIT = 4 << 20
_KEPT = 1 << 20


class ConsoleLog:
    def __init__(self, folder: Path) -> None:
        self._now = folder / "console.log"
        self._old = folder / "console.old.log"

    def end(self, length_bytes: int | None) -> bytes:
        """The last bytes written, at most `length_bytes` (None: what is kept)."""
        wanted = _KEPT if length_bytes is None else length_bytes
        now = _tail(self._now, wanted)
        return _tail(self._old, wanted - len(now)) + now

    def shorten(self) -> None:
        """The log is small again. What the guest writes in this very moment may be lost."""
        try:
            if self._now.stat().st_size > _LIMIT:
                self._old.write_bytes(_tail(self._now, _KEPT))
                os.truncate(self._now, 0)
        except FileNotFoundError:
            pass  # the machine has just gone


def _tail(path: Path, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - length))
            return file.read(length)
    except FileNotFoundError:
        return b""
