"""Waiting in a test for what happens soon, on a fast machine as on a slow one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

PATIENCE_S = 600.0
"""After so long a wait has failed. Nothing that is right takes nearly that long, on the slowest machine either."""


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it never came")
        await asyncio.sleep(0.01)


def looks(every_s: float) -> Iterator[int]:
    """A number for each look that may still be taken, with a pause between two; ends when patience does."""
    end = time.monotonic() + PATIENCE_S
    number = 0
    while time.monotonic() < end:
        yield number
        number += 1
        time.sleep(every_s)
