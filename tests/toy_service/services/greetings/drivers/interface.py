"""What a host must be able to do with greetings."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class GreetingHost(Protocol):
    """What a host does with greetings. Calls name what is wanted, so they repeat safely."""

    async def start(self) -> None: ...
    async def close(self) -> None: ...

    async def ensure_there(self, greeting_id: str, text: str) -> None:
        """The host holds the greeting."""
        ...

    async def ensure_gone(self, greeting_id: str) -> None:
        """The host does not hold it."""
        ...

    async def held(self) -> dict[str, str]:
        """What the host holds: id -> text."""
        ...
