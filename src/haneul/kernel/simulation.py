"""The knobs that every simulated driver has: how long calls take, and which of them fail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from haneul.kernel.errors import DriverError


class Knobs:
    """Made from a host's options `delay_s` and `fail`; both may be changed at any time.

    `fail` names calls: {"ensure_running": 2} fails the next two, -1 fails all until it is taken out.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.delay_s: float = float(options.get("delay_s", 0))
        self.fail: dict[str, int] = dict(options.get("fail", {}))

    async def enter(self, call: str) -> None:
        """Returns when the call may take effect; raises when it is to fail."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        left = self.fail.get(call, 0)
        if not left:
            return
        if left > 0:
            self.fail[call] = left - 1
        raise DriverError(f"The simulation was told to fail {call}.")
