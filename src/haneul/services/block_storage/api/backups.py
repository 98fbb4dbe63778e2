"""/backups"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType, field

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import MANY, Document, LongText, Text
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict, since
from haneul.kernel.policy import Rule
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import backup_answers as answers
from haneul.services.block_storage.api import fields, lists
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model import backups as model
from haneul.services.block_storage.model.backups import Backup
from haneul.services.block_storage.operations import backups, volumes

routes = ProjectRoutes()

SORTABLE = {
    name: name
    for name in (
        "id", "status", "name", "created_at", "updated_at", "volume_id", "size", "container", "project_id",
        "user_id", "availability_zone", "object_count",
    )
} | {"display_name": "name"}  # fmt: skip
FILTERS = {"name": "name", "status": "status", "volume_id": "volume_id"}
ADMINS_FILTERS = {
    "id": "id",
    "display_name": "name",
    "project_id": "project_id",
    "user_id": "user_id",
    "snapshot_id": "snapshot_id",
    "parent_id": "parent_id",
    "size": "size",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
LISTING = lists.Listing(
    "backups",
    backups.list_all,
    SORTABLE,
    FILTERS,
    ADMINS_FILTERS,
    windows={"created_at": (3, 0), "updated_at": (3, 0)},
)


class NewBackup(Strict):
    volume_id: Text
    container: Text | None = None
    description: Text | None = None
    incremental: bool | Text = False
    force: bool | Text = False
    name: Text | None = None
    snapshot_id: Text | None = None
    metadata: Annotated[Annotated[dict[Text, Text], MANY] | UnsetType | None, since("3.43")] = UNSET
    availability_zone: Annotated[Text | UnsetType | None, since("3.51")] = UNSET


class CreateBackup(Strict):
    backup: NewBackup


class BackupChanges(Strict):
    name: Text | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    metadata: Annotated[Annotated[dict[Text, Text], MANY] | UnsetType, since("3.43")] = UNSET


class UpdateBackup(Strict):
    backup: BackupChanges | None


class NewRestore(Strict):
    name: Text | None = None
    volume_id: Text | None = None


class RestoreBackup(Strict):
    restore: NewRestore | None


class NewRecord(Strict):
    backup_service: Text
    backup_url: LongText


class ImportRecord(Strict):
    record: NewRecord = field(name="backup-record")


class Reset(Strict):
    status: Text


@routes.post(
    "/backups",
    status=202,
    policy=policy.CREATE_BACKUP,
    answer=answers.OneBackupName,
    errors=(
        errors.VolumeNotFound,
        errors.SnapshotNotFound,
        errors.InvalidVolume,
        errors.InvalidSnapshot,
        errors.InvalidBackup,
        errors.VolumeQuotaExceeded,
        errors.NoBackupService,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def create_backup(ctx: Context, body: CreateBackup) -> dict[str, Any]:
    """Back a volume or one of its snapshots up, whole or what changed since the last backup."""
    new = body.backup
    wish = backups.Wish(
        volume_id=fields.uuid(new.volume_id, "volume_id"),
        snapshot_id=fields.uuid(new.snapshot_id, "snapshot_id") if new.snapshot_id else None,
        name=fields.name(new.name),
        description=fields.name(new.description, "description"),
        container=new.container or None,
        zone=new.availability_zone or None,
        is_incremental=fields.truth(new.incremental, "incremental"),
        force=fields.truth(new.force, "force"),
        metadata=fields.pairs(new.metadata or None),
    )
    return {"backup": _named(ctx, await backups.create(ctx, wish))}


@routes.get(
    "/backups",
    policy=policy.LIST_BACKUPS,
    answer=answers.BackupsByName,
    errors=(errors.BackupNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_backups(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's backups: ids, names and links."""
    return await _list(ctx, query, "/backups", is_detailed=False)


