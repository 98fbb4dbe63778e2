"""/snapshots"""

from __future__ import annotations

import re
from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import MANY, Document, Text
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.kernel.policy import Rule
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import answers, fields, lists
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.snapshots import SETTLED, Snapshot
from haneul.services.block_storage.model.volumes import ZONE
from haneul.services.block_storage.operations import managing, snapshots

routes = ProjectRoutes()

SORTABLE = {
    "id": "id",
    "status": "status",
    "name": "name",
    "display_name": "name",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "volume_id": "volume_id",
    "volume_size": "size",
}
FILTERS = {
    "name": "name",
    "status": "status",
    "volume_id": "volume_id",
    "metadata": "metadata",
    "availability_zone": f"={ZONE}",
    "consumes_quota": "consumes_quota",
}
ADMINS_FILTERS = {
    "id": "id",
    "display_name": "name",
    "project_id": "project_id",
    "user_id": "user_id",
    "host": "host",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "volume_size": "size",
}
WINDOWS = {"metadata": (3, 22), "created_at": (3, 0), "updated_at": (3, 0)}
LISTING = lists.Listing(
    "snapshots",
    snapshots.list_all,
    SORTABLE,
    FILTERS,
    ADMINS_FILTERS,
    windows=WINDOWS,
    old=("name", "status", "volume_id"),
)


class NewSnapshot(Strict):
    volume_id: Text | None
    display_name: Text | None = None
    name: Text | None = None
    description: Text | None = None
    force: bool | Text | UnsetType = UNSET
    metadata: Annotated[dict[Text, Text], MANY] | None = None


class CreateSnapshot(Strict):
    snapshot: NewSnapshot


class SnapshotChanges(Strict):
    name: Text | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    display_name: Text | UnsetType | None = UNSET
    display_description: Text | UnsetType | None = UNSET


class UpdateSnapshot(Strict):
    snapshot: SnapshotChanges


