"""Attachments: who uses a volume, and how it gets there."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.block_storage.model import volumes as model
from haneul.services.block_storage.model.volumes import Attachment, Volume
from haneul.services.block_storage.operations import volumes
from haneul.services.block_storage.store.volumes import ATTACHMENTS, LATE, VOLUMES


async def show(ctx: Context, id: str) -> Attachment:
    """The attachment; AttachmentNotFound if it is not the asker's."""
    return await ctx.find(ATTACHMENTS, id, policy.ADMIN_OR_OWNER, missing=errors.AttachmentNotFound)


async def list_all(
    ctx: Context,
    filters: list[Filter],
    *,
    all_projects: bool,
    sort: list[Sort],
    marker: str | None,
    limit: int | None,
) -> list[Attachment]:
    """A page of the project's attachments, or of everybody's for an administrator who asks for them."""
    after = await show(ctx, marker) if marker else None
    if not all_projects:
        filters = [*filters, Filter("project_id", "eq", ctx.project_id)]
    return await ATTACHMENTS.page(ctx.tx, filters, sort=sort, after=after, limit=limit)


async def reserve(
    ctx: Context,
    volume: Volume,
    server_id: str | None,
    *,
    device: str | None = None,
    mode: str = "rw",
    delete_on_termination: bool = False,
    by_compute: bool = False,
) -> Attachment:
    """The volume is kept for the server; nobody else gets it unless many may."""
    existing = await ATTACHMENTS.find(ctx.tx, volume_id=volume.id)
    _require_free(volume, existing, server_id)
    made = Attachment(
        id=ctx.new_id(),
        volume_id=volume.id,
        project_id=volume.project_id,
        server_id=server_id,
        by_compute=by_compute,
        host=None,
        device=device,
        mode=mode,
        status="reserved",
        delete_on_termination=delete_on_termination,
        connector=None,
        connection=None,
        created_at=ctx.now(),
        attached_at=None,
    )
    await ATTACHMENTS.add(ctx.tx, made)
    if volume.status != "creating":  # its saga settles that when the volume is there
        await volumes.save(ctx, volume, settled=model.settled_after(volume, [*existing, made]))
    return made


def _require_free(volume: Volume, existing: list[Attachment], server_id: str | None) -> None:
    if server_id and any(a.server_id == server_id for a in existing):
        raise errors.InvalidVolume(reason=f"volume {volume.id} already attached to instance {server_id}.")
    if volume.status == "creating" and volume.owner_id is not None and volume.owner_id == server_id:
        return
    if volume.multiattach:
        model.require_status(volume, "available", "in-use", "reserved")
    else:
        model.require_status(volume, "available")
        model.require_unattached(volume, existing)


async def connect(ctx: Context, id: str, host: str) -> dict[str, Any]:
    """How the host reaches the attachment's volume. Calls a host: no transaction may be open."""
    async with ctx.in_reading() as reading:
        attachment = await ATTACHMENTS.get(reading.tx, id)
        volume = await VOLUMES.get(reading.tx, attachment.volume_id) if attachment else None
    keeper = model.host_name(volume) if volume else None
    if volume is None or keeper is None:
        raise errors.AttachmentNotFound(id=id)
    return await ctx.agent(keeper, Volumes).connect(volume.id, host)


async def disconnect(ctx: Context, volume_id: str, host: str) -> None:
    """The host reaches the volume no longer. Calls a host: no transaction may be open."""
    async with ctx.in_reading() as reading:
        volume = await VOLUMES.get(reading.tx, volume_id)
    keeper = model.host_name(volume) if volume else None
    if keeper is not None:
        await ctx.agent(keeper, Volumes).disconnect(volume_id, host)


async def complete(ctx: Context, id: str, host: str | None, device: str | None) -> Attachment:
    """The attachment is attached and its volume in use."""
    attachment = await ATTACHMENTS.get(ctx.tx, id)
    volume = await VOLUMES.get(ctx.tx, attachment.volume_id) if attachment else None
    if attachment is None or volume is None:
        raise errors.AttachmentNotFound(id=id)
    attached = await ATTACHMENTS.update(
        ctx.tx,
        msgspec.structs.replace(
            attachment,
            status="attached",
            host=host or attachment.host,
            device=device or attachment.device,
            attached_at=attachment.attached_at or ctx.now(),
            seen_gb=volume.size,
        ),
    )
    await volumes.save(ctx, volume, settled="in-use")
    return attached


