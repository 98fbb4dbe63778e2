"""Objects' data as files of a folder.

`incoming/NAME` is being written, and its writer holds a lock on it (flock), which the system takes away from one that
dies. `NA/NAME` is complete and on disk, and still locked until the row that names it is committed. So whoever gets the
lock of a file that no row names knows that it is nobody's.

What arrives is gathered into batches; each is written, and put through MD5 and SHA-256, in three threads at once,
because all three release the interpreter's lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from haneul.kernel import whole_files
from haneul.kernel.drivers import HostSettings

BATCH = 1 << 20
AHEAD = 2
"""So many batches may wait for the slowest of the three."""
FLUSH_EVERY = 32 << 20
"""So much is handed to the disk at a time, so that the last wait is short."""


class FileData:
    def __init__(self, settings: HostSettings) -> None:
        self.folder = settings.folder
        self.incoming = self.folder / "incoming"

    async def start(self) -> None:
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def close(self) -> None:
        pass

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / name

    async def begin(self, name: str) -> ComingFile:
        return ComingFile(self, name, await asyncio.to_thread(self._create, name))

    def _create(self, name: str) -> int:
        """The file's descriptor, locked. A sweep may be faster than the lock: then it is made again."""
        while True:
            fd = os.open(self.incoming / name, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink:
                return fd
            os.close(fd)

    async def remove(self, name: str) -> None:
        await asyncio.to_thread(self.unlink, name)

    def unlink(self, name: str) -> None:
        for path in (self.path(name), self.incoming / name):
            path.unlink(missing_ok=True)

    async def names(self, *, is_coming: bool = False) -> AsyncIterator[list[str]]:
        folders = [self.incoming.name] if is_coming else await asyncio.to_thread(_listed, self.folder)
        for each in folders:
            names = await asyncio.to_thread(_listed, self.folder / each)
            for start in range(0, len(names), 1000):
                yield names[start : start + 1000]

    async def hold(self, name: str) -> HeldFile | None:
        fd = await asyncio.to_thread(self._locked, name)
        return None if fd is None else HeldFile(self, name, fd)

    def _locked(self, name: str) -> int | None:
        for path in (self.incoming / name, self.path(name)):
            try:
                fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(fd)
                return None
            return fd
        return None


def _listed(folder: Path) -> list[str]:
    return sorted(each.name for each in os.scandir(folder)) if folder.is_dir() else []


class HeldFile:
    def __init__(self, data: FileData, name: str, fd: int) -> None:
        self._data, self._name, self._fd = data, name, fd

    async def remove(self) -> None:
        await self._data.remove(self._name)

    async def let_go(self) -> None:
        os.close(self._fd)


class ComingFile:
    def __init__(self, data: FileData, name: str, fd: int) -> None:
        self._data = data
        self._name = name
        self._fd = fd
        self._size = self._unflushed = self._batched = 0
        self._batch: list[bytes] = []
        self._waiting: deque[tuple[asyncio.Future[Any], ...]] = deque()
        self._lanes = [ThreadPoolExecutor(1, f"object-{lane}") for lane in ("md5", "sha256", "write")]
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    async def write(self, piece: bytes) -> None:
        self._size += len(piece)
        self._batch.append(piece)
        self._batched += len(piece)
        if self._batched >= BATCH:
            self._send()
            while len(self._waiting) > AHEAD:
                await asyncio.gather(*self._waiting.popleft())

    def _send(self) -> None:
        batch = b"".join(self._batch)
        self._batch, self._batched = [], 0
        self._unflushed += len(batch)
        futures = [
            self._run(0, self._md5.update, batch),
            self._run(1, self._sha256.update, batch),
            self._run(2, _write_all, self._fd, batch),
        ]
        if self._unflushed >= FLUSH_EVERY:
            self._unflushed = 0
            futures.append(self._run(2, os.fdatasync, self._fd))
        self._waiting.append(tuple(futures))

    def _run(self, lane: int, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._lanes[lane], function, *arguments)

    async def keep(self) -> tuple[int, str, str]:
        self._send()
        while self._waiting:
            await asyncio.gather(*self._waiting.popleft())
        await self._run(2, self._rename)
        return self._size, self._md5.hexdigest(), self._sha256.hexdigest()

    def _rename(self) -> None:
        target = self._data.path(self._name)
        if not target.parent.is_dir():
            target.parent.mkdir(exist_ok=True, mode=0o700)
            whole_files.sync(target.parent.parent)
        whole_files.keep(self._data.incoming / self._name, target)

    async def discard(self) -> None:
        while self._waiting:
            await asyncio.gather(*self._waiting.popleft(), return_exceptions=True)
        await self._data.remove(self._name)
        await self.let_go()

    async def let_go(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            for lane in self._lanes:
                lane.shutdown()
            with contextlib.suppress(OSError):
                os.close(fd)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
