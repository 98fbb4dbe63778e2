"""What we write is for nobody else: from the first line of each process, and in folders of older versions."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

OTHERS = 0o077


def begin() -> None:
    """Whatever this process makes from now on is its user's only; who else needs a file is given it by name."""
    os.umask(OTHERS)


def tighten(state: Path) -> None:
    """Files that an older version left open to others are closed; so are folders.

    Below `hosts` only what lies beside the drivers' own folders is touched: there, accounts that run machines own files,
    and pass through.
    """
    if not state.is_dir():
        return
    hosts = state / "hosts"
    _close(state, keep=stat.S_IXOTH)
    for folder, folders, files in os.walk(state):
        here = Path(folder)
        if here == state and "hosts" in folders:
            folders.remove("hosts")
        for name in files:
            _close(here / name)
        for name in folders:
            _close(here / name)
    for pattern in ("*", "*/*"):
        for path in hosts.glob(pattern):
            if path.is_file():
                _close(path)


def _close(path: Path, keep: int = 0) -> None:
    with contextlib.suppress(OSError):  # it is gone, or not ours
        mode = path.lstat().st_mode
        if (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and mode & OTHERS & ~keep:
            path.chmod(stat.S_IMODE(mode) & ~(OTHERS & ~keep))
