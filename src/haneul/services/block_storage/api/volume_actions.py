"""/volumes/{id}/action: what can be done with a volume beyond changing its fields."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import MANY, Document, Number, Text, Words, joined
from haneul.kernel.http.routes import Reply
from haneul.kernel.http.schema import Strict, since
from haneul.kernel.policy import Rule
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import answers, fields, lists
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model import volumes as model
from haneul.services.block_storage.model.volumes import Volume
from haneul.services.block_storage.operations import (
    attachments,
    managing,
    qos,
    type_encryptions,
    types,
    volumes,
)

routes = ProjectRoutes()


async def _load(ctx: Context, rule: Rule, id: str) -> Volume:
    volume = await volumes.show(ctx, id)
    ctx.authorize(rule, volume)
    return volume


ACTIONS = fields.actions(_load)
action = ACTIONS.action


@routes.post(
    "/volumes/{id}/action",
    status=202,
    answer=answers.OneUpload | None,
    other_answers={200: answers.Metadata | answers.OneConnection | None},
    errors=(
        errors.VolumeNotFound,
        errors.AttachmentNotFound,
        errors.InvalidVolume,
        errors.InvalidSnapshot,
        errors.MetadataNotFound,
        errors.ConflictNovaUsingAttachment,
        errors.NotRevertable,
        errors.ManyAttachments,
        errors.InvalidHost,
        errors.TypeNotFound,
        errors.TypeNameNotFound,
        errors.VolumeQuotaExceeded,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def act(ctx: Context, id: str, body: Document) -> Any:
    """Do one of the actions with the volume."""
    return await ACTIONS.carry_out(ctx, id, body)


class Extend(Strict):
    new_size: Number | Text


@action("os-extend", policy.EXTEND, Extend)
async def extend(ctx: Context, volume: Volume, wish: Extend) -> None:
    size = fields.size(wish.new_size, "new_size")
    assert size is not None
    await volumes.extend(ctx, volume, size)


class Attach(Strict):
    instance_uuid: Text | None = None
    host_name: Text | None = None
    mountpoint: Text | None = None
    mode: Text | None = None


@action("os-attach", policy.ATTACH, Attach)
async def attach(ctx: Context, volume: Volume, wish: Attach) -> None:
    """The volume is attached to the server or host, as its caller says."""
    if bool(wish.instance_uuid) == bool(wish.host_name):
        raise BadRequest("Invalid request to attach volume to an invalid target")
    if wish.mode not in (None, "rw", "ro"):
        raise BadRequest(
            "Invalid request to attach volume with an invalid mode. Attaching mode should be 'rw' or 'ro'"
        )
    existing = (await volumes.attachments(ctx, [volume.id])).get(volume.id, [])
    held = [
        a
        for a in existing
        if a.server_id == wish.instance_uuid and a.status != "attached" and not a.by_compute
    ]
    if not held:
        if volume.status == "attaching":  # os-reserve kept it for whoever comes now
            volume = await volumes.save(ctx, volume, settled="available")
            volume = await volumes.show(ctx, volume.id)
        held = [
            await attachments.reserve(
                ctx, volume, wish.instance_uuid, device=wish.mountpoint, mode=wish.mode or "rw"
            )
        ]
    await attachments.complete(ctx, held[0].id, wish.host_name, wish.mountpoint)


class Detach(Strict):
    attachment_id: Text | None = None


@action("os-detach", policy.DETACH, Detach)
async def detach(ctx: Context, volume: Volume, wish: Detach) -> None:
    existing = (await volumes.attachments(ctx, [volume.id])).get(volume.id, [])
    if wish.attachment_id is not None and all(a.id != wish.attachment_id for a in existing):
        raise errors.AttachmentNotFound(id=wish.attachment_id)
    if len(existing) > 1 and wish.attachment_id is None:
        raise errors.InvalidVolume(
            reason="Detach volume failed: More than one attachment, but no attachment_id provided."
        )
    ending = [a for a in existing if wish.attachment_id in (None, a.id)]
    model.require_not_computes(*ending)
    for each in ending:
        await attachments.remove(ctx, each)
    if not existing and volume.status in ("detaching", "attaching", "in-use", "reserved"):
        await volumes.save(ctx, volume, settled="available")


class ForceDetach(Strict):
    attachment_id: Text | None = None
    connector: Words | None = None


@action("os-force_detach", policy.FORCE_DETACH, ForceDetach)
async def force_detach(ctx: Context, volume: Volume, wish: ForceDetach) -> None:
    """What was attached is not, and a volume that nothing uses any more is available, whatever its status was."""
    await detach(ctx, volume, Detach(wish.attachment_id))
    if not (await volumes.attachments(ctx, [volume.id])).get(volume.id):
        await volumes.save(ctx, await volumes.show(ctx, volume.id), settled="available")


@action("os-reserve", policy.RESERVE)
async def reserve(ctx: Context, volume: Volume, nothing: Any) -> None:
    allowed = ("available", "in-use") if volume.multiattach else ("available",)
    model.require_status(volume, *allowed)
    if not volume.multiattach:
        await volumes.require_free(ctx, volume)
    await volumes.save(ctx, volume, settled="attaching")


@action("os-unreserve", policy.UNRESERVE)
async def unreserve(ctx: Context, volume: Volume, nothing: Any) -> None:
    if volume.status != "attaching":
        return
    left = (await volumes.attachments(ctx, [volume.id])).get(volume.id, [])
    await volumes.save(ctx, volume, settled="in-use" if left else "available")


@action("os-begin_detaching", policy.BEGIN_DETACHING)
async def begin_detaching(ctx: Context, volume: Volume, nothing: Any) -> None:
    model.require_status(volume, "in-use")
    await volumes.save(ctx, volume, settled="detaching")


@action("os-roll_detaching", policy.ROLL_DETACHING)
async def roll_detaching(ctx: Context, volume: Volume, nothing: Any) -> None:
    if volume.status == "detaching":
        await volumes.save(ctx, volume, settled="in-use")


class Reset(Strict):
    status: Text | None = None
    attach_status: Text | None = None
    migration_status: Text | None = None


@action("os-reset_status", policy.RESET_STATUS, Reset)
async def reset_status(ctx: Context, volume: Volume, wish: Reset) -> None:
    """An administrator's word on the volume's status."""
    if wish.status is None and wish.attach_status is None and wish.migration_status is None:
        raise BadRequest("Must specify 'status', 'attach_status' or 'migration_status' for update.")
    if wish.status is not None and wish.status.lower() not in model.SETTLED:
        raise fields.refused("status", wish.status, f"'{wish.status}' is not one of {list(model.SETTLED)}")
    if wish.attach_status not in (None, "attached", "detached"):
        raise fields.refused("attach_status", wish.attach_status, "it is not one of ['attached', 'detached']")
    migration = wish.migration_status.lower() if wish.migration_status else None
    if migration is not None and migration not in model.MIGRATIONS:
        raise fields.refused("migration_status", migration, f"it is not one of {list(model.MIGRATIONS)}")
    existing = (await volumes.attachments(ctx, [volume.id])).get(volume.id, [])
    status = (wish.status or "").lower()
    if status == "deleting" or (status == "in-use" and not existing):
        why = " because volume does not have any attachments." if status == "in-use" else ""
        raise BadRequest(f"Cannot reset-state to {status}{why}")
    if wish.attach_status == "detached":
        model.require_not_computes(*existing)
        for each in existing:
            await attachments.remove(ctx, each)
        volume = await volumes.show(ctx, volume.id)
    if wish.status is not None:
        volume = await volumes.save(ctx, volume, settled=wish.status.lower())
    if migration is not None:
        await volumes.save(ctx, volume, migration_status=None if migration == "none" else migration)


class Bootable(Strict):
    bootable: bool | Text


@action("os-set_bootable", policy.UPDATE, Bootable)
async def set_bootable(ctx: Context, volume: Volume, wish: Bootable) -> Reply:
    await volumes.save(ctx, volume, bootable=fields.truth(wish.bootable, "bootable"))
    return Reply(status=200)


class Readonly(Strict):
    readonly: bool | Text


@action("os-update_readonly_flag", policy.READONLY, Readonly)
async def update_readonly_flag(ctx: Context, volume: Volume, wish: Readonly) -> None:
    await volumes.require_free(ctx, volume)
    readonly = fields.truth(wish.readonly, "readonly")
    metadata = {**volume.metadata, "readonly": str(readonly)}  # where clients look for it
    await volumes.save(ctx, volume, readonly=readonly, metadata=metadata)


@action("os-force_delete", policy.FORCE_DELETE)
async def force_delete(ctx: Context, volume: Volume, nothing: Any) -> None:
    await volumes.delete(ctx, volume.id, force=True)


class UploadImage(Strict):
    image_name: Text
    force: bool | Text | None = None
    container_format: Text | None = None
    disk_format: Text | None = None
    visibility: Text | None = None
    protected: bool | Text | None = None


@action("os-volume_upload_image", policy.UPLOAD_IMAGE, UploadImage)
async def upload_image(ctx: Context, volume: Volume, wish: UploadImage) -> dict[str, Any]:
    made = await volumes.upload_image(
        ctx,
        volume,
        name=fields.name(wish.image_name, "image_name") or "",
        disk_format=wish.disk_format or "raw",
        container_format=wish.container_format or "bare",
        force=fields.truth(wish.force, "force"),
        visibility=(wish.visibility or "private") if ctx.wants(versions.IMAGES_HAVE_VISIBILITY) else "shared",
        protected=ctx.wants(versions.IMAGES_HAVE_VISIBILITY) and fields.truth(wish.protected, "protected"),
    )
    type = await types.show_any(ctx, volume.type_id)
    view: dict[str, Any] = {
        "id": volume.id,
        "updated_at": lists.time(ctx.now()),
        "status": "uploading",
        "display_description": volume.description,
        "size": volume.size,
        "volume_type": {
            "id": type.id,
            "name": type.name,
            "description": type.description,
            "is_public": type.is_public,
            "extra_specs": type.extra_specs,
            "qos_specs_id": type.qos_specs_id,
            "created_at": lists.time(type.created_at),
            "updated_at": lists.time(type.updated_at),
            "deleted_at": None,
            "deleted": False,
        },
        "image_id": made.id,
        "container_format": wish.container_format or "bare",
        "disk_format": made.disk_format,
        "image_name": wish.image_name,
        "visibility": made.visibility,
        "protected": made.protected,
    }
    return {"os-volume_upload_image": view}


class Retype(Strict):
    new_type: Text
    migration_policy: Text = "never"


@action("os-retype", policy.RETYPE, Retype)
async def retype(ctx: Context, volume: Volume, wish: Retype) -> None:
    """The volume has the other type. There is one kind of back end, so nothing moves."""
    if wish.migration_policy not in ("on-demand", "never"):
        raise fields.refused(
            "migration_policy", wish.migration_policy, "it is not one of ['on-demand', 'never']"
        )
    model.require_status(volume, "available", "in-use")
    model.require_ungrouped(volume)
    new = await types.named(ctx, wish.new_type)
    await type_encryptions.require_plain(ctx, new)
    if new.id == volume.type_id:
        raise errors.InvalidInput(reason="New volume_type same as original.")
    await volumes.save(ctx, volume, type_id=new.id)


class Connector(Strict):
    connector: Words


@action("os-initialize_connection", policy.INITIALIZE, Connector)
async def initialize_connection(ctx: Context, volume: Volume, wish: Connector) -> Reply:
    """How the connector's host reaches the volume, and what its hypervisor has to keep of the type's promises."""
    promises = await qos.of_hypervisors(ctx, await types.show_any(ctx, volume.type_id))
    data = {**connection(volume), "qos_specs": promises}
    return Reply({"connection_info": {"driver_volume_type": "local", "data": data}}, status=200)


@action("os-terminate_connection", policy.TERMINATE, Connector)
async def terminate_connection(ctx: Context, volume: Volume, wish: Connector) -> None:
    """Nothing is kept for a connection that was only described; those of servers are compute's."""
    model.require_not_computes(*(await volumes.attachments(ctx, [volume.id])).get(volume.id, []))


