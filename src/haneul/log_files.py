"""The log files of a state folder stay small: each is set aside when it is large or old, and the oldest go.

Whoever writes a log has it open for as long as it lives, at the file's end wherever that is. So what was written
is copied to `NAME.log.1`, and the file is made empty: nobody needs to be told. If there is no room for a copy
there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
import tomllib
from pathlib import Path

from haneul.installation import Installation
from haneul.kernel.config import OptionsProblem, decode
from haneul.kernel.log import LogLimits

LOOK_EVERY_S = 1.0


def limits_of(installation: Installation) -> LogLimits:
    """As the operator wrote; the usual ones where that cannot be read, of which others will tell."""
    with contextlib.suppress(OSError, tomllib.TOMLDecodeError, OptionsProblem):
        return decode("log", LogLimits, installation.options().get("log", {}))
    return LogLimits()


async def keep_small(folder: Path, limits: LogLimits) -> None:
    """Look until cancelled."""
    born: dict[Path, float] = {}
    while True:
        await asyncio.to_thread(look, folder, limits, born)
        await asyncio.sleep(LOOK_EVERY_S)


def look(folder: Path, limits: LogLimits, born: dict[Path, float]) -> None:
    """Every log that is too large or too old is set aside; `born` says since when each has been written."""
    now = time.time()
    for path in folder.glob("*.log"):
        with contextlib.suppress(OSError):
            size = path.stat().st_size
            since = born.setdefault(path, _first_written(path, now))
            if size > limits.most_mib * (1 << 20) or (size and now - since > limits.most_days * 86400):
                set_aside(path, limits.kept)
                born[path] = now


def _first_written(path: Path, now: float) -> float:
    """When the file before this one was set aside; now, if none was."""
    before = path.with_name(f"{path.name}.1")
    return before.stat().st_mtime if before.exists() else now


def set_aside(path: Path, kept: int) -> None:
    """The file is empty, and what was in it is in the newest of so many others."""
    numbered = [path.with_name(f"{path.name}.{n}") for n in range(1, kept + 1)]
    if numbered:
        numbered[-1].unlink(missing_ok=True)
        for older, newer in zip(reversed(numbered), reversed(numbered[:-1]), strict=False):
            if newer.exists():
                newer.rename(older)
        try:
            shutil.copyfile(path, numbered[0])
            numbered[0].chmod(0o600)
        except OSError:
            numbered[0].unlink(missing_ok=True)
    with path.open("r+b") as file:
        file.truncate(0)
