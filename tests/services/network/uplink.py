"""A program: the host that it runs on gets a leg on an external network, uses it, and loses it again."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.services.network.wire import Wire, external, network, run


async def main(folder: Path) -> None:
    before = await own_devices()
    for uplink in ("none", "host"):
        wire = Wire(folder / uplink, uplink=uplink)
        await wire.driver.start()
        try:
            outside = external()
            await wire.driver.ensure_network(network())
            await wire.driver.ensure_network(outside)
            await wire.driver.ensure_network(outside)
            has_leg = await own_devices() != before
            assert has_leg == (uplink == "host"), await own_devices()
            if has_leg:
                assert "203.0.113.254/24" in (await run(None, "ip -o addr"))[1]
                code, said = await run(None, "ping -q -c 3 -i 0.2 203.0.113.1")
                assert code == 0, said
        finally:
            await wire.clear()
        assert await own_devices() == before


async def own_devices() -> list[str]:
    return [line.split()[0] for line in (await run(None, "ip -br link"))[1].splitlines()]


asyncio.run(main(Path(sys.argv[1])))
