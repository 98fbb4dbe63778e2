"""Images in a pool of a Ceph cluster, each with the protected snapshot that volumes can be cloned from.

Options: `pool` (images), `user` (Ceph's default), `conf` (/etc/ceph/ceph.conf), `chunk_size_mib` (8, a power
of two), `thin_provisioning` (true: chunks of zeros are not written), `rados_connect_timeout_s` (5) for short
questions, `operation_timeout_s` (30) for one read or write of data.

librbd blocks, so it is called in threads of the store's own: a silent cluster takes those and no others.
After a silence nobody asks for some seconds, so that who can read elsewhere does so at once.
"""

from __future__ import annotations

import asyncio
import errno
import re
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError
from haneul.services.image.drivers.rbd.library import library
from haneul.services.image.drivers.rbd.pool import SNAPSHOT, Access, Pool

READ_SIZE = 1 << 20
THREADS = 8
PAUSE_S = 3.0
"""So long nobody asks a cluster that was silent."""


class RbdStore:
    def __init__(self, settings: HostSettings) -> None:
        options = settings.options
        self.name = settings.name
        self.chunk_size = _power_of_two(int(options.get("chunk_size_mib", 8))) << 20
        self.is_thin = bool(options.get("thin_provisioning", True))
        self._access = Access(
            pool=str(options.get("pool", "images")),
            user=str(options.get("user", "")),
            conf=str(options.get("conf", "/etc/ceph/ceph.conf")),
            connect_timeout_s=float(options.get("rados_connect_timeout_s", 5)),
            operation_timeout_s=float(options.get("operation_timeout_s", 30)),
        )
        self._pool = Pool(self._access)
        self._threads = ThreadPoolExecutor(THREADS, f"rbd-{self.name}")
        self._silent_until = 0.0
        self._removing = asyncio.Lock()

    async def start(self) -> None:
        await self._ask(self._pool.require)

    async def close(self) -> None:
        self._threads.submit(self._pool.disconnect)
        self._threads.shutdown(wait=False)

    async def _ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """The answer to a short question."""
        # the library has its own timeouts, which end the thread; this one also bounds waiting for a thread
        return await self._call(question, *arguments, within_s=2 * self._access.connect_timeout_s)

    async def _call(
        self, function: Callable[..., Any], *arguments: Any, within_s: float | None = None
    ) -> Any:
        if time.monotonic() < self._silent_until:
            raise DriverError(f"The Ceph cluster of the store {self.name} does not answer.")
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        except TimeoutError:
            raise self._silent("no answer in time") from None
        except DriverError:
            raise
        except library().failures as problem:
            if getattr(problem, "errno", None) in (errno.ETIMEDOUT, -errno.ETIMEDOUT):
                raise self._silent(str(problem)) from problem
            raise DriverError(f"The pool {self._access.pool} answered: {problem}") from problem

    def _silent(self, why: str) -> DriverError:
        self._silent_until = time.monotonic() + PAUSE_S
        return DriverError(f"The Ceph cluster of the store {self.name} does not answer: {why}")

    async def put(self, name: str, path: Path, *, same_as: str | None = None) -> None:
        given_up = threading.Event()
        try:
            await self._call(self._pool.put, name, path, self.chunk_size, self.is_thin, given_up)
        finally:
            given_up.set()

    async def size(self, name: str) -> int | None:
        size: int | None = await self._ask(self._pool.size, name)
        return size

    async def read(self, name: str, offset: int, length: int) -> AsyncIterator[bytes]:
        image = await self._ask(self._pool.open, name)
        try:
            end = offset + length
            while offset < end:
                piece = await self._call(image.read, offset, min(READ_SIZE, end - offset))
                if not piece:
                    raise DriverError(f"The image {name} is shorter than it should be.")
                offset += len(piece)
                yield piece
        finally:
            self._threads.submit(image.close)  # by a thread, since it waits for a read that goes on

    async def remove(self, name: str) -> None:
        async with self._removing:  # who removes an image has it open, which is being used to another one
            await self._call(self._pool.remove, name)

    async def require_unused(self, name: str) -> None:
        await self._ask(self._pool.require_unused, name)

    async def names(self) -> set[str]:
        names: set[str] = await self._call(self._pool.names)
        return names

    def url(self, name: str) -> str:
        fsid = self._pool.fsid or self._configured_fsid()
        place = [fsid, self._access.pool, name, SNAPSHOT] if fsid else [name]
        return "rbd://" + "/".join(quote(part, safe="") for part in place)

    def _configured_fsid(self) -> str:
        """As the configuration has it: addresses are shown without asking the cluster."""
        try:
            text = Path(self._access.conf).read_text()
        except OSError:
            return ""
        match = re.search(r"^\s*fsid\s*=\s*([0-9a-f-]+)", text, re.MULTILINE)
        return match[1] if match else ""

    def properties(self) -> dict[str, Any]:
        return {
            "chunk_size": self.chunk_size,
            "pool": self._access.pool,
            "thin_provisioning": self.is_thin,
        }


def _power_of_two(mib: int) -> int:
    """RBD's objects have such sizes; what lies between is rounded down."""
    return 1 << max(mib, 1).bit_length() - 1
