"""A server's ports."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.policy import Rule
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.compute import errors
from haneul.services.compute.model.servers import host_of, require, require_unlocked, tagged
from haneul.services.compute.operations import servers
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import servers as policy
from haneul.services.compute.sagas.change_interfaces import ATTACH_INTERFACE, DETACH_INTERFACE, Interface
from haneul.services.compute.store.servers import SERVERS
from haneul.services.network import public as network


async def list_(ctx: Context, id: str, rule: Rule = policy.LIST_INTERFACES) -> list[network.Port]:
    """The server's ports, if the rule lets the asker do this with it."""
    server = await servers.show(ctx, id, rule)
    return await network.server_ports(ctx, server.id)


async def show(ctx: Context, id: str, port_id: str, rule: Rule = policy.SHOW_INTERFACE) -> network.Port:
    """That port of the server; NotAttached if it is none of it."""
    for port in await list_(ctx, id, rule):
        if port.id == port_id:
            return port
    raise errors.NotAttached(what="port", id=port_id, server_id=id)


async def tags(ctx: Context, id: str, rule: Rule) -> dict[str, str]:
    """What the owner calls the server's devices, if the rule lets the asker do this with it."""
    return (await servers.show(ctx, id, rule)).device_tags


async def attach(ctx: Context, id: str, requested: network.RequestedNic) -> network.Port:
    """The server owns one more port; its machine gets it soon."""
    server = await servers.show(ctx, id, policy.ATTACH_INTERFACE)
    require(server, "attach_interface", by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    host = host_of(server, "attach_interface")
    port = await network.attach_port(
        ctx, server.id, requested, host, server.project_id, server.zone or DEFAULT_ZONE
    )
    if requested.tag:
        await SERVERS.update(ctx.tx, tagged(server, port.id, requested.tag))
    await ctx.start(ATTACH_INTERFACE, Interface(server.id, host, port.id), resource=server.id)
    return port


async def detach(ctx: Context, id: str, port_id: str) -> None:
    """Accept taking the port away from the server."""
    server = await servers.show(ctx, id, policy.DETACH_INTERFACE)
    port = await show(ctx, id, port_id, policy.DETACH_INTERFACE)
    require(server, "detach_interface", by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    host = host_of(server, "detach_interface")
    await ctx.start(DETACH_INTERFACE, Interface(server.id, host, port.id), resource=server.id)


async def add_address(ctx: Context, id: str, network_id: str) -> None:
    """The server's NIC on that network has one more address."""
    server = await servers.show(ctx, id, policy.ADD_ADDRESS)
    require_unlocked(server, by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    await network.add_address(ctx, server.id, network_id)


async def remove_address(ctx: Context, id: str, ip: str) -> None:
    """None of the server's NICs has that address."""
    server = await servers.show(ctx, id, policy.REMOVE_ADDRESS)
    require_unlocked(server, by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    await network.remove_address(ctx, server.id, ip)


async def only_network(ctx: Context) -> str:
    """The one network that the project's servers can be on; raises if there are none or several."""
    networks = await network.auto_networks(ctx)
    if not networks:
        raise errors.NoNetworkToAttach()
    if len(networks) > 1:
        raise errors.AmbiguousNetworks()
    return networks[0]
