"""Objects' data as files of a folder.

`incoming/NAME` is being written, and its writer holds a lock on it (flock), which the system takes away from one that
dies. `NA/NAME` is complete and on disk, and still locked until the row that names it is committed. So whoever gets the
lock of a file that no row names knows that it is nobody's.

What arrives is gathered into batches; each is written, and put through MD5 and SHA-256, in three threads at once,
because all three release the interpreter's lock. The threads are everybody's: an upload that nothing comes for has
none, and the more uploads there are, the less each may gather.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from haneul.kernel import whole_files
from haneul.kernel.drivers import HostSettings

BATCH, LEAST_BATCH = 1 << 20, 64 << 10
GATHERED = 64 << 20
"""So much may be gathered by all uploads together, unless they are so many that each has its least."""
THREADS = 32
AHEAD = 2
"""So many batches may wait for the slowest of the three."""
FLUSH_EVERY = 32 << 20
"""So much is handed to the disk at a time, so that the last wait is short."""


class FileData:
    def __init__(self, settings: HostSettings) -> None:
        self.folder = settings.folder
        self.incoming = self.folder / "incoming"
        self.threads = ThreadPoolExecutor(THREADS, "objects")
        self._coming = 0

    @property
    def batch(self) -> int:
        """So much an upload gathers before it is written."""
        return max(LEAST_BATCH, min(BATCH, GATHERED // max(1, self._coming)))

    async def start(self) -> None:
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def close(self) -> None:
        await asyncio.to_thread(self.threads.shutdown)

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / name

    async def begin(self, name: str) -> ComingFile:
        coming = ComingFile(self, name, await asyncio.to_thread(self._create, name))
        self._coming += 1
        return coming

    def let_go(self) -> None:
        """One that was coming is no longer."""
        self._coming -= 1

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
        self._lanes = [Lane(data.threads) for _ in ("md5", "sha256", "write")]
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    async def write(self, piece: bytes) -> None:
        self._size += len(piece)
        self._batch.append(piece)
        self._batched += len(piece)
        if self._batched >= self._data.batch:
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
        return asyncio.wrap_future(self._lanes[lane].submit(function, *arguments))

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
            self._data.let_go()
            await asyncio.shield(self._run(2, _closed, fd))  # behind all that is still to be written


def _closed(fd: int) -> None:
    with contextlib.suppress(OSError):
        os.close(fd)


class Lane:
    """Does one thing after the other, each in whichever thread is free."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._lock = Lock()
        self._todo: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._is_running = False

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            self._todo.append((future, partial(function, *arguments)))
            is_running, self._is_running = self._is_running, True
        if not is_running:
            self._threads.submit(self._run)
        return future

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._todo:
                    self._is_running = False
                    return
                future, work = self._todo.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except Exception as problem:
                future.set_exception(problem)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
