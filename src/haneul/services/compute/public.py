"""What other services, and the process itself, may use of compute."""

from __future__ import annotations

from haneul.kernel.auth import SYSTEM
from haneul.kernel.context import Context, Platform
from haneul.services.compute.model.flavors import Flavor
from haneul.services.compute.model.metadata import answer
from haneul.services.compute.operations import history, servers
from haneul.services.compute.sagas.guests import guest_of
from haneul.services.compute.store.flavors import FLAVORS
from haneul.services.compute.store.servers import SERVERS
from haneul.services.network import public as network

show = servers.show
explain = history.explain
__all__ = ["ensure_flavor", "explain", "metadata", "show"]


async def metadata(platform: Platform, host: str, port_id: str, path: str) -> tuple[int, str, bytes]:
    """What the guest behind the port reads at 169.254.169.254. A host asks for the ports that are bound to it."""
    async with platform.reading(SYSTEM) as ctx:
        server_id = await network.server_of_port(ctx, port_id, host)
        server = await SERVERS.get(ctx.tx, server_id) if server_id else None
        if server is None:
            return 404, "text/plain", b"404 Not Found"
        guest = await guest_of(ctx, server)
    return answer(guest, path)


async def ensure_flavor(ctx: Context, name: str, *, vcpus: int, memory_mib: int, disk_gb: int) -> None:
    """The public flavor exists, under its name and that as its id."""
    if await FLAVORS.get(ctx.tx, name) is None:
        await FLAVORS.add(
            ctx.tx,
            Flavor(name, name, vcpus, memory_mib, disk_gb, 0, 0, 1.0, True, False, None, {}, [], ctx.now()),
        )
