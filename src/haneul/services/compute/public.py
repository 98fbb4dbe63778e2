"""What other services, and the process itself, may use of compute."""

from __future__ import annotations

from haneul.kernel.auth import SYSTEM
from haneul.kernel.context import Context, Platform
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.model.flavors import Flavor
from haneul.services.compute.model.metadata import answer
from haneul.services.compute.model.servers import Server
from haneul.services.compute.operations import history, servers
from haneul.services.compute.sagas.guests import guest_of
from haneul.services.compute.store.flavors import FLAVORS
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.compute.store.servers import SERVERS
from haneul.services.network import public as network
from haneul.services.placement import public as placement

show = servers.show
explain = history.explain
__all__ = ["ensure_flavor", "explain", "metadata", "show", "verify"]


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


async def _verify_belongings(ctx: Context, projects: dict[str, str]) -> str | None:
    """What servers have of other services is had by servers that are there, and of their own project."""
    ports = [(p.id, p.held_by, p.project_id) for p in await network.held_by_servers(ctx)]
    for what, had in (("port", ports), ("attachment", await block_storage.held_by_servers(ctx))):
        for id, server_id, project_id in had:
            if server_id not in projects:
                return f"{what} {id} is of server {server_id}, which is gone"
            if project_id != projects[server_id]:
                return f"{what} {id} is of another project than its server {server_id}"
    return None


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction."""
    servers: list[Server] = await SERVERS.find(ctx.tx)
    for server in servers:
        if server.vm_state == "building" and server.doing is None:
            return f"server {server.id} is in BUILD and nothing works on it"
        if server.vm_state == "active" and server.host is None:
            return f"server {server.id} is ACTIVE on no host"
        if (server.vm_state == "resized") != (server.resized_from is not None):
            return f"server {server.id} is {server.vm_state}, but what it was before says otherwise"
        if server.vm_state in ("suspended", "rescued") and server.host is None:
            return f"server {server.id} is {server.vm_state} on no host"
        if server.vm_state == "shelved_offloaded" and server.host is not None and server.doing is None:
            return f"server {server.id} is shelved, and on {server.host}"
    for gone in await PAST_SERVERS.among(ctx.tx, "id", [s.id for s in servers]):
        return f"server {gone.id} is both there and gone"
    if problem := await _verify_belongings(ctx, {s.id: s.project_id for s in servers}):
        return problem
    changing = {s.former_claim_id for s in servers if s.resized_from or s.doing == "compute.resize_server"}
    return await placement.verify(ctx, {s.id for s in servers} | changing)
