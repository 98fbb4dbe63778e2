"""How much of the processor and of memory something costs, whatever else the machine does meanwhile."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

LIMIT_S = 0.2
"""No request may have the loop for longer, on a machine as fast as the one that the unit was measured on."""
_UNIT_S = 0.012
"""What `_unit` takes there."""
TRIES = 4


def _unit() -> float:
    """Seconds of a fixed amount of work, the least of a few."""
    text = json.dumps([{"name": str(i), "numbers": list(range(20))} for i in range(1000)])
    found = []
    for _ in range(5):
        begun = time.thread_time()
        json.loads(text)
        sum(i * i for i in range(100_000))
        found.append(time.thread_time() - begun)
    return min(found)


def limit_s() -> float:
    """The limit here: longer where the processor is slower."""
    return LIMIT_S * max(1.0, _unit() / _UNIT_S)


async def cost_s(act: Callable[[], Awaitable[Any]], enough_s: float) -> tuple[float, Any]:
    """Seconds of the loop's thread, the least of a few if the first were too many; and what came of it."""
    least, result = float("inf"), None
    for _ in range(TRIES):
        begun = time.thread_time()
        result = await act()
        least = min(least, time.thread_time() - begun)
        if least < enough_s:
            break
    await asyncio.sleep(
        0
    )  # what a request left for the loop to end, of its client's too, ends before the next
    return least, result


def memory_mib(database: Any) -> float:
    """What the process has of memory for itself (not the pages of files), after all that can be was given back.

    SQLite gives back the pages that it keeps of its file, which are so many as it was told.
    """
    for name in ("_writer", "_reader"):
        if (connection := getattr(database, name, None)) is not None:
            connection.execute("PRAGMA shrink_memory").close()
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:")) / 1024
