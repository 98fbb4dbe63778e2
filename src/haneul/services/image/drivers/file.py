"""Images as files in one folder.

A file appears under its name by a rename, when it is on disk. It is linked from where it was prepared if
that is on the same file system, else cloned or copied. Images with the same bytes are one file with
several names.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from haneul.kernel import whole_files
from haneul.kernel.disks import disk_files
from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError

READ_SIZE = 1 << 20
_CANNOT_LINK = {errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP}


class FileStore:
    def __init__(self, settings: HostSettings) -> None:
        self.folder = settings.folder

    async def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def close(self) -> None:
        pass

    def path(self, name: str) -> Path:
        return self.folder / name

    async def put(self, name: str, path: Path, *, same_as: str | None = None) -> None:
        try:
            await asyncio.to_thread(self._put, name, path, same_as)
        except OSError as problem:
            raise DriverError(f"The image could not be stored in {self.folder}: {problem}") from problem

    def _put(self, name: str, path: Path, same_as: str | None) -> None:
        target = self.path(name)
        size = path.stat().st_size
        if same_as is not None and same_as != name and self._size(same_as) == size:
            # the other image may be deleted at this moment; then these bytes stay on their own
            with contextlib.suppress(OSError):
                self._link(self.path(same_as), target)
                return
        if path == target or (self._size(name) == size and target.samefile(path)):
            return
        try:
            self._link(path, target)
        except OSError as problem:
            if problem.errno not in _CANNOT_LINK:
                raise
            self._copy(path, target)

    def _part(self, target: Path) -> Path:
        return target.with_name(f".{target.name}.part")

    def _link(self, path: Path, target: Path) -> None:
        part = self._part(target)
        part.unlink(missing_ok=True)
        part.hardlink_to(path)
        whole_files.keep(part, target)

    def _copy(self, path: Path, target: Path) -> None:
        with whole_files.making(target, part=self._part(target)) as part:
            disk_files.copy(path, part)

    def _size(self, name: str) -> int | None:
        try:
            return self.path(name).stat().st_size
        except FileNotFoundError:
            return None

    async def size(self, name: str) -> int | None:
        try:
            return self._size(name)
        except OSError as problem:
            raise DriverError(f"The store in {self.folder} cannot be read: {problem}") from problem

    async def read(self, name: str, offset: int, length: int) -> AsyncIterator[bytes]:
        try:
            fd = os.open(self.path(name), os.O_RDONLY)
        except OSError as problem:
            raise DriverError(f"The store in {self.folder} cannot be read: {problem}") from problem
        try:
            end = offset + length
            while offset < end:
                try:
                    piece = await asyncio.to_thread(os.pread, fd, min(READ_SIZE, end - offset), offset)
                except OSError as problem:
                    raise DriverError(f"The image {name} cannot be read: {problem}") from problem
                if not piece:
                    raise DriverError(f"The image {name} is shorter than it should be.")
                offset += len(piece)
                yield piece
        finally:
            os.close(fd)

    async def remove(self, name: str) -> None:
        def unlink() -> None:
            for file in (self.path(name), self._part(self.path(name))):
                file.unlink(missing_ok=True)

        await asyncio.to_thread(unlink)

    async def names(self) -> set[str]:
        def look() -> set[str]:
            return {e.name for e in os.scandir(self.folder) if e.is_file() and not e.name.startswith(".")}

        try:
            return await asyncio.to_thread(look)
        except OSError as problem:
            raise DriverError(f"The store in {self.folder} cannot be read: {problem}") from problem

    def url(self, name: str) -> str:
        return self.path(name).absolute().as_uri()

    def properties(self) -> dict[str, Any]:
        return {"data_dir": str(self.folder), "chunk_size": READ_SIZE, "thin_provisioning": False}