async def begin_detaching(ctx: Context, volume_id: str, server_id: str) -> None:
    """The server is about to lose the volume; InvalidVolume if it already is."""
    for each in await ATTACHMENTS.find(ctx.tx, volume_id=volume_id, server_id=server_id, by_compute=True):
        if each.status == "detaching":
            raise errors.InvalidVolume(
                reason="Unable to detach volume. Volume status must be 'in-use' and attach_status must be "
                "'attached' to detach."
            )
        if each.status == "attached":
            await change(ctx, each, status="detaching")


async def roll_detaching(ctx: Context, volume_id: str, server_id: str) -> None:
    """The server keeps the volume after all."""
    for each in await ATTACHMENTS.find(ctx.tx, volume_id=volume_id, server_id=server_id, by_compute=True):
        if each.status == "detaching":
            await change(ctx, each, status="attached")


async def leave_host(ctx: Context, server_id: str) -> None:
    """The server keeps its volumes, reserved, and uses them on no host."""
    for each in await ATTACHMENTS.find(ctx.tx, server_id=server_id, by_compute=True):
        if each.status == "attached":
            await change(ctx, each, status="reserved", host=None, attached_at=None)


async def decide_fate(ctx: Context, id: str, *, delete_on_termination: bool) -> None:
    """The volume goes with its server, or stays; one that is detached meanwhile has no fate."""
    for attachment in await ATTACHMENTS.find(ctx.tx, id=id):
        decided = msgspec.structs.replace(attachment, delete_on_termination=delete_on_termination)
        await ATTACHMENTS.update(ctx.tx, decided)


async def change(ctx: Context, attachment: Attachment, **changes: Any) -> Attachment:
    """The attachment with these changes, and its volume in the status that follows."""
    changed = await ATTACHMENTS.update(ctx.tx, msgspec.structs.replace(attachment, **changes))
    await _settle(ctx, attachment.volume_id)
    return changed


async def remove(ctx: Context, attachment: Attachment) -> None:
    """The attachment is gone; its volume is as the others leave it, and nobody's any more."""
    await ATTACHMENTS.remove(ctx.tx, id=attachment.id)
    await _settle(ctx, attachment.volume_id, owner_id=None, dies_with_owner=False)


async def _settle(ctx: Context, volume_id: str, **changes: Any) -> None:
    volume = await VOLUMES.get(ctx.tx, volume_id)
    if volume is None:
        return
    left = await ATTACHMENTS.find(ctx.tx, volume_id=volume_id)
    await volumes.save(ctx, volume, settled=model.settled_after(volume, left), **changes)


async def detach(ctx: Context, volume_id: str, server_id: str) -> None:
    """The server has the volume no longer. Content if it never had it."""
    for each in await ATTACHMENTS.find(ctx.tx, volume_id=volume_id, server_id=server_id, by_compute=True):
        await remove(ctx, each)


async def grown(ctx: Context) -> list[tuple[Attachment, int]]:
    """The attachments of servers to volumes that have grown since, each with the size that there is now."""
    late = {row[0] for row in await ctx.tx.all(LATE)}
    shown = await ATTACHMENTS.among(ctx.tx, "id", late) if late else []
    volumes_by_id = {v.id: v for v in await VOLUMES.among(ctx.tx, "id", {a.volume_id for a in shown})}
    return [(a, v.size) for a in shown if (v := volumes_by_id.get(a.volume_id)) and v.status == "in-use"]


async def note_size(ctx: Context, id: str, size_gb: int) -> None:
    """Its user knows of that size. Fine if it is detached by now."""
    attachment = await ATTACHMENTS.get(ctx.tx, id)
    if attachment is not None and attachment.seen_gb is not None:
        await ATTACHMENTS.update(ctx.tx, msgspec.structs.replace(attachment, seen_gb=size_gb))


async def of_servers(ctx: Context, server_ids: list[str]) -> dict[str, list[Attachment]]:
    """What these servers have, in one query."""
    by_server: dict[str, list[Attachment]] = {}
    if not server_ids:
        return by_server
    for each in await ATTACHMENTS.among(ctx.tx, "server_id", server_ids, by_compute=True):
        by_server.setdefault(each.server_id or "", []).append(each)
    return by_server
