"""The files with images' data, and how one comes to be.

`images/incoming/NAME` is being written; `images/NAME` is complete, on disk, and never changes. What
arrives is gathered into batches of a mebibyte or so; each is written, and put through MD5 and SHA-512,
in three threads at once, because all three release the interpreter's lock. At most `AHEAD` batches wait,
so memory stays flat and a fast sender is slowed to the pace of the slowest of the three. A mebibyte of zeros is
left out of the file, which reads as zeros there and takes no room on the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from haneul.kernel import whole_files
from haneul.services.image import errors
from haneul.services.image.model import formats
from haneul.services.image.model.images import Stored

BATCH = 1 << 20
AHEAD = 4
FLUSH_EVERY = 32 << 20
"""So much is handed to the disk at a time, so that the last wait is short."""
_ZEROS = bytes(BATCH)


class Files:
    """The files of one cloud."""

    def __init__(self, state_folder: Path) -> None:
        self.folder = state_folder / "images"
        self.incoming = self.folder / "incoming"

    def path(self, name: str) -> Path:
        return self.folder / name

    def prepare(self) -> None:
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def remove(self, name: str) -> None:
        """The file is gone, whether complete or not."""
        for folder in (self.folder, self.incoming):
            (folder / name).unlink(missing_ok=True)

    def names(self) -> set[str]:
        """All files there are, complete or not."""
        names: set[str] = set()
        for folder in (self.folder, self.incoming):
            with contextlib.suppress(FileNotFoundError):
                names.update(entry.name for entry in os.scandir(folder) if entry.is_file())
        return names


class Incoming:
    """A file on its way in: `write` what arrives, then `finish`; or `discard` it.

    Nothing is left behind unless `finish` returned.
    """

    def __init__(self, files: Files, name: str, *, limit: int) -> None:
        self._files = files
        self._name = name
        self._limit = limit
        self._size = 0
        self._batch: list[bytes] = []
        self._batched = 0
        self._waiting: deque[tuple[asyncio.Future[Any], ...]] = deque()
        files.prepare()
        self._fd = os.open(files.incoming / name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._lanes = [ThreadPoolExecutor(1, f"image-{lane}") for lane in ("md5", "sha512", "write", "flush")]
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha512 = hashlib.sha512()
        self._unflushed = 0

    async def write(self, chunk: bytes) -> None:
        """Take more data; returns when there is room for what comes next."""
        self._size += len(chunk)
        if self._size > self._limit:
            raise errors.ImageTooLarge(limit=self._limit)
        self._batch.append(chunk)
        self._batched += len(chunk)
        if self._batched >= BATCH:
            self._send()
            while len(self._waiting) > AHEAD:
                await self._settle(self._waiting.popleft())

    def _send(self) -> None:
        batch = b"".join(self._batch)
        self._batch, self._batched = [], 0
        self._waiting.append(
            (
                self._run(0, self._md5.update, batch),
                self._run(1, self._sha512.update, batch),
                self._run(2, _write_all, self._fd, batch, self._size - len(batch)),
            )
        )
        self._unflushed += len(batch)
        if self._unflushed >= FLUSH_EVERY:
            self._unflushed = 0
            self._waiting.append((self._run(3, os.fdatasync, self._fd),))

    def _run(self, lane: int, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._lanes[lane], function, *arguments)

    async def _settle(self, futures: tuple[asyncio.Future[Any], ...]) -> None:
        try:
            await asyncio.gather(*futures)
        except OSError as problem:
            if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise errors.StorageFull from problem
            raise

    async def finish(self, declared: str | None) -> Stored:
        """The complete file, inspected, on disk under its final name.

        `declared` is the disk format that the data must have; None: it is not looked at.
        """
        if self._batch:
            self._send()
        while self._waiting:
            await self._settle(self._waiting.popleft())
        await self._settle((self._run(2, os.ftruncate, self._fd, self._size),))  # it may end in zeros
        virtual_size = await self._run(2, self._inspect, declared) if declared else None
        await self._settle((self._run(2, self._keep),))
        await self._close()
        return Stored(self._name, self._size, self._md5.hexdigest(), self._sha512.hexdigest(), virtual_size)

    def _inspect(self, declared: str) -> int | None:
        return formats.verify(declared, lambda offset, length: os.pread(self._fd, length, offset), self._size)

    def _keep(self) -> None:
        whole_files.keep(self._files.incoming / self._name, self._files.path(self._name))

    async def discard(self) -> None:
        """The file is gone and every thread is done with it."""
        while self._waiting:
            await asyncio.gather(*self._waiting.popleft(), return_exceptions=True)
        await self._close()
        self._files.remove(self._name)

    async def _close(self) -> None:
        if self._fd >= 0:
            for lane in self._lanes:
                lane.shutdown()
            os.close(self._fd)
            self._fd = -1


def _write_all(fd: int, data: bytes, offset: int) -> None:
    for start in range(0, len(data), BATCH):
        if not _is_zeros(data, start):
            _write_at(fd, memoryview(data)[start : start + BATCH], offset + start)


def _is_zeros(data: bytes, start: int) -> bool:
    """Whether the batch that begins there is all zeros; most tell by their first byte that they are not."""
    return not data[start] and data[start : start + BATCH] == _ZEROS[: len(data) - start]


def _write_at(fd: int, view: memoryview, offset: int) -> None:
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written
