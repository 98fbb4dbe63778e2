"""What a host must be able to do with greetings."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Doors(Protocol):
    """The host's door. Calls name what is wanted, so they repeat safely."""

    async def start(self) -> None: ...
    async def close(self) -> None: ...

    async def ensure_hung(self, greeting_id: str, text: str) -> None:
        """The greeting hangs at the door."""
        ...

    async def ensure_gone(self, greeting_id: str) -> None:
        """It does not."""
        ...

    async def hung(self) -> dict[str, str]:
        """What hangs there: id -> text."""
        ...