def connection(volume: Volume) -> dict[str, Any]:
    """What a connector outside of this cloud is told; our own hosts ask the volume's host itself."""
    return {
        "volume_id": volume.id,
        "host": model.host_name(volume),
        "access_mode": "ro" if volume.readonly else "rw",
        "encrypted": False,
    }


class ImageMetadata(Strict):
    metadata: Annotated[dict[Text, Text], MANY]


@action("os-set_image_metadata", policy.SET_IMAGE_METADATA, ImageMetadata)
async def set_image_metadata(ctx: Context, volume: Volume, wish: ImageMetadata) -> Reply:
    merged = joined(volume.image_metadata, fields.pairs(wish.metadata), "metadata")
    await volumes.save(ctx, volume, image_metadata=merged)
    return Reply({"metadata": merged}, status=200)


class OneKey(Strict):
    key: Annotated[Text, msgspec.Meta(min_length=1)]


@action("os-unset_image_metadata", policy.REMOVE_IMAGE_METADATA, OneKey)
async def unset_image_metadata(ctx: Context, volume: Volume, wish: OneKey) -> Reply:
    if wish.key not in volume.image_metadata:
        raise errors.MetadataNotFound("Metadata does not contain key.")
    left = {k: v for k, v in volume.image_metadata.items() if k != wish.key}
    await volumes.save(ctx, volume, image_metadata=left)
    return Reply(status=200)


