"""/volumes"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import MANY, Document, Number, Text
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Schema, Strict, since
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import answers, fields, lists
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.volumes import Attachment, Volume
from haneul.services.block_storage.operations import groups, types, volumes

routes = ProjectRoutes()

SORTABLE = {
    "id": "id",
    "status": "status",
    "size": "size",
    "name": "name",
    "display_name": "name",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "availability_zone": "availability_zone",
    "bootable": "bootable",
    "host": "host",
    "project_id": "project_id",
    "user_id": "user_id",
}
FILTERS = {
    "name": "name",
    "status": "status",
    "metadata": "metadata",
    "bootable": "bootable",
    "size": "size",
    "availability_zone": "availability_zone",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "consumes_quota": "consumes_quota",
    "migration_status": "migration_status",
    "group_id": "group_id",
}
ADMINS_FILTERS = {
    "id": "id",
    "display_name": "name",
    "project_id": "project_id",
    "user_id": "user_id",
    "host": "host",
    "multiattach": "multiattach",
    "snapshot_id": "snapshot_id",
    "source_volid": "source_id",
    "volume_type_id": "type_id",
    "service_uuid": "=None",
    "shared_targets": "=False",
}
LISTING = lists.Listing("volumes", volumes.list_all, SORTABLE, FILTERS, ADMINS_FILTERS)


class NewVolume(Schema):
    size: Number | Text | None = None
    name: Text | None = None
    description: Text | None = None
    volume_type: Text | None = None
    availability_zone: Text | None = None
    imageRef: Text | None = None
    image_id: Text | None = None
    display_name: Text | None = None
    display_description: Text | None = None
    snapshot_id: Text | None = None
    source_volid: Text | None = None
    consistencygroup_id: Text | None = None
    multiattach: bool | Text | None = None
    metadata: Annotated[dict[Text, Text], MANY] | None = None
    group_id: Annotated[Text | UnsetType | None, since("3.13")] = UNSET
    backup_id: Annotated[Text | UnsetType | None, since("3.47")] = UNSET


Uuid = Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Neighbours = Uuid | Annotated[list[Uuid], MANY] | UnsetType
"""Ids of volumes."""


class Hints(Schema):
    """Where the volume should be made. What else is hinted at decides nothing, as upstream by default."""

    same_host: Neighbours = UNSET
    different_host: Neighbours = UNSET
    local_to_instance: Uuid | None = None
    query: Text | Document | None = None


class Hinted(Strict):
    hints: Hints | UnsetType | None = msgspec.field(name="OS-SCH-HNT:scheduler_hints", default=UNSET)


class CreateVolume(Hinted, kw_only=True):
    volume: NewVolume


class KnownVolume(NewVolume, forbid_unknown_fields=True):
    """As upstream reads it from 3.53 on: what it does not know is refused."""


class CreateKnownVolume(Hinted, kw_only=True):
    volume: KnownVolume


class VolumeChanges(Strict):
    name: Text | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    display_name: Text | UnsetType | None = UNSET
    display_description: Text | UnsetType | None = UNSET
    metadata: Annotated[dict[Text, Text], MANY] | UnsetType = UNSET


class UpdateVolume(Strict):
    volume: VolumeChanges


NOT_CREATED = (
    errors.VolumeNotFound,
    errors.SnapshotNotFound,
    errors.TypeNotFound,
    errors.TypeNameNotFound,
    errors.GroupNotFound,
    errors.BackupNotFound,
    errors.InvalidSnapshot,
    errors.InvalidVolume,
    errors.InvalidBackup,
    errors.VolumeQuotaExceeded,
    errors.InvalidInput,
    errors.InvalidField,
)
"""What the creation of a volume can fail with, in every version."""


@routes.post(
    "/volumes",
    status=202,
    policy=policy.CREATE,
    until="3.52",
    answer=answers.OneVolume,
    errors=NOT_CREATED,
)
async def create_volume(ctx: Context, body: CreateVolume) -> dict[str, Any]:
    """Create a volume. It is made in the background; poll its status."""
    return await _create(ctx, body.volume, body.hints or Hints())


@routes.post(
    "/volumes",
    status=202,
    policy=policy.CREATE,
    since="3.53",
    answer=answers.OneVolume,
    errors=NOT_CREATED,
)
async def create_known_volume(ctx: Context, body: CreateKnownVolume) -> dict[str, Any]:
    """Create a volume; what is not known of it is refused."""
    return await _create(ctx, body.volume, body.hints or Hints())


async def _create(ctx: Context, new: NewVolume, hints: Hints) -> dict[str, Any]:
    for field in ("snapshot_id", "source_volid", "consistencygroup_id"):
        if id := getattr(new, field):
            fields.uuid(id, field)
    if new.multiattach and ctx.wants(versions.MULTIATTACH_BY_TYPE):
        raise BadRequest(
            "multiattach parameter has been removed. The default behavior is to use multiattach enabled volume "
            "types."
        )
    name = new.name if new.name is not None else new.display_name
    description = new.description if new.description is not None else new.display_description
    wish = volumes.Wish(
        size=fields.size(new.size),
        name=fields.name(name),
        description=fields.name(description, "description"),
        type=new.volume_type or None,
        zone=new.availability_zone,
        image_id=new.imageRef or new.image_id or None,
        snapshot_id=new.snapshot_id or None,
        source_id=new.source_volid or None,
        group_id=new.group_id or new.consistencygroup_id or None,
        backup_id=fields.uuid(new.backup_id, "backup_id") if new.backup_id else None,
        multiattach=fields.truth(new.multiattach, "multiattach"),
        metadata=fields.pairs(new.metadata),
        together_with=_ids(hints.same_host),
        apart_from=_ids(hints.different_host),
    )
    if wish.size is None and not (wish.snapshot_id or wish.source_id or wish.backup_id):
        raise errors.InvalidField(
            field="size", value="None", why="size is required unless a snapshot or a volume is the source"
        )
    return {"volume": (await views(ctx, [await volumes.create(ctx, wish)]))[0]}


def _ids(ids: str | list[str] | UnsetType) -> list[str]:
    return ids if isinstance(ids, list) else [ids] if ids else []


@routes.get(
    "/volumes",
    policy=policy.GET_ALL,
    answer=answers.Volumes,
    errors=(errors.VolumeNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_volumes(ctx: Context, query: Query) -> dict[str, Any]:
    """List volumes: ids, names and links."""
    return await _list(ctx, query, "/volumes", is_detailed=False)


@routes.get(
    "/volumes/detail",
    policy=policy.GET_ALL,
    answer=answers.VolumesInDetail,
    errors=(errors.VolumeNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_volumes_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's volumes with all that is known of each."""
    return await _list(ctx, query, "/volumes/detail", is_detailed=True)


