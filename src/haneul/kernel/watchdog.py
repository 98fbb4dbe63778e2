"""Who holds the loop: everybody waits while one callback computes, so whoever does it for long is named.

The loop notes the time every `BEAT_S`. A thread looks whether it still does; if not, the task that runs at that
moment is the one that holds it, and its name says what it is: a route, a step of a saga, a reconciler. When the loop
goes on, how long it was held stands in the log and in the metrics. Requests pay for their task's name, and nothing
else.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import structlog
from prometheus_client import Gauge, Histogram

logger = structlog.get_logger(__name__)

BEAT_S = 0.05
HELD_S = 0.1
"""A hold of so long is noted."""
HELD = Histogram(
    "haneul_loop_held_seconds",
    "How long everybody waited for one callback, by what held the loop.",
    ["by"],
    buckets=(0.1, 0.2, 0.5, 1.0, 5.0, 30.0),
)
LONGEST = Gauge("haneul_loop_held_longest_seconds", "The longest that the loop was held.")
_UNNAMED = "Task-"
"""So asyncio calls tasks that nobody named."""


class Watchdog:
    """Watches the loop in which it is started."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.holder = ""
        """Who held the loop for longest."""
        self._loop: Any = None
        self._beat_at = 0.0
        self._computed_s = 0.0
        """Of the loop's thread: a hold without it waits for a disk, or for a machine with too much to do."""
        self._next: asyncio.TimerHandle | None = None
        self._culprit: str | None = None
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._beat_at = time.monotonic()
        self._beat()
        self._thread = threading.Thread(target=self._look, name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        if self._next is not None:
            self._next.cancel()
        if self._thread is not None:
            self._thread.join()

    def _beat(self) -> None:
        now = time.monotonic()
        held_s = now - self._beat_at - BEAT_S
        culprit, self._culprit = self._culprit, None
        self._beat_at = now
        self._next = self._loop.call_later(BEAT_S, self._beat)
        computed, self._computed_s = time.thread_time() - self._computed_s, time.thread_time()
        if held_s >= HELD_S:
            self._note(held_s, computed, culprit or "unknown")

    def _note(self, held_s: float, computed_s: float, by: str) -> None:
        HELD.labels(by).observe(held_s)
        if held_s > self.longest_s:
            self.longest_s, self.holder = held_s, by
            LONGEST.set(held_s)
        logger.warning("the loop was held", by=by, ms=round(held_s * 1000), cpu_ms=round(computed_s * 1000))

    def _look(self) -> None:
        """In the thread: as soon as the loop is late, who runs is remembered for when it goes on."""
        while not self._end.wait(BEAT_S):
            if self._culprit is None and time.monotonic() - self._beat_at > BEAT_S + HELD_S / 2:
                task = asyncio.current_task(self._loop)
                name = task.get_name() if task is not None else _UNNAMED
                self._culprit = None if name.startswith(_UNNAMED) else name
