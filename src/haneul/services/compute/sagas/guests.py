"""What a server stands on, gathered for the documents that its guest reads."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.model.metadata import Guest
from haneul.services.compute.model.servers import BlockDevice, Server
from haneul.services.network import public as network


async def guest_of(ctx: Context, server: Server) -> Guest:
    """The server with its addresses, cards and volumes as of now."""
    addresses = (await network.addresses(ctx, [server.id])).get(server.id, [])
    nics = await network.nics(ctx, server.id)
    return Guest(server, addresses, nics, await attached_volumes(ctx, server))


async def attached_volumes(ctx: Context, server: Server) -> list[BlockDevice]:
    """Every volume that is attached now, in the order of the devices."""
    boot = {d.volume_id: d.boot_index for d in server.block_devices}
    attached = (await block_storage.attachments(ctx, [server.id])).get(server.id, [])
    return [
        BlockDevice(a.volume_id, a.id, a.device, boot.get(a.volume_id), a.delete_on_termination)
        for a in sorted(attached, key=lambda a: (len(a.device), a.device))
    ]