@routes.get(
    "/volumes/summary",
    policy=policy.GET_ALL,
    since="3.12",
    answer=answers.VolumeSummary,
    errors=(errors.InvalidInput, errors.InvalidField),
)
async def summarize_volumes(ctx: Context, query: Query) -> dict[str, Any]:
    """How many volumes there are and how large they are together."""
    volumes = await LISTING.find(ctx, query)
    summary: dict[str, Any] = {"total_size": sum(v.size for v in volumes), "total_count": len(volumes)}
    if ctx.wants(versions.SUMMARY_HAS_METADATA):
        metadata: dict[str, list[str]] = {}
        for key, value in ((k, x) for v in volumes for k, x in v.metadata.items()):
            known = metadata.setdefault(key, [])
            if value not in known:
                known.append(value)
        summary["metadata"] = metadata
    return {"volume-summary": summary}


async def _list(ctx: Context, query: Query, path: str, *, is_detailed: bool) -> dict[str, Any]:
    async def shown(rows: list[Volume]) -> list[dict[str, Any]]:
        if is_detailed:
            return await views(ctx, rows, is_extended=True)
        return [{"id": v.id, "name": v.name, "links": lists.links(ctx, "volumes", v.id)} for v in rows]

    return await LISTING.answer(ctx, query, path, shown)


@routes.get("/volumes/{id}", policy=policy.GET, answer=answers.OneReadVolume, errors=(errors.VolumeNotFound,))
async def show_volume(ctx: Context, id: str) -> dict[str, Any]:
    """One volume."""
    volume = await volumes.show(ctx, id)
    ctx.authorize(policy.GET, volume)
    return {"volume": (await views(ctx, [volume], is_extended=True))[0]}


@routes.get(
    "/volumes/{id}/encryption",
    policy=policy.VOLUME_ENCRYPTION,
    answer=answers.EncryptionKey,
    errors=(errors.VolumeNotFound,),
)
async def show_encryption(ctx: Context, id: str) -> dict[str, Any]:
    """How a volume is encrypted: not at all, so there is no key."""
    ctx.authorize(policy.VOLUME_ENCRYPTION, await volumes.show(ctx, id))
    return {"encryption_key_id": None}


@routes.put(
    "/volumes/{id}",
    policy=policy.UPDATE,
    answer=answers.OneVolume,
    errors=(errors.VolumeNotFound, errors.InvalidInput, errors.InvalidField),
)
async def update_volume(ctx: Context, id: str, body: UpdateVolume) -> dict[str, Any]:
    """Change a volume's name, description or metadata."""
    wish = body.volume
    changes: dict[str, Any] = {}
    for field, value in (
        ("name", wish.display_name),
        ("name", wish.name),
        ("description", wish.display_description),
        ("description", wish.description),
    ):
        if value is not UNSET:
            changes[field] = fields.name(value, field)
    if wish.metadata is not UNSET:
        changes["metadata"] = fields.pairs(wish.metadata)
    if not changes:
        raise errors.InvalidField(field="volume", value="{}", why="{} does not have enough properties")
    volume = await volumes.update(ctx, id, **changes)
    return {"volume": (await views(ctx, [volume]))[0]}