@action("os-show_image_metadata", policy.SHOW_IMAGE_METADATA)
async def show_image_metadata(ctx: Context, volume: Volume, nothing: Any) -> Reply:
    return Reply({"metadata": volume.image_metadata}, status=200)


class Revert(Strict):
    snapshot_id: Text | None = None


@action("revert", policy.REVERT, Revert, since=versions.VOLUMES_CAN_BE_REVERTED)
async def revert(ctx: Context, volume: Volume, wish: Revert) -> None:
    """The volume's content is that of its latest snapshot again."""
    await volumes.revert(ctx, volume, wish.snapshot_id)


class Reimage(Strict):
    image_id: Text
    reimage_reserved: bool | Text | None = None


@action("os-reimage", policy.REIMAGE, Reimage, since=versions.VOLUMES_CAN_BE_REIMAGED)
async def reimage(ctx: Context, volume: Volume, wish: Reimage) -> None:
    """The volume's content is the image's."""
    await volumes.reimage(
        ctx,
        volume,
        fields.uuid(wish.image_id, "image_id"),
        may_be_reserved=fields.truth(wish.reimage_reserved, "reimage_reserved"),
    )


@action("os-unmanage", policy.UNMANAGE_VOLUME)
async def unmanage(ctx: Context, volume: Volume, nothing: Any) -> None:
    """The volume is none of this cloud's any more; its content stays where it is."""
    await managing.release_volume(ctx, volume)


