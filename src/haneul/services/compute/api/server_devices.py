"""/servers/{id}/os-volume_attachments"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Query, Routes, lists
from haneul.kernel.policy import Rule
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import errors, versions
from haneul.services.compute.api import server_answers
from haneul.services.compute.api.server_schemas import AttachVolume, UpdateAttachment, uuid
from haneul.services.compute.operations import disks, interfaces
from haneul.services.compute.policy import servers as policy

routes = Routes("/v2.1/servers/{id}")
IDS = ("attachment_id", "bdm_uuid")


def view(ctx: Context, server_id: str, attachment: Any, tags: dict[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "device": attachment.device,
        "serverId": server_id,
        "volumeId": attachment.volume_id,
    }
    if not ctx.wants(versions.ATTACHMENTS_HAVE_IDS):
        document["id"] = attachment.volume_id
    if ctx.wants(versions.DEVICES_HAVE_TAGS):
        document["tag"] = tags.get(attachment.volume_id)
    if ctx.wants(versions.ATTACHMENTS_HAVE_FATES):
        document["delete_on_termination"] = attachment.delete_on_termination
    if ctx.wants(versions.ATTACHMENTS_HAVE_IDS):
        document |= dict.fromkeys(IDS, attachment.id)
    return document


@routes.get(
    "/os-volume_attachments",
    policy=policy.LIST_VOLUMES,
    answer=server_answers.VolumeAttachments,
    errors=(errors.ServerNotFound,),
)
async def list_attachments(ctx: Context, id: str, query: Query) -> dict[str, Any]:
    """The server's volumes."""
    attachments = await disks.attachments(ctx, id, policy.LIST_VOLUMES)
    tags = await interfaces.tags(ctx, id, policy.LIST_VOLUMES)
    start, limit = lists.NUMBERS.read(query, "offset") or 0, lists.NUMBERS.read(query, "limit")
    end = None if limit is None else start + limit
    return {"volumeAttachments": [view(ctx, id, a, tags) for a in attachments[start:end]]}


@routes.get(
    "/os-volume_attachments/{volume_id}",
    policy=policy.SHOW_VOLUME,
    answer=server_answers.OneVolumeAttachment,
    errors=(errors.ServerNotFound, errors.NotAttached),
)
async def show_attachment(ctx: Context, id: str, volume_id: str) -> dict[str, Any]:
    """One of the server's volumes."""
    return await _attachment(ctx, id, volume_id, policy.SHOW_VOLUME)


async def _attachment(ctx: Context, id: str, volume_id: str, rule: Rule) -> dict[str, Any]:
    for attachment in await disks.attachments(ctx, id, rule):
        if attachment.volume_id == volume_id:
            return {"volumeAttachment": view(ctx, id, attachment, await interfaces.tags(ctx, id, rule))}
    raise errors.NotAttached(what="volume", id=volume_id, server_id=id)


@routes.post(
    "/os-volume_attachments",
    policy=policy.ATTACH_VOLUME,
    answer=server_answers.OneNewVolumeAttachment,
    errors=(
        errors.ServerNotFound,
        errors.WrongState,
        errors.Locked,
        errors.DevicePathInUse,
        errors.MultiattachTooNew,
        errors.NotAttached,
        *block_storage.VOLUME_REFUSALS,
    ),
)
async def attach(ctx: Context, id: str, body: AttachVolume) -> dict[str, Any]:
    """Give the server a volume; the guest sees it soon."""
    wanted = body.volumeAttachment
    volume_id = uuid(wanted.volumeId, "volumeAttachment.volumeId")
    await disks.attach_volume(
        ctx,
        id,
        volume_id,
        wanted.device,
        wanted.tag or None,
        delete_on_termination=wanted.delete_on_termination is True,
        also_shelved=ctx.wants(versions.ATTACH_WHILE_SHELVED),
        also_multiattach=ctx.wants(versions.MULTIATTACH),
    )
    shown = (await _attachment(ctx, id, volume_id, policy.ATTACH_VOLUME))["volumeAttachment"]
    # upstream answers a new attachment with the id that shows and lists had before 2.89
    named = {"id": volume_id, **{key: value for key, value in shown.items() if key not in IDS}}
    return {"volumeAttachment": named}


@routes.put(
    "/os-volume_attachments/{volume_id}",
    status=202,
    policy=policy.UPDATE_VOLUME,
    since="2.85",
    errors=(errors.ServerNotFound, errors.NotAttached, *block_storage.VOLUME_REFUSALS),
)
async def update_attachment(ctx: Context, id: str, volume_id: str, body: UpdateAttachment) -> None:
    """Say whether the volume goes with its server. Another volume cannot take its place."""
    wanted = body.volumeAttachment
    shown = (await _attachment(ctx, id, volume_id, policy.UPDATE_VOLUME))["volumeAttachment"]
    same = {
        "volumeId": wanted.volumeId,
        "device": wanted.device,
        "serverId": wanted.serverId,
        "tag": wanted.tag,
    }
    for name, value in same.items():
        if value not in (None, UNSET, shown[name]):
            raise BadRequest(f"The {name} property is not updateable.")
    if wanted.id not in (UNSET, volume_id):
        raise BadRequest("The id property is not updateable.")
    fate = None if wanted.delete_on_termination is UNSET else wanted.delete_on_termination
    await disks.update_attachment(ctx, id, volume_id, delete_on_termination=fate)


@routes.delete(
    "/os-volume_attachments/{volume_id}",
    status=202,
    policy=policy.DETACH_VOLUME,
    errors=(
        errors.ServerNotFound,
        errors.WrongState,
        errors.Locked,
        errors.NotAttached,
        errors.RootVolume,
        *block_storage.VOLUME_REFUSALS,
    ),
)
async def detach(ctx: Context, id: str, volume_id: str) -> None:
    """Take a volume away from the server."""
    await disks.detach_volume(ctx, id, volume_id, also_shelved=ctx.wants(versions.ATTACH_WHILE_SHELVED))
