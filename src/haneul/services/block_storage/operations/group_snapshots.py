"""Snapshots of groups: accept, list, delete."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.model.groups import Group, GroupSnapshot
from haneul.services.block_storage.model.services import require_thawed
from haneul.services.block_storage.model.snapshots import Snapshot
from haneul.services.block_storage.sagas.create_group_snapshot import CREATE_GROUP_SNAPSHOT, NewGroupSnapshot
from haneul.services.block_storage.sagas.delete_group_snapshot import DELETE_GROUP_SNAPSHOT, OldGroupSnapshot
from haneul.services.block_storage.store.groups import GROUP_SNAPSHOTS, GROUPS
from haneul.services.block_storage.store.quotas import require_quota
from haneul.services.block_storage.store.services import frozen
from haneul.services.block_storage.store.volumes import SNAPSHOTS, VOLUMES


async def show(ctx: Context, id: str) -> GroupSnapshot:
    """The group's snapshot, if the asker may know of it; GroupSnapshotNotFound otherwise."""
    return await ctx.find(GROUP_SNAPSHOTS, id, policy.ADMIN_OR_OWNER, missing=errors.GroupSnapshotNotFound)


async def create(ctx: Context, group: Group, *, name: str | None, description: str | None) -> GroupSnapshot:
    """Accept a snapshot of all the group's volumes; the saga takes it."""
    ctx.authorize(policy.CREATE_GROUP_SNAPSHOT, group)
    require_thawed(await frozen(ctx.tx), group.host)
    volumes = await VOLUMES.find(ctx.tx, group_id=group.id)
    if not volumes:
        raise errors.InvalidGroup(reason="Group is empty. No group snapshot will be created.")
    for volume in volumes:
        if volume.status not in ("available", "in-use"):
            raise errors.InvalidVolume(
                reason=f"Snapshot cannot be created because volume {volume.id} is not available, "
                f"current volume status: {volume.status}."
            )
    await require_quota(ctx, snapshots=len(volumes), gigabytes=sum(v.size for v in volumes))
    now = ctx.now()
    made = GroupSnapshot(
        id=ctx.new_id(),
        group_id=group.id,
        type_id=group.type_id,
        project_id=ctx.project_id,
        user_id=ctx.user_id,
        name=name,
        description=description,
        settled="error",  # until all are taken: what it is if nobody goes on taking them
        created_at=now,
        updated_at=None,
    )
    await GROUP_SNAPSHOTS.add(ctx.tx, made)
    parts = [
        Snapshot(
            id=ctx.new_id(),
            volume_id=volume.id,
            project_id=volume.project_id,
            user_id=ctx.user_id,
            name=name,
            description=description,
            size=volume.size,
            settled="error",
            type_id=volume.type_id,
            host=volume.host,
            metadata={},
            fault=None,
            created_at=now,
            updated_at=None,
            group_snapshot_id=made.id,
        )
        for volume in volumes
    ]
    await SNAPSHOTS.add_all(ctx.tx, parts)
    await ctx.start(CREATE_GROUP_SNAPSHOT, NewGroupSnapshot(made.id), resource=made.id)
    return made


async def list_all(
    ctx: Context,
    filters: list[Filter],
    *,
    all_projects: bool,
    sort: list[Sort],
    marker: str | None,
    limit: int | None,
) -> list[GroupSnapshot]:
    """A page of the project's, or of everybody's for an administrator who asks for them."""
    after = await show(ctx, marker) if marker else None
    if not (all_projects and ctx.may(policy.CONTEXT_IS_ADMIN, {})):
        filters = [Filter("project_id", "eq", ctx.project_id), *filters]
    return await GROUP_SNAPSHOTS.page(ctx.tx, filters, sort=sort, after=after, limit=limit)


async def delete(ctx: Context, id: str) -> None:
    """The group's snapshot goes with its parts; refused while a group is made of it."""
    taken = await show(ctx, id)
    ctx.authorize(policy.DELETE_GROUP_SNAPSHOT, taken)
    copies = await GROUPS.find(ctx.tx, group_snapshot_id=id)
    if taken.status not in ("available", "error") or any(g.status == "creating" for g in copies):
        raise errors.InvalidGroupSnapshot(
            reason="GroupSnapshot status must be available or error, and no Group can be currently using it "
            "as source for its creation."
        )
    await ctx.start(DELETE_GROUP_SNAPSHOT, OldGroupSnapshot(id), resource=id, supersede=True)


async def reset(ctx: Context, id: str, status: str) -> None:
    """An administrator's word on its status."""
    taken = await show(ctx, id)
    ctx.authorize(policy.RESET_GROUP_SNAPSHOT, taken)
    await GROUP_SNAPSHOTS.change(ctx, taken, settled=status)
