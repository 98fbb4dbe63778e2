"""A server's volumes, interfaces and snapshots."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import errors
from haneul.services.compute.model.servers import Server, VmState, require
from haneul.services.compute.operations import servers
from haneul.services.compute.sagas.change_disks import (
    ATTACH_VOLUME,
    DETACH_VOLUME,
    SNAPSHOT_SERVER,
    Attach,
    Snapshot,
)
from haneul.services.image import public as image


def _host(server: Server, action: str) -> str:
    if server.host is None:
        raise errors.WrongState(action=action, server_id=server.id, what="vm_state", state=server.vm_state)
    return server.host


async def attachments(ctx: Context, id: str) -> list[Any]:
    server = await servers.show(ctx, id)
    return (await block_storage.attachments(ctx, [server.id])).get(server.id, [])


async def attach_volume(ctx: Context, id: str, volume_id: str, device: str | None) -> Attach:
    server = await servers.show(ctx, id)
    require(server, "attach_volume", by_admin=ctx.is_admin)
    host = _host(server, "attach_volume")
    taken = {a.device for a in await attachments(ctx, id)} | {server.root_device}
    letters = (chr(c) for c in range(ord("b"), ord("z") + 1))
    device = device or next(f"/dev/vd{x}" for x in letters if f"/dev/vd{x}" not in taken)
    attachment = await block_storage.reserve(ctx, volume_id, id, device)
    given = Attach(id, host, volume_id, attachment, device)
    await ctx.start(ATTACH_VOLUME, given, resource=id)
    return given


async def detach_volume(ctx: Context, id: str, volume_id: str) -> None:
    server = await servers.show(ctx, id)
    found = [a for a in await attachments(ctx, id) if a.volume_id == volume_id]
    if not found:
        raise errors.NotAttached(what="volume", id=volume_id, server_id=id)
    require(server, "detach_volume", by_admin=ctx.is_admin)
    if found[0].device == server.root_device and server.vm_state is not VmState.STOPPED:
        raise errors.RootVolume()
    host = _host(server, "detach_volume")
    await block_storage.begin_detaching(ctx, volume_id, id)
    given = Attach(id, host, volume_id, found[0].id, found[0].device)
    await ctx.start(DETACH_VOLUME, given, resource=id)


async def create_image(ctx: Context, id: str, name: str, metadata: dict[str, str]) -> str:
    """Accept making an image of the root disk; its id."""
    server = await servers.show(ctx, id)
    require(server, "snapshot", by_admin=ctx.is_admin)
    host = _host(server, "createImage")
    if server.image_id is None:
        raise errors.NotImaged(server_id=id)
    properties = {k: v for k, v in server.image_properties.items() if isinstance(v, str)}
    properties |= metadata | {
        "instance_uuid": server.id,
        "image_type": "snapshot",
        "base_image_ref": server.image_id,
        "user_id": ctx.user_id,
    }
    made = await image.create_queued(ctx, name, "qcow2", "bare", properties)
    await ctx.start(SNAPSHOT_SERVER, Snapshot(id, host, made.id), resource=id)
    return made.id
