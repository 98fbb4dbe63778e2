"""What a store of images must be able to do.

A store holds whole, immutable images under names. The data is complete, hashed and inspected on local disk
before a store sees it, so no store holds half an image under its name, or one that was refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

from haneul.kernel.errors import DriverError


class InUse(DriverError):
    """The image stays in the store, because others than the image service use its data there."""

    code = "image.in_use_by_store"


class ImageStore(Protocol):
    """Calls name the state wanted, so they repeat safely. What cannot be done is a DriverError."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def put(self, name: str, path: Path, *, same_as: str | None = None) -> None:
        """The store holds the bytes of the file at `path` under the name, complete and lasting.

        `same_as` names an image in this store that has the same bytes: they may be shared.
        """

    async def size(self, name: str) -> int | None:
        """Bytes that the store holds under the name; None if there is nothing."""
        ...

    def read(self, name: str, offset: int, length: int) -> AsyncIterator[bytes]:
        """That part of the image, in pieces."""
        ...

    async def remove(self, name: str) -> None:
        """The store holds nothing under the name; fine if it never did.

        InUse if it cannot be removed now, because others use it.
        """

    async def names(self) -> set[str]:
        """All that the store holds."""
        ...

    def url(self, name: str) -> str:
        """Where the image is, as administrators may see it; no secrets in it."""
        ...

    def properties(self) -> dict[str, Any]:
        """What administrators want to know of the store."""
        ...


class HasFiles(Protocol):
    """The images of this store are files on this machine."""

    def path(self, name: str) -> Path: ...


class KnowsUse(Protocol):
    """Others can use what is in this store, for instance by cloning it."""

    async def require_unused(self, name: str) -> None:
        """InUse if the image could not be removed now; nothing is changed."""
