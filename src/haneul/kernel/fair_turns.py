"""A few seats for which many stand in line, each in the lane of where they come from; lanes take turns.

So whoever sends many at once waits behind themselves only. A lane has a length, and all lanes together have
one: when that is reached, it is the last of the longest lane that is sent away.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

from haneul.kernel.errors import Unavailable

Place = asyncio.Future[None]


class FairTurns:
    def __init__(self, seats: int, *, lane_length: int, length: int) -> None:
        self._free = seats
        self._lane_length = lane_length
        self._length = length
        self._waiting = 0
        self._lanes: dict[str, deque[Place]] = {}
        """In the order of their next turns; none is empty."""

    @contextlib.asynccontextmanager
    async def turn(self, lane: str) -> AsyncIterator[None]:
        """One's turn has come, until the end of the block; Unavailable if too many wait."""
        await self._acquire(lane)
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, lane: str) -> None:
        if self._free:
            self._free -= 1
            return
        if len(self._lanes.get(lane, ())) >= self._lane_length:
            raise Unavailable
        place: Place = asyncio.get_running_loop().create_future()
        self._lanes.setdefault(lane, deque()).append(place)
        self._waiting += 1
        if self._waiting > self._length:
            longest = max(self._lanes, key=lambda each: len(self._lanes[each]))
            last = self._lanes[longest][-1]
            self._forget(longest, last)
            last.set_exception(Unavailable())
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._release()  # it was given to us when we no longer wanted it
            else:
                self._forget(lane, place)
            raise

    def _forget(self, lane: str, place: Place) -> None:
        places = self._lanes.get(lane)
        if places is None or place not in places:
            return
        places.remove(place)
        self._waiting -= 1
        if not places:
            del self._lanes[lane]

    def _release(self) -> None:
        """The seat is given to the first of the next lane, or stays free."""
        while self._lanes:
            lane = next(iter(self._lanes))
            places = self._lanes.pop(lane)
            place = places.popleft()
            self._waiting -= 1
            if places:
                self._lanes[lane] = places  # behind all others
            if not place.done():  # who was cancelled has not come to say so yet
                place.set_result(None)
                return
        self._free += 1
