"""Delete a snapshot: from its host, then from the books."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.volumes import SNAPSHOTS


class OldSnapshot(msgspec.Struct, frozen=True):
    snapshot_id: str


class Place(msgspec.Struct, frozen=True):
    host: str | None


async def find(ctx: Context, old: OldSnapshot) -> Place:
    """Where the snapshot is; nowhere if it was never taken."""
    snapshot = await SNAPSHOTS.get(ctx.tx, old.snapshot_id)
    return Place(snapshot.host.split("@")[0] if snapshot and snapshot.host else None)


async def drop(ctx: Context, old: OldSnapshot, place: Place) -> None:
    """The host has no such snapshot."""
    if place.host:
        await ctx.agent(place.host, Volumes).ensure_snapshot_gone(old.snapshot_id)


async def forget(ctx: Context, old: OldSnapshot) -> None:
    """Nothing is known of the snapshot any more."""
    await SNAPSHOTS.remove(ctx.tx, id=old.snapshot_id)


async def mark_error(ctx: Context, old: OldSnapshot, failure: Failure) -> None:
    """The snapshot shows why it could not be deleted, and may be deleted again."""
    snapshot = await SNAPSHOTS.get(ctx.tx, old.snapshot_id)
    if snapshot is not None:
        await SNAPSHOTS.update(
            ctx.tx, msgspec.structs.replace(snapshot, settled="error_deleting", fault=failure.message)
        )
        await tell(ctx, Actions.DELETE_SNAPSHOT, snapshot.id, snapshot.project_id)


DELETE_SNAPSHOT = Saga(
    "block_storage.delete_snapshot",
    input=OldSnapshot,
    steps=[Step(find), Step(drop), Step(forget, joins=True)],
    on_failure=mark_error,
)
