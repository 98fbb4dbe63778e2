"""Whether there is room on the disk of the state folder: before it is full, and once it is.

Below `warn_free_mib` it is said wherever one looks. Below `least_free_mib` nothing new is taken: requests that
create or change get 507, those that delete go on, for they make room. Should the disk be filled by others all the same, a
file of `reserve_mib` is let go, so that the store can write down what is deleted. It is made again
once there is room.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec

from haneul.kernel.config import Section
from haneul.kernel.errors import StoreAway, StoreFull

Mib = Annotated[int, msgspec.Meta(ge=0)]
LOOK_EVERY_S = 2.0
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_AWAY = {errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.ENODEV}


class RoomLimits(Section, frozen=True):
    """Read from the section `disk`."""

    section: ClassVar[str] = "disk"

    warn_free_mib: Mib = 1024
    least_free_mib: Mib = 64
    reserve_mib: Mib = 16


DEFAULTS = RoomLimits()


def free_mib(folder: Path) -> float:
    return shutil.disk_usage(folder).free / (1 << 20)


def problem(folder: Path, limits: RoomLimits = DEFAULTS) -> str | None:
    """What an operator should know about the folder's disk."""
    try:
        free = free_mib(folder)
    except OSError as error:
        return f"the disk of {folder} cannot be seen: {error.strerror}"
    if free < limits.least_free_mib:
        return f"the disk of {folder} is full ({free:.0f} MiB free): only deleting is possible"
    if free < limits.warn_free_mib:
        return f"the disk of {folder} is nearly full: {free:.0f} MiB free"
    return None


def refusal(error: OSError) -> StoreFull | StoreAway | None:
    """What a caller is told of an error of the file system that is not theirs."""
    if error.errno in _FULL:
        return StoreFull()
    if error.errno in _AWAY:
        return StoreAway()
    return None


class Room:
    """What is known about the room on one disk; `is_full` is asked by every request that writes."""

    def __init__(self, folder: Path, limits: RoomLimits = DEFAULTS) -> None:
        self._folder = folder
        self._limits = limits
        self._reserve = folder / "reserve"
        self.is_full = False

    def look(self) -> None:
        limits = self._limits
        try:
            free = free_mib(self._folder)
        except OSError:
            return
        self.is_full = free < limits.least_free_mib
        if free < limits.reserve_mib / 2:
            self.let_go()
        elif free > limits.least_free_mib + limits.reserve_mib:
            self._keep()

    def let_go(self) -> None:
        """The reserve is free for the store to write in."""
        self.is_full = True
        with contextlib.suppress(OSError):
            os.truncate(self._reserve, 0)  # which needs no room, as a rename or an unlink may

    def _keep(self) -> None:
        wanted = self._limits.reserve_mib << 20
        with contextlib.suppress(OSError):
            if self._reserve.exists() and self._reserve.stat().st_size >= wanted:
                return
            descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                if wanted:
                    os.posix_fallocate(descriptor, 0, wanted)
            finally:
                os.close(descriptor)

    async def follow(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(LOOK_EVERY_S)
