"""Turns for talking to addresses outside: so many at a time, and of one project only so many of them.

Whatever is outside may be silent or slow. So the threads that wait for it are their own, and nobody else's work
stands in the same queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
THREADS = 64
"""Each waits for one answer; they begin when they are needed."""
_threads = ThreadPoolExecutor(THREADS, "outside")


@cache
def authorities() -> ssl.SSLContext:
    """Whom to believe over TLS; read once, since nobody else is served in the tenth of a second that it takes."""
    import httpx  # takes 50 ms, and few clouds ask others

    return httpx.create_ssl_context(trust_env=False)


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """What the function gives, which waits for somebody outside."""
    return await asyncio.get_running_loop().run_in_executor(_threads, function, *arguments)


class Turns:
    """At most `most` at a time, and `most_of_one` of them for the same holder."""

    def __init__(self) -> None:
        self._holding: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def turn(self, holder: str, most: int, most_of_one: int) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(
                lambda: self._holding.total() < most and self._holding[holder] < most_of_one
            )
            self._holding[holder] += 1
        try:
            yield
        finally:
            await asyncio.shield(self._give_back(holder))

    async def _give_back(self, holder: str) -> None:
        async with self._changed:
            self._holding[holder] -= 1
            self._holding += Counter()  # keeps those that hold something
            self._changed.notify_all()
