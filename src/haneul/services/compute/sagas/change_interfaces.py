"""Give a server one more port, and take one away."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.compute.drivers.interface import Hypervisor, NicSpec
from haneul.services.compute.model.machines import nic, nic_model
from haneul.services.compute.model.servers import tagged
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.network import public as network


class Interface(msgspec.Struct, frozen=True):
    server_id: str
    host: str
    port_id: str


async def wire(ctx: Context, interface: Interface) -> NicSpec:
    """The port is on the host and active; the card that the guest will see stands in the answer."""
    (wired,) = await network.wire_ports(ctx, interface.server_id, interface.host, [interface.port_id])
    async with ctx.in_reading() as reading:
        server = await find_server(reading.tx, interface.server_id)
    return nic(wired, nic_model(server))


async def unwire(ctx: Context, interface: Interface) -> None:
    """The host has the port no longer."""
    await network.unwire_ports(ctx, interface.server_id, interface.host, [interface.port_id])


async def plug(ctx: Context, interface: Interface, wired: NicSpec) -> None:
    """The machine has the card, now and after every later start."""
    await ctx.agent(interface.host, Hypervisor).attach_nic(interface.server_id, wired)


async def unplug(ctx: Context, interface: Interface) -> None:
    """The machine has let go of the card."""
    await ctx.agent(interface.host, Hypervisor).detach_nic(interface.server_id, interface.port_id)


async def replug(ctx: Context, interface: Interface) -> None:
    """The server has the port again, as if nobody had asked to take it away; fine if there is no such port."""
    for wired in await network.wire_ports(ctx, interface.server_id, interface.host, [interface.port_id]):
        async with ctx.in_reading() as reading:
            server = await find_server(reading.tx, interface.server_id)
        await plug(ctx, interface, nic(wired, nic_model(server)))


async def let_go(ctx: Context, interface: Interface) -> None:
    """The port is not the server's any more (gone, if it was made for it), nor is its tag."""
    await network.detach_port(ctx, interface.server_id, interface.port_id)
    server = await SERVERS.get(ctx.tx, interface.server_id)
    if server is not None and interface.port_id in server.device_tags:
        await SERVERS.update(ctx.tx, tagged(server, interface.port_id, None))


async def give_up(ctx: Context, interface: Interface, failure: Failure) -> None:
    """The port is free again, as if it had never been the server's."""
    await let_go(ctx, interface)


async def keep(ctx: Context, interface: Interface, failure: Failure) -> None:
    """The port stays the server's; the operation's record says why."""


ATTACH_INTERFACE = Saga(
    "compute.attach_interface",
    input=Interface,
    steps=[Step(wire, undo=unwire), Step(plug, undo=unplug)],
    on_failure=give_up,
)
DETACH_INTERFACE = Saga(
    "compute.detach_interface",
    input=Interface,
    steps=[Step(unplug, undo=replug), Step(unwire), Step(let_go, joins=True)],
    on_failure=keep,
)
