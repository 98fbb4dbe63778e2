"""Whose transaction is next: requests before what runs in the background, but not for ever; projects take turns.

Somebody waits for the answer to a request; nobody waits for one step of an operation. Without this a small
write stands in line behind every step of a thousand servers that are being made. And whoever sends a thousand
requests at once waits behind themselves only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar

IN_BACKGROUND: ContextVar[bool] = ContextVar("in_background", default=False)
"""Set by whoever runs operations and reconcilers, in their own tasks."""
ON_BEHALF_OF: ContextVar[str] = ContextVar("on_behalf_of", default="")
"""The project, or the user without one, whose request this task answers."""

PASSES = 4
"""So many turns in a row may pass by one that waits in the background."""

Place = asyncio.Future[None]


class _Lanes:
    """Who waits, in a lane for each project; the first lane is the next one's."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Place]] = {}

    def __bool__(self) -> bool:
        return bool(self._lanes)

    @property
    def waiting(self) -> bool:
        return any(not place.done() for lane in self._lanes.values() for place in lane)

    def stand(self, whose: str, place: Place) -> None:
        self._lanes.setdefault(whose, deque()).append(place)

    def leave(self, whose: str, place: Place) -> None:
        lane = self._lanes.get(whose)
        if lane is not None and place in lane:
            lane.remove(place)
            if not lane:
                del self._lanes[whose]

    def next(self) -> Place | None:
        """Who no longer stands there: the first of the first lane, which is now behind all others."""
        while self._lanes:
            whose = next(iter(self._lanes))
            lane = self._lanes.pop(whose)
            place = lane.popleft()
            if lane:
                self._lanes[whose] = lane
            if not place.done():
                return place
        return None


class Turns:
    """A lock whose next holder is chosen when it is let go of; `seats` may hold it at once."""

    def __init__(self, seats: int = 1) -> None:
        self._free = seats
        self._urgent = _Lanes()
        self._background = _Lanes()
        self._passed = 0

    @property
    def waiting(self) -> bool:
        return self._urgent.waiting or self._background.waiting

    async def acquire(self) -> None:
        if self._free:
            self._free -= 1
            return
        lanes, whose = self._background if IN_BACKGROUND.get() else self._urgent, ON_BEHALF_OF.get()
        mine: Place = asyncio.get_running_loop().create_future()
        lanes.stand(whose, mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():
                self.release()  # it was given to us when we no longer wanted it
            else:
                lanes.leave(whose, mine)
            raise

    def release(self) -> None:
        """Give it to the next one, or leave it free."""
        following = self._next()
        if following is None:
            self._free += 1
        else:
            following.set_result(None)

    def _next(self) -> Place | None:
        order = (self._urgent, self._background)
        for lanes in order if self._passed < PASSES else order[::-1]:
            if (place := lanes.next()) is not None:
                self._passed = self._passed + 1 if lanes is self._urgent and self._background else 0
                return place
        return None
