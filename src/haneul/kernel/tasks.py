"""Tasks: what they are called, and ending them for good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_S = 0.5


def name_task(name: str) -> None:
    """What this task does from here on is called so by whoever looks who holds the loop."""
    task = asyncio.current_task()
    if task is not None:
        task.set_name(name)


async def end_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """None of them runs any more.

    A cancellation can get lost: in Python 3.11 `wait_for`, which libraries use, swallows one that comes
    together with the result it waits for. So who does not end is cancelled again.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
