"""Take a snapshot, where its volume lives."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.volumes import SNAPSHOTS


class NewSnapshot(msgspec.Struct, frozen=True):
    snapshot_id: str


class Plan(msgspec.Struct, frozen=True):
    host: str
    volume_id: str


async def plan(ctx: Context, new: NewSnapshot) -> Plan:
    """Where the volume is that the snapshot is taken of."""
    snapshot = await SNAPSHOTS.get(ctx.tx, new.snapshot_id)
    if snapshot is None or snapshot.host is None:
        raise errors.SnapshotNotFound(id=new.snapshot_id)
    return Plan(snapshot.host.split("@")[0], snapshot.volume_id)


async def take(ctx: Context, new: NewSnapshot, at: Plan) -> None:
    """The host has the snapshot."""
    await ctx.agent(at.host, Volumes).ensure_snapshot(new.snapshot_id, at.volume_id)


async def drop(ctx: Context, new: NewSnapshot, at: Plan) -> None:
    """The host has no such snapshot."""
    await ctx.agent(at.host, Volumes).ensure_snapshot_gone(new.snapshot_id)


async def mark_available(ctx: Context, new: NewSnapshot) -> None:
    """The snapshot may be used."""
    snapshot = await SNAPSHOTS.get(ctx.tx, new.snapshot_id)
    if snapshot is None:
        raise errors.SnapshotNotFound(id=new.snapshot_id)
    await SNAPSHOTS.change(ctx, snapshot, settled="available")


async def mark_error(ctx: Context, new: NewSnapshot, failure: Failure) -> None:
    """The snapshot shows why it failed, and waits to be deleted."""
    snapshot = await SNAPSHOTS.get(ctx.tx, new.snapshot_id)
    if snapshot is not None:
        await SNAPSHOTS.update(
            ctx.tx, msgspec.structs.replace(snapshot, settled="error", fault=failure.message)
        )
        await tell(ctx, Actions.CREATE_SNAPSHOT, snapshot.id, snapshot.project_id)


CREATE_SNAPSHOT = Saga(
    "block_storage.create_snapshot",
    input=NewSnapshot,
    steps=[Step(plan), Step(take, undo=drop, deadline_s=600), Step(mark_available, joins=True)],
    on_failure=mark_error,
)
