"""/group_snapshots"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import Document, Text
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.kernel.policy import Rule
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import fields, lists
from haneul.services.block_storage.api import group_answers as answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model import groups as model
from haneul.services.block_storage.model.groups import GroupSnapshot
from haneul.services.block_storage.operations import group_snapshots, groups

routes = ProjectRoutes()

SINCE = "3.14"
SORTABLE = {
    "id": "id",
    "name": "name",
    "status": "status",
    "group_id": "group_id",
    "created_at": "created_at",
}
FILTERS = {"name": "name", "status": "status", "group_id": "group_id"}
ADMINS_FILTERS = {
    "id": "id",
    "project_id": "project_id",
    "user_id": "user_id",
    "group_type_id": "type_id",
}
LISTING = lists.Listing(
    "group_snapshots",
    group_snapshots.list_all,
    SORTABLE,
    FILTERS,
    ADMINS_FILTERS,
    windows={"group_id": (3, 0)},
    is_counted=False,
    links="group_snapshot_links",
)


class NewGroupSnapshot(Strict):
    group_id: Text
    name: Text | None = None
    description: Text | None = None


class CreateGroupSnapshot(Strict):
    group_snapshot: NewGroupSnapshot


class Reset(Strict):
    status: Text


@routes.post(
    "/group_snapshots",
    status=202,
    policy=policy.CREATE_GROUP_SNAPSHOT,
    since=SINCE,
    answer=answers.OneGroupSnapshotName,
    errors=(
        errors.GroupNotFound,
        errors.ReservedGroupType,
        errors.InvalidGroup,
        errors.InvalidVolume,
        errors.VolumeQuotaExceeded,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def create_group_snapshot(ctx: Context, body: CreateGroupSnapshot) -> dict[str, Any]:
    """Take a snapshot of all of a group's volumes."""
    new = body.group_snapshot
    group = await groups.show(ctx, fields.uuid(new.group_id, "group_id"))
    model.require_unreserved(group.type_id)
    made = await group_snapshots.create(
        ctx, group, name=fields.name(new.name), description=fields.name(new.description, "description")
    )
    return {"group_snapshot": _named(made)}


@routes.get(
    "/group_snapshots",
    policy=policy.LIST_GROUP_SNAPSHOTS,
    since=SINCE,
    answer=answers.GroupSnapshots,
    errors=(errors.GroupSnapshotNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_group_snapshots(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's snapshots of groups; before 3.29 all of them."""
    return await _list(ctx, query, is_detailed=False)


@routes.get(
    "/group_snapshots/detail",
    policy=policy.LIST_GROUP_SNAPSHOTS,
    since=SINCE,
    answer=answers.GroupSnapshotsInDetail,
    errors=(errors.GroupSnapshotNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_group_snapshots_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's snapshots of groups with all that is known of each."""
    return await _list(ctx, query, is_detailed=True)


async def _list(ctx: Context, query: Query, *, is_detailed: bool) -> dict[str, Any]:
    if not ctx.wants(versions.GROUP_SNAPSHOTS_ARE_PAGED):
        tenants = query.get("all_tenants")
        query = Query(f"all_tenants={'1' if query.truth('all_tenants') else '0'}" if tenants else "")

    async def shown(rows: list[GroupSnapshot]) -> list[dict[str, Any]]:
        own = [s for s in rows if s.type_id != model.CONSISTENCY_ID]
        return [_view(ctx, s) if is_detailed else _named(s) for s in own]

    return await LISTING.answer(ctx, query, "/group_snapshots", shown)


async def _show(ctx: Context, id: str) -> GroupSnapshot:
    taken = await group_snapshots.show(ctx, id)
    model.require_unreserved(taken.type_id)
    return taken


@routes.get(
    "/group_snapshots/{id}",
    policy=policy.GET_GROUP_SNAPSHOT,
    since=SINCE,
    answer=answers.OneGroupSnapshot,
    errors=(errors.GroupSnapshotNotFound, errors.ReservedGroupType),
)
async def show_group_snapshot(ctx: Context, id: str) -> dict[str, Any]:
    """One snapshot of a group."""
    return {"group_snapshot": _view(ctx, await _show(ctx, id))}


@routes.delete(
    "/group_snapshots/{id}",
    status=202,
    policy=policy.DELETE_GROUP_SNAPSHOT,
    since=SINCE,
    errors=(errors.GroupSnapshotNotFound, errors.ReservedGroupType, errors.InvalidGroupSnapshot),
)
async def delete_group_snapshot(ctx: Context, id: str) -> None:
    """It is on its way out with all its parts; volumes made of them stay."""
    await group_snapshots.delete(ctx, (await _show(ctx, id)).id)


@routes.post(
    "/group_snapshots/{id}/action",
    status=202,
    since="3.19",
    errors=(errors.GroupSnapshotNotFound, errors.InvalidInput, errors.InvalidField),
)
async def act(ctx: Context, id: str, body: Document) -> None:
    """Set its status."""
    await ACTIONS.carry_out(ctx, id, body)


async def _load(ctx: Context, rule: Rule, id: str) -> GroupSnapshot:
    taken = await group_snapshots.show(ctx, id)
    ctx.authorize(rule, taken)
    return taken


ACTIONS = fields.actions(_load)


@ACTIONS.action("reset_status", policy.RESET_GROUP_SNAPSHOT, Reset)
async def reset_status(ctx: Context, taken: GroupSnapshot, reset: Reset) -> None:
    if reset.status.lower() not in model.SNAPSHOT_SETTLED:
        why = f"'{reset.status}' is not one of {model.SNAPSHOT_SETTLED}"
        raise fields.refused("status", reset.status, why)
    await group_snapshots.reset(ctx, taken.id, reset.status.lower())


def _named(s: GroupSnapshot) -> dict[str, Any]:
    return {"id": s.id, "name": s.name, "group_type_id": s.type_id}


def _view(ctx: Context, s: GroupSnapshot) -> dict[str, Any]:
    view = _named(s) | {
        "group_id": s.group_id,
        "status": s.status,
        "created_at": lists.time(s.created_at),
        "description": s.description,
    }
    if ctx.wants(versions.GROUPS_HAVE_PROJECTS) and ctx.may(policy.GROUP_SNAPSHOT_ATTRIBUTES, {}):
        view["project_id"] = s.project_id
    return view
