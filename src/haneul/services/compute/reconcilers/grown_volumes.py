"""Tell guests of volumes that have grown while they were attached."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.kernel.saga import OPERATIONS
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.sagas.extend_volume import EXTEND_VOLUME, Larger
from haneul.services.compute.store.servers import SERVERS


@reconciler(every_s=15, nudged_by=(block_storage.VolumeExtended,))
async def show_grown_volumes(ctx: Context) -> None:
    """Each such volume has an operation on its server that shows the guest its size."""
    async with ctx.in_reading() as reading:
        grown = await block_storage.grown_volumes(reading)
    if not grown:
        return
    async with ctx.in_transaction() as writing:
        for each in await block_storage.grown_volumes(writing):
            server = await SERVERS.get(writing.tx, each.server_id)
            if server is None or server.host is None:
                continue
            wanted = Larger(server.id, server.host, each.volume_id, each.attachment_id, each.size_gb)
            open_ones = await OPERATIONS.find(
                writing.tx, resource_id=server.id, is_open=True, kind=EXTEND_VOLUME.kind
            )
            if all(o.given["attachment_id"] != each.attachment_id for o in open_ones):
                await writing.start(EXTEND_VOLUME, wanted, resource=server.id)
