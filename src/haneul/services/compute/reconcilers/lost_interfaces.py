"""Take interfaces away from machines whose ports were deleted.

Who may delete a port may do so while a server has it. The port is gone at once; that a machine still has the
interface stands in a row, until the machine was told.
"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.compute.sagas.change_interfaces import DETACH_INTERFACE, Interface
from haneul.services.compute.store.servers import SERVERS
from haneul.services.network import public as network


@reconciler(every_s=30, nudged_by=(network.PortUnbound,))
async def detach_lost_ports(ctx: Context) -> None:
    """One look at every port that went away under its server; a server that is busy is met again."""
    async with ctx.in_reading() as reading:
        lost = await network.lost_ports(reading)
    for port in lost:
        async with ctx.in_transaction() as writing:
            server = await SERVERS.get(writing.tx, port.server_id)
            if server is None or server.host is None:
                await network.detach_port(writing, port.server_id, port.id)
            elif server.doing is None:
                interface = Interface(server.id, server.host, port.id)
                await writing.start(DETACH_INTERFACE, interface, resource=server.id)
