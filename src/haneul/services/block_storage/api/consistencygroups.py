"""/consistencygroups and /cgsnapshots: the older names of groups of one type, whose snapshots are of one moment"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType, field

from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import LongText, Text
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Schema
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.api import fields, lists
from haneul.services.block_storage.api import group_answers as answers
from haneul.services.block_storage.api.groups import ADMINS_FILTERS, SORTABLE, ids
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.groups import CONSISTENCY_ID, Group, GroupSnapshot
from haneul.services.block_storage.operations import group_snapshots, group_types, groups

routes = ProjectRoutes()
OF_OURS = Filter("type_id", "eq", CONSISTENCY_ID)


class NewConsistencyGroup(Schema):
    volume_types: LongText | None
    name: Text | None = None
    description: Text | None = None
    availability_zone: Text | None = None


class CreateConsistencyGroup(Schema):
    consistencygroup: NewConsistencyGroup


class FromSource(Schema):
    name: Text | None = None
    description: Text | None = None
    cgsnapshot_id: Text | None = None
    source_cgid: Text | None = None


class CreateFromSource(Schema):
    source: FromSource = field(name="consistencygroup-from-src")


class ConsistencyGroupChanges(Schema):
    name: Text | None = None
    description: Text | None = None
    add_volumes: LongText | None = None
    remove_volumes: LongText | None = None


class UpdateConsistencyGroup(Schema):
    consistencygroup: ConsistencyGroupChanges


class Deletion(Schema):
    force: bool | Text | UnsetType = UNSET


class DeleteConsistencyGroup(Schema):
    consistencygroup: Deletion | UnsetType = UNSET


class NewCgsnapshot(Schema):
    consistencygroup_id: Text
    name: Text | None = None
    description: Text | None = None


class CreateCgsnapshot(Schema):
    cgsnapshot: NewCgsnapshot


async def _show(ctx: Context, id: str) -> Group:
    group = await groups.show(ctx, id)
    if group.type_id != CONSISTENCY_ID:
        raise errors.GroupNotFound(id=id)
    return group


@routes.post(
    "/consistencygroups",
    status=202,
    policy=policy.CREATE_GROUP,
    answer=answers.OneConsistencyGroupName,
    errors=(
        errors.TypeNotFound,
        errors.TypeNameNotFound,
        errors.VolumeQuotaExceeded,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def create_consistencygroup(ctx: Context, body: CreateConsistencyGroup) -> dict[str, Any]:
    """A new consistency group for volumes of these types, which stand between commas."""
    new = body.consistencygroup
    if not (kinds := ids(new.volume_types)):
        raise BadRequest(f"volume_types must be provided to create consistency group {new.name}.")
    wish = groups.Wish(
        name=fields.name(new.name),
        description=fields.name(new.description, "description"),
        volume_types=kinds,
        zone=new.availability_zone,
    )
    made = await groups.create(ctx, await group_types.ensure_consistency(ctx), wish)
    return {"consistencygroup": {"id": made.id, "name": made.name}}


@routes.post(
    "/consistencygroups/create_from_src",
    status=202,
    policy=policy.CREATE_GROUP,
    answer=answers.OneConsistencyGroupName,
    errors=(
        errors.GroupNotFound,
        errors.GroupSnapshotNotFound,
        errors.InvalidGroup,
        errors.InvalidVolume,
        errors.InvalidSnapshot,
        errors.VolumeNotFound,
        errors.SnapshotNotFound,
        errors.TypeNotFound,
        errors.TypeNameNotFound,
        errors.VolumeQuotaExceeded,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def create_from_source(ctx: Context, body: CreateFromSource) -> dict[str, Any]:
    """A new consistency group with copies of another's volumes, or of what a snapshot of one holds."""
    new = body.source
    if bool(new.cgsnapshot_id) == bool(new.source_cgid):
        raise BadRequest(
            f"Cannot provide both 'cgsnapshot_id' and 'source_cgid' to create consistency group {new.name} "
            "from source."
            if new.cgsnapshot_id
            else "Either 'cgsnapshot_id' or 'source_cgid' must be provided to create consistency group "
            f"{new.name} from source."
        )
    wish = groups.Wish(name=fields.name(new.name), description=fields.name(new.description, "description"))
    if new.cgsnapshot_id:
        made = await groups.create_from_snapshot(ctx, await _taken(ctx, new.cgsnapshot_id), wish)
    else:
        made = await groups.create_from_group(ctx, await _show(ctx, new.source_cgid or ""), wish)
    return {"consistencygroup": {"id": made.id, "name": made.name}}


