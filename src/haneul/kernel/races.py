"""Work that is begun again when it lost a race: nothing of it was committed, so it may run as often as it must."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from haneul.kernel.db import Busy
from haneul.kernel.errors import StaleRow

T = TypeVar("T")
LOST: tuple[type[Exception], ...] = (StaleRow, Busy)
"""Others have written what was read, or hold what is to be written."""
TRIES = 5


async def won(
    work: Callable[[], Awaitable[T]], *, lost: tuple[type[Exception], ...] = LOST, tries: int = TRIES
) -> T:
    """What the work gives once nobody was faster; its last problem, if somebody always was."""
    for _ in range(tries - 1):
        try:
            return await work()
        except lost:
            continue
    return await work()
