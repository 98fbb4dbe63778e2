"""Images in memory, with the faults that a store can have on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError

PIECE = 1 << 16


class FakeStore:
    """Every call fails while `is_down`."""

    def __init__(self, settings: HostSettings) -> None:
        self.name = settings.name
        self.is_down = bool(settings.options.get("is_down"))
        self.images: dict[str, bytes] = {}

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def _require_up(self) -> None:
        if self.is_down:
            raise DriverError(f"The store {self.name} does not answer.")

    async def put(self, name: str, path: Path, *, same_as: str | None = None) -> None:
        self._require_up()
        self.images[name] = await asyncio.to_thread(path.read_bytes)

    async def size(self, name: str) -> int | None:
        self._require_up()
        return len(self.images[name]) if name in self.images else None

    async def read(self, name: str, offset: int, length: int) -> AsyncIterator[bytes]:
        self._require_up()
        wanted = self.images[name][offset : offset + length]
        for start in range(0, len(wanted), PIECE):
            self._require_up()
            yield wanted[start : start + PIECE]

    async def remove(self, name: str) -> None:
        self._require_up()
        self.images.pop(name, None)

    async def names(self) -> set[str]:
        self._require_up()
        return set(self.images)

    def url(self, name: str) -> str:
        return f"fake://{self.name}/{name}"

    def properties(self) -> dict[str, Any]:
        return {}