@routes.delete(
    "/volumes/{id}",
    status=202,
    policy=policy.DELETE,
    errors=(
        errors.VolumeNotFound,
        errors.InvalidVolume,
        errors.InvalidSnapshot,
        errors.InvalidInput,
        errors.ConflictNovaUsingAttachment,
    ),
)
async def delete_volume(ctx: Context, id: str, query: Query) -> None:
    """Delete a volume, with `cascade` its snapshots too."""
    force = bool(query.truth("force")) and ctx.wants(versions.DELETE_BY_FORCE)
    await volumes.delete(ctx, id, cascade=bool(query.truth("cascade")), force=force)


# -- views


async def views(ctx: Context, rows: list[Volume], *, is_extended: bool = False) -> list[dict[str, Any]]:
    """The volumes as the API shows them; two more queries for any number of them.

    Answers to a read are extended by owner, image and host; those to a change are not.
    """
    attached = await volumes.attachments(ctx, [v.id for v in rows])
    names = await types.names(ctx, {v.type_id for v in rows})
    consistent = await groups.consistency_groups(ctx, {v.group_id for v in rows if v.group_id})
    is_of_admins = ctx.may(policy.CONTEXT_IS_ADMIN, {})
    newer = _newer(ctx, is_of_admins=is_of_admins)
    sees_hosts = is_extended and ctx.may(policy.HOST_ATTRIBUTE, {})
    sees_migrations = is_extended and ctx.may(policy.MIGRATION_ATTRIBUTE, {})
    shown = []
    for v in rows:
        view = _view(ctx, v, attached.get(v.id, []), names.get(v.type_id), newer)
        if v.group_id in consistent:
            view["consistencygroup_id"] = v.group_id
        if is_of_admins:
            view["migration_status"] = v.migration_status
        if is_extended:
            view.update(_extension(v, sees_hosts=sees_hosts, sees_migrations=sees_migrations))
        shown.append(view)
    return shown


def _view(
    ctx: Context, v: Volume, attached: list[Attachment], type_name: str | None, newer: dict[str, Any]
) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": v.id,
        "status": v.status,
        "size": v.size,
        "availability_zone": v.availability_zone,
        "created_at": lists.time(v.created_at),
        "updated_at": lists.time(v.updated_at),
        "name": v.name,
        "description": v.description,
        "volume_type": type_name,
        "snapshot_id": v.snapshot_id,
        "source_volid": v.source_id,
        "metadata": v.metadata,
        "links": lists.links(ctx, "volumes", v.id),
        "user_id": v.user_id,
        "bootable": "true" if v.bootable else "false",
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": v.multiattach,
        "attachments": [_attached(ctx, v, a) for a in attached if a.status in ("attached", "detaching")],
    }
    view.update(newer)
    if "group_id" in newer:
        view["group_id"] = v.group_id
    if "volume_type_id" in newer:
        view["volume_type_id"] = v.type_id
    return view


def _extension(v: Volume, *, sees_hosts: bool, sees_migrations: bool) -> dict[str, Any]:
    """What the extensions of the API add to a volume that is read."""
    added: dict[str, Any] = {"os-vol-tenant-attr:tenant_id": v.project_id}
    if v.image_metadata:
        added["volume_image_metadata"] = v.image_metadata
    if sees_hosts:
        added["os-vol-host-attr:host"] = v.host
    if sees_migrations:
        added["os-vol-mig-status-attr:migstat"] = v.migration_status
        added["os-vol-mig-status-attr:name_id"] = None
    return added


def _newer(ctx: Context, *, is_of_admins: bool) -> dict[str, Any]:
    """What later microversions add to every volume alike; ids of type and group are still to be filled in."""
    added: dict[str, Any] = {}
    for version, field, value in (
        (versions.VOLUMES_HAVE_GROUPS, "group_id", None),
        (versions.VOLUMES_HAVE_SHARED_TARGETS, "shared_targets", False),
        (versions.VOLUMES_HAVE_SHARED_TARGETS, "service_uuid", None),
        (versions.VOLUMES_HAVE_TYPE_IDS, "volume_type_id", None),
        (versions.USE_OF_QUOTAS, "consumes_quota", True),
    ):
        if ctx.wants(version):
            added[field] = value
    if is_of_admins and ctx.wants(versions.VOLUMES_HAVE_PROVIDER_IDS):
        added["provider_id"] = None
    if is_of_admins and ctx.wants(versions.VOLUMES_HAVE_CLUSTERS):
        added["cluster_name"] = None
    return added


def _attached(ctx: Context, v: Volume, a: Attachment) -> dict[str, Any]:
    return {
        "id": v.id,
        "attachment_id": a.id,
        "volume_id": v.id,
        "server_id": a.server_id,
        "host_name": a.host if ctx.may(policy.CONTEXT_IS_ADMIN, {}) else None,
        "device": a.device,
        "attached_at": lists.time(a.attached_at),
    }
