"""/attachments: how compute services take volumes, since 3.27."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import Document, Text, Words
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict, since
from haneul.kernel.policy import Rule
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import answers, fields, lists
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model import volumes as model
from haneul.services.block_storage.model.volumes import Attachment, Volume
from haneul.services.block_storage.operations import attachments, volumes

routes = ProjectRoutes()

NO_MODE = "null"
"""What the real service says of an attachment whose mode is not decided yet; the connector may do that."""

SORTABLE = {"id": "id", "created_at": "created_at", "status": "status", "volume_id": "volume_id"}
FILTERS = {"volume_id": "volume_id", "status": "status", "instance_id": "server_id", "id": "id"}


class NewAttachment(Strict):
    volume_uuid: Text
    instance_uuid: Text | None = None
    connector: Words | None = None
    mode: Annotated[Text | UnsetType, since("3.54")] = UNSET


class CreateAttachment(Strict):
    attachment: NewAttachment


class AttachmentChanges(Strict):
    connector: Words


class UpdateAttachment(Strict):
    attachment: AttachmentChanges


@routes.post(
    "/attachments",
    policy=policy.CREATE_ATTACHMENT,
    since="3.27",
    answer=answers.OneAttachment,
    errors=(errors.VolumeNotFound, errors.InvalidVolume, errors.InvalidInput, errors.InvalidField),
)
async def create_attachment(ctx: Context, body: CreateAttachment) -> dict[str, Any]:
    """Keep a volume for a server; with a connector, also say how to reach it."""
    new = body.attachment
    mode = NO_MODE if new.mode is UNSET else new.mode
    if mode not in ("rw", "ro", NO_MODE):
        raise fields.refused("mode", mode, f"'{mode}' is not one of ['rw', 'ro']")
    if new.instance_uuid is not None:
        fields.uuid(new.instance_uuid, "instance_uuid")
    volume = await volumes.show(ctx, fields.uuid(new.volume_uuid, "volume_uuid"))
    ctx.authorize(policy.CREATE_ATTACHMENT, volume)
    made = await attachments.reserve(ctx, volume, new.instance_uuid, mode=mode)
    if not new.connector:
        return {"attachment": _view(ctx, made)}
    connected = await _connected(ctx, made, volume, new.connector)
    return {"attachment": _view(ctx, _as_answered(made, connected))}


async def _connected(
    ctx: Context, attachment: Attachment, volume: Volume, connector: dict[str, Any]
) -> Attachment:
    mode = attachment.mode
    if mode == NO_MODE:
        mode = "ro" if connector.get("mode") == "ro" else "rw"
    if volume.readonly:
        mode = "ro"
    return await attachments.change(
        ctx,
        attachment,
        status="attaching",
        mode=mode,
        host=connector.get("host"),
        device=connector.get("mountpoint") or attachment.device,
        connector=connector,
        connection={
            "driver_volume_type": "local",
            "volume_id": volume.id,
            "host": model.host_name(volume),
            "access_mode": mode,
            "attachment_id": attachment.id,
            "encrypted": False,
        },
    )


def _as_answered(before: Attachment, connected: Attachment) -> Attachment:
    """The real service tells who gave the connector what there was before, and how to connect."""
    return msgspec.structs.replace(before, connection=connected.connection)


@routes.get(
    "/attachments",
    policy=policy.GET_ALL,
    since="3.27",
    answer=answers.Attachments,
    errors=(errors.AttachmentNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_attachments(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's attachments."""
    return await _list(ctx, query, "/attachments", is_detailed=False)