@routes.get(
    "/backups/detail",
    policy=policy.LIST_BACKUPS,
    answer=answers.BackupsInDetail,
    errors=(errors.BackupNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_backups_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's backups with all that is known of each."""
    return await _list(ctx, query, "/backups/detail", is_detailed=True)


async def _list(ctx: Context, query: Query, path: str, *, is_detailed: bool) -> dict[str, Any]:
    async def shown(rows: list[Backup]) -> list[dict[str, Any]]:
        return [_view(ctx, b) if is_detailed else _named(ctx, b) for b in rows]

    return await LISTING.answer(ctx, query, path, shown)


@routes.get(
    "/backups/{id}", policy=policy.GET_BACKUP, answer=answers.OneBackup, errors=(errors.BackupNotFound,)
)
async def show_backup(ctx: Context, id: str) -> dict[str, Any]:
    """One backup."""
    backup = await backups.show(ctx, id)
    ctx.authorize(policy.GET_BACKUP, backup)
    return {"backup": _view(ctx, backup)}


@routes.put(
    "/backups/{id}",
    policy=policy.UPDATE_BACKUP,
    since="3.9",
    answer=answers.OneBackupName,
    errors=(errors.BackupNotFound, errors.InvalidInput, errors.InvalidField),
)
async def update_backup(ctx: Context, id: str, body: UpdateBackup) -> dict[str, Any]:
    """The backup has this name, description and metadata."""
    wish = body.backup
    changes: dict[str, Any] = {}
    if wish is not None:
        for name in ("name", "description"):
            if (value := getattr(wish, name)) is not UNSET:
                changes[name] = fields.name(value, name)
        if wish.metadata is not UNSET:
            changes["metadata"] = fields.pairs(wish.metadata)
    if not changes:
        raise errors.InvalidInput(
            f"Missing required element 'backup' in request body or it changes nothing of backup {id}."
        )
    return {"backup": _named(ctx, await backups.update(ctx, id, **changes))}


@routes.delete(
    "/backups/{id}",
    status=202,
    policy=policy.DELETE_BACKUP,
    errors=(errors.BackupNotFound, errors.InvalidBackup),
)
async def delete_backup(ctx: Context, id: str) -> None:
    """The backup is on its way out; refused while an incremental one adds to it."""
    await backups.delete(ctx, await _load(ctx, policy.DELETE_BACKUP, id))


@routes.post(
    "/backups/{id}/restore",
    status=202,
    policy=policy.RESTORE_BACKUP,
    answer=answers.OneRestore,
    errors=(
        errors.BackupNotFound,
        errors.VolumeNotFound,
        errors.InvalidBackup,
        errors.InvalidVolume,
        errors.TypeNotFound,
        errors.VolumeQuotaExceeded,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def restore_backup(ctx: Context, id: str, body: RestoreBackup) -> dict[str, Any]:
    """Write the backup over a volume that is there, or to a new one."""
    wish = body.restore or NewRestore()
    backup = await backups.restorable(ctx, id)
    if wish.volume_id:
        volume = await volumes.show(ctx, fields.uuid(wish.volume_id, "volume_id"))
        await backups.restore_over(ctx, backup, volume)
    else:
        volume = await volumes.create(
            ctx,
            volumes.Wish(
                size=backup.size,
                name=fields.name(wish.name) or f"restore_backup_{id}",
                description="auto-created_from_restore_from_backup",
                backup_id=id,
            ),
        )
    return {"restore": {"backup_id": id, "volume_id": volume.id, "volume_name": volume.name}}


@routes.get(
    "/backups/{id}/export_record",
    policy=policy.EXPORT_BACKUP,
    answer=answers.OneRecord,
    errors=(errors.BackupNotFound, errors.InvalidBackup),
)
async def export_record(ctx: Context, id: str) -> dict[str, Any]:
    """What this cloud, or one that has the same store, needs to take the backup up again."""
    url = await backups.export(ctx, id)
    return {"backup-record": {"backup_service": model.SERVICE, "backup_url": url}}


@routes.post(
    "/backups/import_record",
    policy=policy.IMPORT_BACKUP,
    status=201,
    answer=answers.OneBackupName,
    errors=(
        errors.InvalidBackup,
        errors.VolumeQuotaExceeded,
        errors.NoBackupService,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def import_record(ctx: Context, body: ImportRecord) -> dict[str, Any]:
    """Take up the backup that a record stands for. What is known of it is what its store says."""
    made = await backups.take_up(ctx, body.record.backup_service, body.record.backup_url)
    return {"backup": _named(ctx, made)}


@routes.post(
    "/backups/{id}/action",
    status=202,
    errors=(errors.BackupNotFound, errors.InvalidBackup, errors.InvalidInput, errors.InvalidField),
)
async def act(ctx: Context, id: str, body: Document) -> None:
    """Delete by force, or set the status."""
    await ACTIONS.carry_out(ctx, id, body)


async def _load(ctx: Context, rule: Rule, id: str) -> Backup:
    backup = await backups.show(ctx, id)
    ctx.authorize(rule, backup)
    return backup


ACTIONS = fields.actions(_load)


@ACTIONS.action("os-force_delete", policy.FORCE_DELETE_BACKUP)
async def force_delete(ctx: Context, backup: Backup, nothing: Any) -> None:
    await backups.delete(ctx, backup, force=True)


@ACTIONS.action("os-reset_status", policy.RESET_BACKUP, Reset)
async def reset_status(ctx: Context, backup: Backup, reset: Reset) -> None:
    status = reset.status.lower()
    if status not in model.SETTLED:
        raise fields.refused("status", reset.status, f"'{reset.status}' is not one of {list(model.SETTLED)}")
    await backups.reset(ctx, backup, status)


def _named(ctx: Context, b: Backup) -> dict[str, Any]:
    return {"id": b.id, "name": b.name, "links": lists.links(ctx, "backups", b.id)}


def _view(ctx: Context, b: Backup) -> dict[str, Any]:
    view = _named(ctx, b) | {
        "status": b.status,
        "size": b.size,
        "object_count": b.object_count,
        "availability_zone": b.availability_zone,
        "container": b.container,
        "created_at": lists.time(b.created_at),
        "updated_at": lists.time(b.updated_at),
        "description": b.description,
        "fail_reason": b.fault,
        "volume_id": b.volume_id,
        "is_incremental": b.parent_id is not None,
        "has_dependent_backups": b.has_dependents,
        "snapshot_id": b.snapshot_id,
        "data_timestamp": lists.time(b.data_at),
    }
    if ctx.wants(versions.BACKUPS_HAVE_METADATA):
        view["metadata"] = b.metadata
    if ctx.wants(versions.BACKUPS_HAVE_PROJECTS) and ctx.may(policy.BACKUP_ATTRIBUTES, {}):
        view["os-backup-project-attr:project_id"] = b.project_id
        if ctx.wants(versions.BACKUPS_HAVE_USERS):
            view["user_id"] = b.user_id
    return view
