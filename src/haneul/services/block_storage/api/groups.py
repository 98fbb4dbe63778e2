"""/groups: volumes that belong together"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import MANY, Document, LongText, Text
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.kernel.policy import Rule
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import fields, lists
from haneul.services.block_storage.api import group_answers as answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model import groups as model
from haneul.services.block_storage.model.groups import Group
from haneul.services.block_storage.operations import group_snapshots, group_types, groups

routes = ProjectRoutes()

SINCE = "3.13"
SORTABLE = {
    "id": "id",
    "name": "name",
    "status": "status",
    "created_at": "created_at",
    "group_type_id": "type_id",
    "availability_zone": "availability_zone",
}
FILTERS = {"name": "name"}
ADMINS_FILTERS = {
    "id": "id",
    "status": "status",
    "project_id": "project_id",
    "user_id": "user_id",
    "group_type_id": "type_id",
    "group_snapshot_id": "group_snapshot_id",
    "source_group_id": "source_group_id",
    "host": "host",
}
LISTING = lists.Listing(
    "groups", groups.list_all, SORTABLE, FILTERS, ADMINS_FILTERS, is_counted=False, links="group_links"
)


class NewGroup(Strict):
    group_type: Annotated[Text, msgspec.Meta(min_length=1)]
    volume_types: Annotated[list[Text], msgspec.Meta(min_length=1), MANY]
    name: Text | None = None
    description: Text | None = None
    availability_zone: Text | None = None


class CreateGroup(Strict):
    group: NewGroup


class GroupChanges(Strict):
    name: Text | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    add_volumes: LongText | UnsetType | None = UNSET
    remove_volumes: LongText | UnsetType | None = UNSET


class UpdateGroup(Strict):
    group: GroupChanges


@routes.post(
    "/groups",
    status=202,
    policy=policy.CREATE_GROUP,
    since=SINCE,
    answer=answers.OneGroupName,
    errors=(
        errors.GroupTypeNotFound,
        errors.GroupTypeNameNotFound,
        errors.ReservedGroupType,
        errors.TypeNotFound,
        errors.TypeNameNotFound,
        errors.VolumeQuotaExceeded,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def create_group(ctx: Context, body: CreateGroup) -> dict[str, Any]:
    """A new group, for volumes of these types."""
    new = body.group
    if len(set(new.volume_types)) < len(new.volume_types):
        raise fields.refused("volume_types", new.volume_types, "it has non-unique elements")
    kind = await group_types.named(ctx, new.group_type)
    model.require_unreserved(kind.id)
    wish = groups.Wish(
        name=fields.name(new.name),
        description=fields.name(new.description, "description"),
        volume_types=new.volume_types,
        zone=new.availability_zone,
    )
    made = await groups.create(ctx, kind, wish)
    return {"group": {"id": made.id, "name": made.name}}


async def _show(ctx: Context, id: str) -> Group:
    group = await groups.show(ctx, id)
    model.require_unreserved(group.type_id)
    return group


@routes.get(
    "/groups",
    policy=policy.LIST_GROUPS,
    since=SINCE,
    answer=answers.Groups,
    errors=(errors.GroupNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_groups(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's groups, without consistency groups."""
    return await _list(ctx, query, is_detailed=False)


