"""Take a snapshot of each volume of a group; of one moment, where the group's type says that they must be."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import SnapshotsTogether, Volumes
from haneul.services.block_storage.model.groups import is_consistent
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.store.groups import GROUP_SNAPSHOTS, GROUP_TYPES, GROUPS
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.volumes import SNAPSHOTS


class NewGroupSnapshot(msgspec.Struct, frozen=True):
    group_snapshot_id: str


class Plan(msgspec.Struct, frozen=True):
    host: str
    volumes: dict[str, str]
    """By the snapshot that is taken of each."""
    is_consistent: bool


async def plan(ctx: Context, new: NewGroupSnapshot) -> Plan:
    """Where the volumes are."""
    taken = await GROUP_SNAPSHOTS.get(ctx.tx, new.group_snapshot_id)
    group = await GROUPS.get(ctx.tx, taken.group_id) if taken is not None else None
    if taken is None or group is None or group.host is None:
        raise errors.GroupSnapshotNotFound(id=new.group_snapshot_id)
    kind = await GROUP_TYPES.get(ctx.tx, taken.type_id)
    parts = await SNAPSHOTS.find(ctx.tx, group_snapshot_id=taken.id)
    return Plan(
        group.host.split("@")[0],
        {part.id: part.volume_id for part in parts},
        kind is not None and is_consistent(kind),
    )


async def take(ctx: Context, plan: Plan) -> None:
    """The host has all the snapshots."""
    if plan.is_consistent:
        await ctx.agent(plan.host, SnapshotsTogether).ensure_snapshots(plan.volumes)
        return
    for id, volume_id in plan.volumes.items():
        await ctx.agent(plan.host, Volumes).ensure_snapshot(id, volume_id)


async def drop(ctx: Context, plan: Plan) -> None:
    """The host has none of them."""
    for id in plan.volumes:
        await ctx.agent(plan.host, Volumes).ensure_snapshot_gone(id)


async def mark_available(ctx: Context, new: NewGroupSnapshot) -> None:
    """The group's snapshot may be used, and its parts."""
    await _settle(ctx, new.group_snapshot_id, "available", None)


async def mark_error(ctx: Context, new: NewGroupSnapshot, failure: Failure) -> None:
    """The group's snapshot and its parts show that there is none of them; they wait to be deleted."""
    await _settle(ctx, new.group_snapshot_id, "error", failure.message)


async def _settle(ctx: Context, id: str, settled: str, fault: str | None) -> None:
    taken = await GROUP_SNAPSHOTS.get(ctx.tx, id)
    if taken is None:
        return
    await GROUP_SNAPSHOTS.change(ctx, taken, settled=settled)
    for part in await SNAPSHOTS.find(ctx.tx, group_snapshot_id=id):
        await SNAPSHOTS.change(ctx, part, settled=settled, fault=fault)
        if fault is not None:
            await tell(ctx, Actions.CREATE_SNAPSHOT, part.id, part.project_id)


CREATE_GROUP_SNAPSHOT = Saga(
    "block_storage.create_group_snapshot",
    input=NewGroupSnapshot,
    steps=[Step(plan), Step(take, undo=drop, deadline_s=600), Step(mark_available)],
    on_failure=mark_error,
)
