"""A server's volumes, interfaces and snapshots."""

from __future__ import annotations

import contextlib
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.kernel.policy import Rule
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import errors
from haneul.services.compute.model import image_mappings
from haneul.services.compute.model.block_devices import free_names
from haneul.services.compute.model.servers import Server, VmState, host_of, require, tagged
from haneul.services.compute.operations import servers
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import servers as policy
from haneul.services.compute.sagas.change_disks import (
    ATTACH_VOLUME,
    DETACH_VOLUME,
    SNAPSHOT_SERVER,
    SNAPSHOT_VOLUMES,
    Attach,
    Snapshot,
    VolumesSnapshot,
    forget,
)
from haneul.services.compute.store.servers import SERVERS
from haneul.services.image import public as image


async def attachments(ctx: Context, id: str, rule: Rule) -> list[Any]:
    """What the server has of volumes, if the rule lets the asker do this with it."""
    return await _attachments_of(ctx, await servers.show(ctx, id, rule))


async def _attachments_of(ctx: Context, server: Server) -> list[Any]:
    return (await block_storage.attachments(ctx, [server.id])).get(server.id, [])


async def _with_devices(ctx: Context, id: str, rule: Rule, action: str, *, also_shelved: bool) -> Server:
    """Old clients do not know of volumes that come and go while the server is shelved."""
    server = await servers.show(ctx, id, rule)
    if server.vm_state is VmState.SHELVED_OFFLOADED and not also_shelved:
        raise errors.WrongState(action=action, server_id=id, what="vm_state", state=server.vm_state)
    return server