@routes.get(
    "/groups/detail",
    policy=policy.LIST_GROUPS,
    since=SINCE,
    answer=answers.GroupsInDetail,
    errors=(errors.GroupNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_groups_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the project's groups with all that is known of each."""
    return await _list(ctx, query, is_detailed=True)


async def _list(ctx: Context, query: Query, *, is_detailed: bool) -> dict[str, Any]:
    async def shown(rows: list[Group]) -> list[dict[str, Any]]:
        own = [g for g in rows if g.type_id != model.CONSISTENCY_ID]
        if is_detailed:
            return await views(ctx, own, query)
        return [{"id": g.id, "name": g.name} for g in own]

    return await LISTING.answer(ctx, query, "/groups", shown)


@routes.get(
    "/groups/{id}",
    policy=policy.GET_GROUP,
    since=SINCE,
    answer=answers.OneGroup,
    errors=(errors.GroupNotFound, errors.ReservedGroupType),
)
async def show_group(ctx: Context, id: str, query: Query) -> dict[str, Any]:
    """One group; with `list_volume` its volumes too."""
    return {"group": (await views(ctx, [await _show(ctx, id)], query))[0]}


@routes.put(
    "/groups/{id}",
    status=202,
    policy=policy.UPDATE_GROUP,
    since=SINCE,
    errors=(
        errors.GroupNotFound,
        errors.ReservedGroupType,
        errors.InvalidGroup,
        errors.InvalidVolume,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def update_group(ctx: Context, id: str, body: UpdateGroup) -> None:
    """The group is called so, and has these volumes more and those no longer."""
    wish = body.group
    if all(getattr(wish, name) is UNSET for name in wish.__struct_fields__):
        raise fields.refused("group", "{}", "{} does not have enough properties")
    await groups.update(
        ctx,
        await _show(ctx, id),
        name=fields.name(wish.name or None),
        description=fields.name(wish.description or None, "description"),
        add=ids(wish.add_volumes),
        remove=ids(wish.remove_volumes),
    )


def ids(text: str | UnsetType | None) -> list[str]:
    """What stands between commas."""
    return [id.strip() for id in (text or "").strip(",").split(",") if id.strip()]


# -- actions


class Delete(Strict):
    delete_volumes: bool | Text | UnsetType = msgspec.field(name="delete-volumes", default=UNSET)


class Reset(Strict):
    status: Text


class FromSource(Strict):
    name: Text | None = None
    description: Text | None = None
    group_snapshot_id: Text | UnsetType = UNSET
    source_group_id: Text | UnsetType = UNSET


class CreateFromSource(Strict):
    source: FromSource = msgspec.field(name="create-from-src")


class Failover(Strict):
    allow_attached_volume: bool | Text | UnsetType = UNSET
    secondary_backend_id: Text | None = None


@routes.post(
    "/groups/action",
    status=202,
    policy=policy.CREATE_GROUP,
    since="3.14",
    answer=answers.OneGroupName,
    errors=(
        errors.GroupNotFound,
        errors.GroupSnapshotNotFound,
        errors.ReservedGroupType,
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
    """A new group with copies of another's volumes, or of what a snapshot of one holds."""
    new = body.source
    if (new.group_snapshot_id is UNSET) == (new.source_group_id is UNSET):
        why = "it names neither or both of its sources"
        raise fields.refused("create-from-src", new.name or "", why)
    wish = groups.Wish(name=fields.name(new.name), description=fields.name(new.description, "description"))
    if new.group_snapshot_id is not UNSET:
        taken = await group_snapshots.show(ctx, fields.uuid(new.group_snapshot_id, "group_snapshot_id"))
        model.require_unreserved(taken.type_id)
        made = await groups.create_from_snapshot(ctx, taken, wish)
    else:
        source = await _show(ctx, fields.uuid(new.source_group_id or "", "source_group_id"))
        made = await groups.create_from_group(ctx, source, wish)
    return {"group": {"id": made.id, "name": made.name}}


@routes.post(
    "/groups/{id}/action",
    status=202,
    since=SINCE,
    errors=(
        errors.GroupNotFound,
        errors.GroupTypeNotFound,
        errors.ReservedGroupType,
        errors.InvalidGroup,
        errors.InvalidGroupType,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def act(ctx: Context, id: str, body: Document) -> None:
    """Delete the group, set its status, or replicate it."""
    await ACTIONS.carry_out(ctx, id, body)


async def _load(ctx: Context, rule: Rule, id: str) -> Group:
    group = await groups.show(ctx, id)
    ctx.authorize(rule, group)
    return group


ACTIONS = fields.actions(_load)


class Nothing(Strict):
    """No attributes."""


@ACTIONS.action("delete", policy.DELETE_GROUP, Delete)
async def delete_group(ctx: Context, group: Group, wish: Delete) -> None:
    """The group goes, and with it its volumes if that is said."""
    model.require_unreserved(group.type_id)
    with_volumes = wish.delete_volumes is not UNSET and fields.truth(wish.delete_volumes, "delete-volumes")
    await groups.delete(ctx, group, with_volumes=with_volumes)


@ACTIONS.action("reset_status", policy.RESET_GROUP, Reset, since=versions.GROUPS_CAN_BE_RESET)
async def reset_status(ctx: Context, group: Group, reset: Reset) -> None:
    if reset.status.lower() not in model.SETTLED:
        why = f"'{reset.status}' is not one of {model.SETTLED}"
        raise fields.refused("status", reset.status, why)
    await groups.reset(ctx, group, reset.status.lower())


async def refuse_replication(ctx: Context, group: Group, wish: Any) -> None:
    """Nothing here replicates."""
    await groups.require_replicated(ctx, group)


for name, rule, shape in (
    ("enable_replication", policy.ENABLE_REPLICATION, Nothing),
    ("disable_replication", policy.DISABLE_REPLICATION, Nothing),
    ("failover_replication", policy.FAIL_GROUP_OVER, Failover),
    ("list_replication_targets", policy.LIST_REPLICATION_TARGETS, Nothing),
):
    ACTIONS.action(name, rule, shape, since=versions.GROUPS_ARE_REPLICATED)(refuse_replication)


async def views(ctx: Context, rows: list[Group], query: Query) -> list[dict[str, Any]]:
    """The groups as the API shows them; one more query if their volumes are asked for."""
    lists_volumes = ctx.wants(versions.GROUPS_LIST_VOLUMES) and bool(query.truth("list_volume"))
    members = await groups.members(ctx, [g.id for g in rows]) if lists_volumes else {}
    shown = [_view(ctx, g) for g in rows]
    if lists_volumes:
        for group, view in zip(rows, shown, strict=True):
            view["volumes"] = [v.id for v in members.get(group.id, [])]
    return shown


def _view(ctx: Context, g: Group) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": g.id,
        "status": g.status,
        "availability_zone": g.availability_zone,
        "created_at": lists.time(g.created_at),
        "name": g.name,
        "description": g.description,
        "group_type": g.type_id,
        "volume_types": g.volume_type_ids,
    }
    if ctx.wants(versions.GROUPS_ARE_COPIED):
        view |= {"group_snapshot_id": g.group_snapshot_id, "source_group_id": g.source_group_id}
    if ctx.wants(versions.GROUPS_ARE_REPLICATED):
        view["replication_status"] = "disabled"
    if ctx.wants(versions.GROUPS_HAVE_PROJECTS) and ctx.may(policy.GROUP_ATTRIBUTES, {}):
        view["project_id"] = g.project_id
    return view