LISTED = (errors.GroupNotFound, errors.InvalidInput, errors.InvalidField)


@routes.get("/consistencygroups", policy=policy.LIST_GROUPS, answer=answers.ConsistencyGroups, errors=LISTED)
async def list_consistencygroups(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's consistency groups."""
    rows, page = await _page(ctx, query)
    views = [{"id": g.id, "name": g.name} for g in rows]
    return lists.collection(ctx, "consistencygroups", "/consistencygroups", views, query, page)


@routes.get(
    "/consistencygroups/detail",
    policy=policy.LIST_GROUPS,
    answer=answers.ConsistencyGroupsInDetail,
    errors=LISTED,
)
async def list_consistencygroups_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's consistency groups with all that is known of each."""
    rows, page = await _page(ctx, query)
    return lists.collection(
        ctx, "consistencygroups", "/consistencygroups", [_view(g) for g in rows], query, page
    )


async def _page(ctx: Context, query: Query) -> tuple[list[Group], lists.Paging]:
    page = lists.paging(query, SORTABLE)
    known = {"name": "name", **ADMINS_FILTERS}
    conditions = [Filter(known[name], "eq", value) for name, value in query.pairs if name in known]
    rows = await groups.list_all(
        ctx,
        [OF_OURS, *conditions],
        all_projects=lists.all_projects(ctx, query),
        sort=page.sort,
        marker=page.marker,
        limit=page.limit + page.offset,
    )
    return rows[page.offset :], page


@routes.get(
    "/consistencygroups/{id}",
    policy=policy.GET_GROUP,
    answer=answers.OneConsistencyGroup,
    errors=(errors.GroupNotFound,),
)
async def show_consistencygroup(ctx: Context, id: str) -> dict[str, Any]:
    """One consistency group."""
    return {"consistencygroup": _view(await _show(ctx, id))}


CHANGED = (
    errors.GroupNotFound,
    errors.InvalidGroup,
    errors.InvalidVolume,
    errors.InvalidInput,
    errors.InvalidField,
)


@routes.put("/consistencygroups/{id}/update", status=202, policy=policy.UPDATE_GROUP, errors=CHANGED)
@routes.put("/consistencygroups/{id}", status=202, policy=policy.UPDATE_GROUP, errors=CHANGED)
async def update_consistencygroup(ctx: Context, id: str, body: UpdateConsistencyGroup) -> None:
    """The group is called so, and has these volumes more and those no longer."""
    wish = body.consistencygroup
    group = await _show(ctx, id)
    if not (wish.name or wish.description or wish.add_volumes or wish.remove_volumes):
        raise BadRequest(
            "Name, description, add_volumes, and remove_volumes can not be all empty in the request body."
        )
    await groups.update(
        ctx,
        group,
        name=fields.name(wish.name or None),
        description=fields.name(wish.description or None, "description"),
        add=ids(wish.add_volumes),
        remove=ids(wish.remove_volumes),
    )


@routes.post(
    "/consistencygroups/{id}/delete",
    status=202,
    policy=policy.DELETE_GROUP,
    errors=(errors.GroupNotFound, errors.InvalidGroup, errors.InvalidInput, errors.InvalidField),
)
async def delete_consistencygroup(ctx: Context, id: str, body: DeleteConsistencyGroup | None) -> None:
    """The group goes, with `force` its volumes too."""
    force = body is not None and body.consistencygroup is not UNSET and body.consistencygroup.force
    with_volumes = force not in (UNSET, False) and fields.truth(force or None, "force")  # type: ignore[arg-type]
    await groups.delete(ctx, await _show(ctx, id), with_volumes=with_volumes)


@routes.delete(
    "/consistencygroups/{id}",
    status=202,
    policy=policy.DELETE_GROUP,
    errors=(errors.GroupNotFound, errors.InvalidGroup, errors.InvalidInput),
)
async def delete_empty_consistencygroup(ctx: Context, id: str) -> None:
    """The group goes; refused while it has volumes."""
    await groups.delete(ctx, await _show(ctx, id), with_volumes=False)


# -- their snapshots


async def _taken(ctx: Context, id: str) -> GroupSnapshot:
    taken = await group_snapshots.show(ctx, id)
    if taken.type_id != CONSISTENCY_ID:
        raise errors.GroupSnapshotNotFound(id=id)
    return taken


@routes.post(
    "/cgsnapshots",
    status=202,
    policy=policy.CREATE_GROUP_SNAPSHOT,
    answer=answers.OneCgsnapshotName,
    errors=(
        errors.GroupNotFound,
        errors.InvalidGroup,
        errors.InvalidVolume,
        errors.VolumeQuotaExceeded,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def create_cgsnapshot(ctx: Context, body: CreateCgsnapshot) -> dict[str, Any]:
    """Take a snapshot of all volumes of a consistency group, of one moment."""
    new = body.cgsnapshot
    made = await group_snapshots.create(
        ctx,
        await _show(ctx, new.consistencygroup_id),
        name=fields.name(new.name),
        description=fields.name(new.description, "description"),
    )
    return {"cgsnapshot": {"id": made.id, "name": made.name}}


@routes.get(
    "/cgsnapshots",
    policy=policy.LIST_GROUP_SNAPSHOTS,
    answer=answers.Cgsnapshots,
    errors=(errors.GroupSnapshotNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_cgsnapshots(ctx: Context, query: Query) -> dict[str, Any]:
    """The project's snapshots of consistency groups."""
    return {"cgsnapshots": [{"id": s.id, "name": s.name} for s in await _all_taken(ctx, query)]}


@routes.get(
    "/cgsnapshots/detail",
    policy=policy.LIST_GROUP_SNAPSHOTS,
    answer=answers.CgsnapshotsInDetail,
    errors=(errors.GroupSnapshotNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_cgsnapshots_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """The project's snapshots of consistency groups with all that is known of each."""
    return {"cgsnapshots": [_snapshot_view(s) for s in await _all_taken(ctx, query)]}


async def _all_taken(ctx: Context, query: Query) -> list[GroupSnapshot]:
    page = lists.paging(query, SORTABLE)
    return await group_snapshots.list_all(
        ctx,
        [OF_OURS],
        all_projects=lists.all_projects(ctx, query),
        sort=page.sort,
        marker=page.marker,
        limit=page.limit,
    )


@routes.get(
    "/cgsnapshots/{id}",
    policy=policy.GET_GROUP_SNAPSHOT,
    answer=answers.OneCgsnapshot,
    errors=(errors.GroupSnapshotNotFound,),
)
async def show_cgsnapshot(ctx: Context, id: str) -> dict[str, Any]:
    """One snapshot of a consistency group."""
    return {"cgsnapshot": _snapshot_view(await _taken(ctx, id))}


@routes.delete(
    "/cgsnapshots/{id}",
    status=202,
    policy=policy.DELETE_GROUP_SNAPSHOT,
    errors=(errors.GroupSnapshotNotFound, errors.InvalidGroupSnapshot, errors.InvalidInput),
)
async def delete_cgsnapshot(ctx: Context, id: str) -> None:
    """It is on its way out with all its parts."""
    await group_snapshots.delete(ctx, (await _taken(ctx, id)).id)


def _view(g: Group) -> dict[str, Any]:
    return {
        "id": g.id,
        "status": g.status,
        "availability_zone": g.availability_zone,
        "created_at": lists.time(g.created_at),
        "name": g.name,
        "description": g.description,
        "volume_types": g.volume_type_ids,
    }


def _snapshot_view(s: GroupSnapshot) -> dict[str, Any]:
    return {
        "id": s.id,
        "consistencygroup_id": s.group_id,
        "status": s.status,
        "created_at": lists.time(s.created_at),
        "name": s.name,
        "description": s.description,
    }
