"""Snapshots: accept, list, change, delete."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.model import snapshots as model
from haneul.services.block_storage.model.services import require_thawed
from haneul.services.block_storage.model.snapshots import Snapshot
from haneul.services.block_storage.operations import volumes
from haneul.services.block_storage.sagas.create_snapshot import CREATE_SNAPSHOT, NewSnapshot
from haneul.services.block_storage.sagas.delete_snapshot import DELETE_SNAPSHOT, OldSnapshot
from haneul.services.block_storage.store.quotas import require_quota
from haneul.services.block_storage.store.services import frozen
from haneul.services.block_storage.store.volumes import SNAPSHOTS


async def show(ctx: Context, id: str) -> Snapshot:
    """The snapshot, if the asker may know of it; SnapshotNotFound otherwise."""
    return await ctx.find(SNAPSHOTS, id, policy.ADMIN_OR_OWNER, missing=errors.SnapshotNotFound)


async def create(
    ctx: Context,
    volume_id: str,
    *,
    name: str | None,
    description: str | None,
    metadata: dict[str, str],
    force: bool,
) -> Snapshot:
    """Accept a new snapshot; the saga takes it. Of a volume in use only with `force`."""
    volume = await volumes.show(ctx, volume_id)
    require_thawed(await frozen(ctx.tx), volume.host)
    allowed = ("available", "in-use") if force else ("available",)
    if volume.status not in allowed:
        raise errors.InvalidVolume(
            reason=f"Volume {volume.id} status must be {' or '.join(allowed)}, "
            f"but current status is: {volume.status}."
        )
    if not force:
        await volumes.require_free(ctx, volume)
    await require_quota(ctx, snapshots=1, gigabytes=volume.size)
    made = Snapshot(
        id=ctx.new_id(),
        volume_id=volume.id,
        project_id=ctx.project_id,
        user_id=ctx.user_id,
        name=name,
        description=description,
        size=volume.size,
        settled="error",  # until it is taken: what it is if nobody goes on taking it
        type_id=volume.type_id,
        host=volume.host,
        metadata=metadata,
        fault=None,
        created_at=ctx.now(),
        updated_at=None,
    )
    await SNAPSHOTS.add(ctx.tx, made)
    await ctx.start(CREATE_SNAPSHOT, NewSnapshot(made.id), resource=made.id)
    return made


async def list_all(
    ctx: Context,
    filters: list[Filter],
    *,
    all_projects: bool,
    sort: list[Sort],
    marker: str | None,
    limit: int | None,
) -> list[Snapshot]:
    """A page of the project's snapshots, or of everybody's for an administrator who asks for them."""
    after = await show(ctx, marker) if marker else None
    if not (all_projects and ctx.may(policy.CONTEXT_IS_ADMIN, {})):
        filters = [Filter("project_id", "eq", ctx.project_id), *filters]
    return await SNAPSHOTS.page(ctx.tx, filters, sort=sort, after=after, limit=limit)


async def save(ctx: Context, snapshot: Snapshot, **changes: Any) -> Snapshot:
    """The snapshot with these changes."""
    return await SNAPSHOTS.change(ctx, snapshot, **changes)


async def delete(ctx: Context, snapshot: Snapshot, *, force: bool = False) -> None:
    """The snapshot goes, whatever else is being done to it."""
    require_thawed(await frozen(ctx.tx), snapshot.host)
    if force:
        model.require_free(snapshot)
    else:
        model.require_deletable(snapshot)
    await ctx.start(DELETE_SNAPSHOT, OldSnapshot(snapshot.id), resource=snapshot.id, supersede=True)
