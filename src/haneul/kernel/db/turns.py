"""Whose transaction is next: requests before what runs in the background, but not for ever.

Somebody waits for the answer to a request; nobody waits for one step of an operation. Without this a small
write stands in line behind every step of a thousand servers that are being made.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar

IN_BACKGROUND: ContextVar[bool] = ContextVar("in_background", default=False)
"""Set by whoever runs operations and reconcilers, in their own tasks."""

PASSES = 4
"""So many turns in a row may pass by one that waits in the background."""


class Turns:
    """A lock whose next holder is chosen when it is let go of; `seats` may hold it at once."""

    def __init__(self, seats: int = 1) -> None:
        self._free = seats
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._background: deque[asyncio.Future[None]] = deque()
        self._passed = 0

    @property
    def waiting(self) -> bool:
        return any(not f.done() for lane in (self._urgent, self._background) for f in lane)

    async def acquire(self) -> None:
        if self._free:
            self._free -= 1
            return
        lane = self._background if IN_BACKGROUND.get() else self._urgent
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():
                self.release()  # it was given to us when we no longer wanted it
            elif mine in lane:
                lane.remove(mine)
            raise

    def release(self) -> None:
        """Give it to the next one, or leave it free."""
        following = self._next()
        if following is None:
            self._free += 1
        else:
            following.set_result(None)

    def _next(self) -> asyncio.Future[None] | None:
        for lane in self._lanes():
            while lane:
                found = lane.popleft()
                if not found.done():
                    self._passed = self._passed + 1 if lane is self._urgent and self._background else 0
                    return found
        return None

    def _lanes(self) -> tuple[deque[asyncio.Future[None]], deque[asyncio.Future[None]]]:
        if self._passed >= PASSES:
            return self._background, self._urgent
        return self._urgent, self._background
