"""Close the gaps between servers and the machines on their hosts.

Machines that no server wants are removed. Servers whose machine is not what it should be are mended: a
host that was restarted starts those that ran; a guest that shut itself down is shown as stopped.
"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError
from haneul.kernel.reconciler import reconciler
from haneul.services.compute.drivers.interface import Hypervisor, KeepsRootDisks
from haneul.services.compute.model.machines import rescue_disks
from haneul.services.compute.model.servers import POWER, PowerState, Server, VmState
from haneul.services.compute.sagas.rescue_server import RESCUE_SERVER
from haneul.services.compute.sagas.restore_server import RESTORE_SERVER, Lost
from haneul.services.compute.store.servers import SERVERS
from haneul.services.placement import public as placement


@reconciler(every_s=15, nudged_by=(placement.HostsAppeared,))
async def compare_machines(ctx: Context) -> None:
    """One look at every host that is up."""
    async with ctx.in_reading() as reading:
        hosts = [h.name for h in await placement.hosts_up(reading, "hypervisor")]
    for host in hosts:
        try:
            await compare(ctx, host)
        except DriverError:
            continue  # a host that does not answer is looked at next time


async def compare(ctx: Context, host: str) -> None:
    """Bring servers and machines of one host together."""
    hypervisor = ctx.agent(host, Hypervisor)
    machines = await hypervisor.machines()
    async with ctx.in_reading() as reading:
        servers = {s.id: s for s in await SERVERS.find(reading.tx, host=host)}
        known = {s.id for s in await SERVERS.among(reading.tx, "id", list(machines)) if _may_be_on(s, host)}
    for stray in set(machines) - known:
        await hypervisor.ensure_gone(stray)
        await ctx.agent(host, KeepsRootDisks).ensure_root_disk_gone(rescue_disks(stray))
        await ctx.agent(host, KeepsRootDisks).ensure_root_disk_gone(stray)
    for server in servers.values():
        if server.doing is None:
            await _settle(ctx, server, machines.get(server.id))


def _may_be_on(server: Server, host: str) -> bool:
    """Whether the host may have a machine of it; what works on a server knows better than its row."""
    return server.host == host or server.doing is not None


async def _settle(ctx: Context, server: Server, state: str | None) -> None:
    should_run = server.vm_state in (VmState.ACTIVE, VmState.PAUSED, VmState.RESCUED)
    again = RESCUE_SERVER if server.vm_state is VmState.RESCUED else RESTORE_SERVER
    if server.vm_state is VmState.RESIZED:
        should_run = server.power_state == PowerState.RUNNING
    if should_run and state in (None, "crashed"):
        async with ctx.in_transaction() as writing:
            current = await SERVERS.get(writing.tx, server.id)
            if current is not None and current.generation == server.generation and current.doing is None:
                await writing.start(again, Lost(server.id, server.host or ""), resource=server.id)
        return
    if state is None:
        return
    power = POWER.get(state, PowerState.NOSTATE)
    stopped_by_itself = server.vm_state is VmState.ACTIVE and power == PowerState.SHUTDOWN
    if power != server.power_state or stopped_by_itself:
        vm_state = VmState.STOPPED if stopped_by_itself else server.vm_state
        async with ctx.in_transaction() as writing:
            await SERVERS.change(writing, server, vm_state=vm_state, power_state=power)
