"""Whether what is stored of servers fits together, and with what other services have for them.

A server on which an operation works is between two states, and one in ERROR may be anywhere: of these only that is
asked which holds at every moment.
"""

from __future__ import annotations

from collections.abc import Mapping

from haneul.kernel.context import Context
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.model.servers import Server, VmState
from haneul.services.compute.sagas.create_server import needs
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.compute.store.servers import SERVERS
from haneul.services.network import public as network
from haneul.services.placement import public as placement
from haneul.services.placement.public import Holding


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction among servers, their ports and volumes, and the room that they hold."""
    servers: dict[str, Server] = {s.id: s for s in await SERVERS.find(ctx.tx)}
    for server in servers.values():
        if problem := _wrong_in_itself(server):
            return problem
    for gone in await PAST_SERVERS.among(ctx.tx, "id", servers):
        return f"server {gone.id} is both there and gone"
    return await _wrong_belongings(ctx, servers) or _wrong_room(servers, await placement.holdings(ctx))


def _wrong_in_itself(server: Server) -> str | None:
    is_settled, state = server.doing is None, server.vm_state
    if state == VmState.BUILDING and is_settled:
        return f"server {server.id} is in BUILD and nothing works on it"
    if state == VmState.ACTIVE and server.host is None:
        return f"server {server.id} is ACTIVE on no host"
    if (state == VmState.RESIZED) != (server.resized_from is not None):
        return f"server {server.id} is {state}, but what it was before says otherwise"
    if state in (VmState.SUSPENDED, VmState.RESCUED) and server.host is None:
        return f"server {server.id} is {state} on no host"
    if state == VmState.SHELVED_OFFLOADED and server.host is not None and is_settled:
        return f"server {server.id} is shelved, and on {server.host}"
    has = (server.flavor.vcpus, server.flavor.memory_mib)
    if is_settled and server.resized_from is None and (server.vcpus, server.memory_mib) != has:
        return (
            f"server {server.id} counts as {server.vcpus} CPUs, {server.memory_mib} MiB; its flavor has {has}"
        )
    return None


def _is_at_home(server: Server) -> bool:
    """Whether it has all that it should have: nothing works on it, and nothing went wrong with it."""
    return server.doing is None and server.vm_state not in (VmState.BUILDING, VmState.ERROR)


async def _wrong_belongings(ctx: Context, servers: Mapping[str, Server]) -> str | None:
    """What servers have of other services is of servers that are there, and of their project, and is where they are."""
    ports = await network.held_by_servers(ctx)
    attachments = await block_storage.held_by_servers(ctx)
    owned = [("port", p.id, p.held_by, p.project_id) for p in ports]
    for what, id, server_id, project_id in owned + [("attachment", *each) for each in attachments]:
        if server_id not in servers:
            return f"{what} {id} is of server {server_id}, which is gone"
        if project_id != servers[server_id].project_id:
            return f"{what} {id} is of another project than its server {server_id}"
    for port in ports:
        server = servers[port.held_by]
        if _is_at_home(server) and port.host != (server.host or ""):
            where = port.host or "no host", server.host or "none"
            return f"port {port.id} is bound to {where[0]}, its server {server.id} is on {where[1]}"
    return None


def _wrong_room(servers: Mapping[str, Server], holdings: Mapping[str, Holding]) -> str | None:
    """Who holds room is a server, or what one was before a resize; it is that of its flavor, on its host."""
    former = {
        s.former_claim_id: s
        for s in servers.values()
        if s.resized_from is not None or s.doing == "compute.resize_server"
    }
    for id, holding in holdings.items():
        if id not in servers and id not in former and holding.kind in ("INSTANCE", "MIGRATION"):
            return f"consumer {id} holds allocations but is no server, nor what one was before a resize"
    for server in servers.values():
        held = holdings[server.id].on if server.id in holdings else {}
        if server.doing is None and server.host is None and held:
            return f"server {server.id} is on no host, and holds room on {', '.join(map(str, held))}"
        if not _is_at_home(server) or server.host is None:
            continue
        if held != {server.host: needs(server, server.flavor)}:
            wanted = needs(server, server.flavor)
            return f"server {server.id} is on {server.host} and needs {wanted}; it holds {held}"
        if was := server.resized_from:
            kept = holdings[server.former_claim_id].on if server.former_claim_id in holdings else {}
            if kept != {server.host: needs(server, was.flavor)}:
                return f"server {server.id} could not go back to {was.flavor.name}: {kept} is kept for it"
    return None