@routes.get(
    "/attachments/detail",
    policy=policy.GET_ALL,
    since="3.27",
    answer=answers.AttachmentsInDetail,
    errors=(errors.AttachmentNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_attachments_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's attachments, each with what connects it."""
    return await _list(ctx, query, "/attachments/detail", is_detailed=True)


async def _list(ctx: Context, query: Query, path: str, *, is_detailed: bool) -> dict[str, Any]:
    page = lists.paging(query, SORTABLE)
    wanted = lists.filters(ctx, query, FILTERS, {"project_id": "project_id"}, versions.FILTERS_ARE_CHECKED)
    rows = await attachments.list_all(
        ctx,
        wanted,
        all_projects=lists.all_projects(ctx, query),
        sort=page.sort,
        marker=page.marker,
        limit=page.limit + page.offset,
    )
    views = [_view(ctx, a, is_detailed=is_detailed) for a in rows[page.offset :]]
    return lists.collection(ctx, "attachments", path, views, query, page)


@routes.get(
    "/attachments/{id}",
    policy=policy.GET,
    since="3.27",
    answer=answers.OneAttachment,
    errors=(errors.AttachmentNotFound,),
)
async def show_attachment(ctx: Context, id: str) -> dict[str, Any]:
    """One attachment, with what connects it."""
    return {"attachment": _view(ctx, await attachments.show(ctx, id))}


@routes.put(
    "/attachments/{id}",
    policy=policy.UPDATE_ATTACHMENT,
    since="3.27",
    answer=answers.OneAttachment,
    errors=(
        errors.AttachmentNotFound,
        errors.VolumeNotFound,
        errors.ConflictNovaUsingAttachment,
        errors.InvalidVolume,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def update_attachment(ctx: Context, id: str, body: UpdateAttachment) -> dict[str, Any]:
    """Give the connector; the answer says how to reach the volume."""
    attachment = await attachments.show(ctx, id)
    ctx.authorize(policy.UPDATE_ATTACHMENT, attachment)
    model.require_not_computes(attachment)
    volume = await volumes.show(ctx, attachment.volume_id)
    if not body.attachment.connector:
        raise errors.InvalidInput(reason="Connector is empty.")
    connected = await _connected(ctx, attachment, volume, body.attachment.connector)
    return {"attachment": _view(ctx, _as_answered(attachment, connected))}


@routes.delete(
    "/attachments/{id}",
    status=200,
    policy=policy.DELETE_ATTACHMENT,
    since="3.27",
    answer=answers.AttachmentsInDetail,
    errors=(errors.AttachmentNotFound, errors.ConflictNovaUsingAttachment),
)
async def delete_attachment(ctx: Context, id: str) -> dict[str, Any]:
    """Give the volume back; what is left of its attachments is answered."""
    attachment = await attachments.show(ctx, id)
    ctx.authorize(policy.DELETE_ATTACHMENT, attachment)
    model.require_not_computes(attachment)
    await attachments.remove(ctx, attachment)
    left = (await volumes.attachments(ctx, [attachment.volume_id])).get(attachment.volume_id, [])
    return {"attachments": [_view(ctx, a) for a in left]}


@routes.post(
    "/attachments/{id}/action",
    status=204,
    policy=policy.COMPLETE_ATTACHMENT,
    since="3.44",
    errors=(errors.AttachmentNotFound, errors.ConflictNovaUsingAttachment, errors.InvalidVolume),
)
async def complete_attachment(ctx: Context, id: str, body: Document) -> None:
    """The volume is in use: what wanted it has it."""
    await ACTIONS.carry_out(ctx, id, body)


async def _load(ctx: Context, rule: Rule, id: str) -> Attachment:
    attachment = await attachments.show(ctx, id)
    ctx.authorize(rule, attachment)
    return attachment


ACTIONS = fields.actions(_load)


@ACTIONS.action("os-complete", policy.COMPLETE_ATTACHMENT)
async def complete(ctx: Context, attachment: Attachment, nothing: Any) -> None:
    model.require_not_computes(attachment)
    await attachments.complete(ctx, attachment.id, None, None)


def _view(ctx: Context, a: Attachment, *, is_detailed: bool = True) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": a.id,
        "status": a.status,
        "instance": a.server_id,
        "volume_id": a.volume_id,
    }
    if is_detailed:
        view |= {
            "attached_at": lists.time(a.attached_at) or "",
            "detached_at": "",
            "attach_mode": a.mode,
            "connection_info": a.connection or {},
        }
    return view