class Migrate(Strict):
    host: Text | None = None
    force_host_copy: bool | Text | None = None
    lock_volume: bool | Text | None = None
    cluster: Annotated[Text | msgspec.UnsetType | None, since("3.16")] = msgspec.UNSET


@action("os-migrate_volume", policy.MIGRATE, Migrate)
async def migrate(ctx: Context, volume: Volume, wish: Migrate) -> None:
    """Refused: hosts do not share what they keep."""
    for name in ("force_host_copy", "lock_volume"):
        fields.truth(getattr(wish, name), name)
    if not wish.host or wish.cluster:
        raise errors.InvalidHost(reason="One and only one of cluster and host must be set.")
    await volumes.migrate(ctx, volume, wish.host)


class Completion(Strict):
    new_volume: Text
    error: bool | Text | None = None


@action("os-migrate_volume_completion", policy.COMPLETE_MIGRATION, Completion)
async def complete_migration(ctx: Context, volume: Volume, wish: Completion) -> None:
    """Refused: nothing migrates, so nothing can be completed."""
    await volumes.show(ctx, fields.uuid(wish.new_volume, "new_volume"))
    fields.truth(wish.error, "error")
    raise errors.InvalidVolume(reason="Source volume is not in the middle of a migration.")


class Extended(Strict):
    error: bool | Text


@action(
    "os-extend_volume_completion",
    policy.COMPLETE_EXTENSION,
    Extended,
    since=versions.EXTENSIONS_ARE_COMPLETED,
)
async def complete_extension(ctx: Context, volume: Volume, wish: Extended) -> None:
    """Refused: no volume waits for a server to see that it grew."""
    fields.truth(wish.error, "error")
    raise errors.InvalidVolume(
        reason=f"Volume {volume.id} status must be extending, but current status is: {volume.status}."
    )