@routes.post(
    "/snapshots",
    status=202,
    policy=policy.CREATE_SNAPSHOT,
    answer=answers.OneSnapshot,
    errors=(
        errors.VolumeNotFound,
        errors.InvalidVolume,
        errors.VolumeQuotaExceeded,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def create_snapshot(ctx: Context, body: CreateSnapshot) -> dict[str, Any]:
    """Take a snapshot of a volume. From 3.66 on a volume in use needs no `force`."""
    new = body.snapshot
    force = new.force is not UNSET and fields.truth(new.force, "force")
    if ctx.wants(versions.SNAPSHOTS_OF_VOLUMES_IN_USE):
        if new.force is not UNSET and not force:
            raise errors.InvalidInput(
                "Invalid input for field/attribute force. The value is not allowed since microversion 3.66."
            )
        force = True
    if new.volume_id is None:
        raise errors.VolumeNotFound(id=None)
    made = await snapshots.create(
        ctx,
        fields.uuid(new.volume_id, "volume_id"),
        name=fields.name(new.name if new.name is not None else new.display_name),
        description=fields.name(new.description, "description"),
        metadata=fields.pairs(new.metadata),
        force=force,
    )
    return {"snapshot": view(ctx, made)}


@routes.get(
    "/snapshots",
    policy=policy.GET_ALL_SNAPSHOTS,
    answer=answers.Snapshots,
    errors=(errors.SnapshotNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_snapshots(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's snapshots."""
    return await _list(ctx, query, "/snapshots", is_detailed=False)


@routes.get(
    "/snapshots/detail",
    policy=policy.GET_ALL_SNAPSHOTS,
    answer=answers.SnapshotsInDetail,
    errors=(errors.SnapshotNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_snapshots_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's snapshots with all that is known of each."""
    return await _list(ctx, query, "/snapshots/detail", is_detailed=True)


async def _list(ctx: Context, query: Query, path: str, *, is_detailed: bool) -> dict[str, Any]:
    async def shown(rows: list[Snapshot]) -> list[dict[str, Any]]:
        return [view(ctx, s, is_detailed=is_detailed) for s in rows]

    return await LISTING.answer(ctx, query, path, shown)


@routes.get(
    "/snapshots/{id}",
    policy=policy.GET_SNAPSHOT,
    answer=answers.OneSnapshotInDetail,
    errors=(errors.SnapshotNotFound,),
)
async def show_snapshot(ctx: Context, id: str) -> dict[str, Any]:
    """One snapshot."""
    snapshot = await snapshots.show(ctx, id)
    ctx.authorize(policy.GET_SNAPSHOT, snapshot)
    return {"snapshot": view(ctx, snapshot, is_detailed=True)}


@routes.put(
    "/snapshots/{id}",
    policy=policy.UPDATE_SNAPSHOT,
    answer=answers.OneSnapshot,
    errors=(errors.SnapshotNotFound, errors.InvalidInput, errors.InvalidField),
)
async def update_snapshot(ctx: Context, id: str, body: UpdateSnapshot) -> dict[str, Any]:
    """The snapshot has this name and description."""
    wish = body.snapshot
    changes: dict[str, Any] = {}
    for field, value in (
        ("name", wish.display_name),
        ("name", wish.name),
        ("description", wish.display_description),
        ("description", wish.description),
    ):
        if value is not UNSET:
            changes[field] = fields.name(value, field)
    if not changes:
        raise fields.refused("snapshot", "{}", "{} does not have enough properties")
    snapshot = await snapshots.show(ctx, id)
    ctx.authorize(policy.UPDATE_SNAPSHOT, snapshot)
    return {"snapshot": view(ctx, await snapshots.save(ctx, snapshot, **changes))}


@routes.delete(
    "/snapshots/{id}",
    status=202,
    policy=policy.DELETE_SNAPSHOT,
    errors=(errors.SnapshotNotFound, errors.InvalidSnapshot, errors.InvalidInput),
)
async def delete_snapshot(ctx: Context, id: str) -> None:
    """The snapshot is on its way out; volumes made from it stay."""
    snapshot = await snapshots.show(ctx, id)
    ctx.authorize(policy.DELETE_SNAPSHOT, snapshot)
    await snapshots.delete(ctx, snapshot)


class Reset(Strict):
    status: Text


@routes.post(
    "/snapshots/{id}/action",
    status=202,
    errors=(errors.SnapshotNotFound, errors.InvalidSnapshot, errors.InvalidInput, errors.InvalidField),
)
async def act(ctx: Context, id: str, body: Document) -> None:
    """Delete by force, or set the status."""
    await ACTIONS.carry_out(ctx, id, body)


async def _load(ctx: Context, rule: Rule, id: str) -> Snapshot:
    snapshot = await snapshots.show(ctx, id)
    ctx.authorize(rule, snapshot)
    return snapshot


ACTIONS = fields.actions(_load)
STATUS_CHANGES = {"creating": ("creating", "available", "error"), "deleting": ("deleting", "error_deleting")}
PERCENT = re.compile(r"(100|[0-9]{1,2})%?")


@ACTIONS.action("os-force_delete", policy.FORCE_DELETE_SNAPSHOT)
async def force_delete(ctx: Context, snapshot: Snapshot, nothing: Any) -> None:
    await snapshots.delete(ctx, snapshot, force=True)


@ACTIONS.action("os-reset_status", policy.RESET_SNAPSHOT, Reset)
async def reset_status(ctx: Context, snapshot: Snapshot, reset: Reset) -> None:
    if reset.status not in SETTLED:
        raise fields.refused("status", reset.status, f"'{reset.status}' is not one of {list(SETTLED)}")
    await snapshots.save(ctx, snapshot, settled=reset.status)


@ACTIONS.action("os-unmanage", policy.UNMANAGE_SNAPSHOT)
async def unmanage(ctx: Context, snapshot: Snapshot, nothing: Any) -> None:
    await managing.release_snapshot(ctx, snapshot)


class Progress(Strict):
    status: Text
    progress: Text | None = None


@ACTIONS.action("os-update_snapshot_status", policy.UPDATE_SNAPSHOT_STATUS, Progress)
async def update_status(ctx: Context, snapshot: Snapshot, wish: Progress) -> None:
    """Whoever takes a snapshot says how far it is; ours are taken by our own hosts, which do that themselves."""
    if wish.progress is not None and not PERCENT.fullmatch(wish.progress):
        raise BadRequest("progress must be an integer percentage")
    allowed = STATUS_CHANGES.get(snapshot.status)
    if allowed is None or wish.status not in allowed:
        raise BadRequest(
            f"Provided snapshot status {wish.status} not allowed for snapshot with status {snapshot.status}."
        )
    await snapshots.save(ctx, snapshot, settled=wish.status)


def view(ctx: Context, s: Snapshot, *, is_detailed: bool = False) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": s.id,
        "created_at": lists.time(s.created_at),
        "updated_at": lists.time(s.updated_at),
        "name": s.name,
        "description": s.description,
        "volume_id": s.volume_id,
        "status": s.status,
        "size": s.size,
        "metadata": s.metadata,
    }
    if is_detailed:
        view["os-extended-snapshot-attributes:progress"] = "100%" if s.status == "available" else "0%"
        view["os-extended-snapshot-attributes:project_id"] = s.project_id
    if ctx.wants(versions.SNAPSHOTS_HAVE_GROUPS):
        view["group_snapshot_id"] = s.group_snapshot_id
    if ctx.wants(versions.SNAPSHOTS_HAVE_USERS):
        view["user_id"] = s.user_id
    if ctx.wants(versions.USE_OF_QUOTAS):
        view["consumes_quota"] = True
    return view
