"""What keeps the data of objects. Data has a name, is written once, and never changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol


class Coming(Protocol):
    """Data on its way in: nobody's until it is kept, and held by its writer until it is let go."""

    async def write(self, piece: bytes) -> None:
        """Take more; returns when there is room for what comes next."""
        ...

    async def keep(self) -> tuple[int, str, str]:
        """The data is complete and outlives a loss of power: its size, MD5 and SHA-256."""
        ...

    async def discard(self) -> None:
        """Nothing of it is left."""
        ...

    async def let_go(self) -> None:
        """Whether it is somebody's is for the rows to say from now on."""
        ...


class ObjectData(Protocol):
    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def begin(self, name: str) -> Coming: ...

    def path(self, name: str) -> Path:
        """The file in which complete data is."""
        ...

    async def remove(self, name: str) -> None:
        """The data is gone; one that is not there is fine."""
        ...

    def names(self, *, is_coming: bool = False) -> AsyncIterator[list[str]]:
        """All data there is, complete or not, some names at a time; with `is_coming` what is not complete only."""
        ...

    async def hold(self, name: str) -> Held | None:
        """The data, if nobody is writing it: nobody will until it is let go."""
        ...


class Held(Protocol):
    async def remove(self) -> None: ...

    async def let_go(self) -> None: ...