async def attach_volume(
    ctx: Context,
    id: str,
    volume_id: str,
    device: str | None,
    tag: str | None = None,
    *,
    delete_on_termination: bool = False,
    also_shelved: bool,
    also_multiattach: bool = True,
) -> None:
    """The server gets the volume soon; one that is shelved, when it is back."""
    server = await _with_devices(ctx, id, policy.ATTACH_VOLUME, "attach_volume", also_shelved=also_shelved)
    require(server, "attach_volume", by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    if not also_multiattach:
        await servers.require_one_user(ctx, volume_id)
    taken = {a.device for a in await _attachments_of(ctx, server)} | {server.root_device}
    taken |= {d.device for d in server.local_disks}
    if device in taken:
        raise errors.DevicePathInUse(path=device)
    device = device or next(free_names(taken))
    is_shelved = server.vm_state is VmState.SHELVED_OFFLOADED
    host = "" if is_shelved else host_of(server, "attach_volume")
    attachment = await block_storage.reserve(
        ctx,
        volume_id,
        id,
        device,
        project_id=server.project_id,
        delete_on_termination=delete_on_termination,
    )
    if tag:
        await SERVERS.update(ctx.tx, tagged(server, volume_id, tag))
    if not is_shelved:
        order = Attach(id, host, volume_id, attachment, device)
        await ctx.start(ATTACH_VOLUME, order, resource=id)


async def update_attachment(
    ctx: Context, id: str, volume_id: str, *, delete_on_termination: bool | None
) -> None:
    """The volume goes with its server, or stays; None leaves that as it is."""
    server = await servers.show(ctx, id, policy.UPDATE_VOLUME)
    held = [a for a in await _attachments_of(ctx, server) if a.volume_id == volume_id]
    if not held:
        raise errors.NotAttached(what="volume", id=volume_id, server_id=id)
    if delete_on_termination is not None:
        await block_storage.decide_fate(ctx, held[0].id, delete_on_termination=delete_on_termination)


async def detach_volume(ctx: Context, id: str, volume_id: str, *, also_shelved: bool) -> None:
    """The server loses the volume soon; one that is shelved, at once."""
    server = await _with_devices(ctx, id, policy.DETACH_VOLUME, "detach_volume", also_shelved=also_shelved)
    held = [a for a in await _attachments_of(ctx, server) if a.volume_id == volume_id]
    if not held:
        raise errors.NotAttached(what="volume", id=volume_id, server_id=id)
    require(server, "detach_volume", by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    if held[0].device == server.root_device and server.vm_state is not VmState.STOPPED:
        raise errors.RootVolume()
    if server.vm_state is VmState.SHELVED_OFFLOADED:
        await forget(ctx, Attach(id, "", volume_id, held[0].id, held[0].device))
        return
    host = host_of(server, "detach_volume")
    await block_storage.begin_detaching(ctx, volume_id, id)
    order = Attach(id, host, volume_id, held[0].id, held[0].device)
    await ctx.start(DETACH_VOLUME, order, resource=id)


async def create_image(ctx: Context, id: str, name: str, metadata: dict[str, str]) -> str:
    """Accept making an image of the server: of its root disk, or of its volumes; the image's id."""
    server = await servers.show(ctx, id, policy.CREATE_IMAGE)
    if server.boots_from_volume:
        ctx.authorize(policy.CREATE_VOLUMES_IMAGE, server)
    require(server, "snapshot", by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    host = host_of(server, "createImage")
    if server.boots_from_volume:
        return await _image_of_volumes(ctx, server, name, metadata)
    made = await image_of_root_disk(ctx, server, name, metadata)
    await ctx.start(SNAPSHOT_SERVER, Snapshot(id, host, made.id), resource=id)
    return made.id


async def _image_of_volumes(ctx: Context, server: Server, name: str, metadata: dict[str, str]) -> str:
    """Snapshots of all volumes are being taken, and an image that names them waits for them."""
    had = (await block_storage.attachments(ctx, [server.id])).get(server.id, [])
    boot_indexes = {d.volume_id: d.boot_index for d in server.block_devices}
    taken = []
    for each in sorted(had, key=lambda a: a.device):
        try:
            made = await block_storage.create_snapshot(ctx, each.volume_id, f"snapshot for {name}")
        except block_storage.VolumeQuotaExceeded:
            raise Forbidden("Quota exceeded for resources: snapshots") from None
        index = boot_indexes.get(each.volume_id)
        taken.append(
            image_mappings.Snapshot(
                made.id,
                made.size,
                each.device,
                index,
                each.delete_on_termination,
                server.disk_buses.get(each.volume_id),
            )
        )
    properties = {"root_device_name": server.root_device} | image_mappings.written(taken)
    min_disk = next((s.size_gb for s in taken if s.boot_index == 0), 0)
    queued = await _queued_image(ctx, server, name, "raw", metadata | properties, min_disk)
    order = VolumesSnapshot(server.id, queued.id, [s.id for s in taken])
    await ctx.start(SNAPSHOT_VOLUMES, order, resource=server.id)
    return queued.id


async def image_of_root_disk(
    ctx: Context, server: Server, name: str, metadata: dict[str, str]
) -> image.Image:
    """An image that waits for the content of the server's root disk."""
    properties = {"instance_uuid": server.id, "image_type": "snapshot", "user_id": ctx.user_id}
    return await _queued_image(ctx, server, name, "qcow2", properties | metadata, server.flavor.disk_gb)


async def _queued_image(
    ctx: Context, server: Server, name: str, disk_format: str, properties: dict[str, str], min_disk: int
) -> image.Image:
    """An image of the asker's that waits; where the server is another project's, that is its member."""
    base = None
    if server.image_id is not None:
        with contextlib.suppress(image.ImageNotFound):
            base = await image.get(ctx, server.image_id)
    is_own = ctx.project_id == server.project_id
    kept = image_mappings.inherited(server.image_properties) | {"base_image_ref": server.image_id or ""}
    made = await image.create_queued(
        ctx,
        name,
        disk_format,
        "bare",
        kept | properties,
        visibility="private" if is_own else "shared",
        min_disk=min_disk,
        min_ram=base.min_ram if base else 0,
    )
    if not is_own:
        await image.share(ctx, made.id, server.project_id)
    return made
