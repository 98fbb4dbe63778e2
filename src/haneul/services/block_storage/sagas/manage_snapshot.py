"""Make a snapshot of what an operator put beside the volumes of a host, and the other way round."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import errors
from haneul.services.block_storage.drivers.interface import ManagesVolumes
from haneul.services.block_storage.model.messages import Actions
from haneul.services.block_storage.store.messages import tell
from haneul.services.block_storage.store.volumes import SNAPSHOTS


class Foundling(msgspec.Struct, frozen=True):
    snapshot_id: str
    host: str
    name: str


class Size(msgspec.Struct, frozen=True):
    size_gb: int


async def take(ctx: Context, new: Foundling) -> Size:
    """The host has the snapshot, and nothing by that name."""
    agent = ctx.agent(new.host, ManagesVolumes)
    return Size(await agent.ensure_snapshot_managed(new.snapshot_id, new.name))


async def give_back(ctx: Context, new: Foundling) -> None:
    """The host has no such snapshot."""
    await ctx.agent(new.host, ManagesVolumes).ensure_snapshot_unmanaged(new.snapshot_id, new.name)


async def mark_available(ctx: Context, new: Foundling, size: Size) -> None:
    """The snapshot may be used; it is no larger than its volume counts."""
    snapshot = await SNAPSHOTS.get(ctx.tx, new.snapshot_id)
    if snapshot is None:
        raise errors.SnapshotNotFound(id=new.snapshot_id)
    if size.size_gb > snapshot.size:
        raise errors.InvalidSnapshot(
            reason=f"it has {size.size_gb} GiB, which is more than its volume's {snapshot.size}."
        )
    await SNAPSHOTS.change(ctx, snapshot, settled="available", fault=None)


async def mark_error(ctx: Context, new: Foundling, failure: Failure) -> None:
    """The snapshot shows why it is none, and waits to be deleted."""
    snapshot = await SNAPSHOTS.get(ctx.tx, new.snapshot_id)
    if snapshot is not None:
        await SNAPSHOTS.change(ctx, snapshot, settled="error", host=None, fault=failure.message)
        await tell(ctx, Actions.CREATE_SNAPSHOT, snapshot.id, snapshot.project_id)


MANAGE_SNAPSHOT = Saga(
    "block_storage.manage_snapshot",
    input=Foundling,
    steps=[Step(take, undo=give_back), Step(mark_available)],
    on_failure=mark_error,
)


class Released(msgspec.Struct, frozen=True):
    snapshot_id: str


class Place(msgspec.Struct, frozen=True):
    host: str | None


async def find(ctx: Context, released: Released) -> Place:
    """Where the snapshot is."""
    snapshot = await SNAPSHOTS.get(ctx.tx, released.snapshot_id)
    return Place(snapshot.host.split("@")[0] if snapshot is not None and snapshot.host else None)


async def put_aside(ctx: Context, released: Released, place: Place) -> None:
    """The host keeps the content, as none of the snapshots."""
    if place.host is not None:
        await ctx.agent(place.host, ManagesVolumes).ensure_snapshot_unmanaged(
            released.snapshot_id, f"_snapshot-{released.snapshot_id}"
        )


async def forget(ctx: Context, released: Released) -> None:
    """Nothing is known of the snapshot any more."""
    await SNAPSHOTS.remove(ctx.tx, id=released.snapshot_id)


async def note(ctx: Context, released: Released, failure: Failure) -> None:
    """The snapshot shows why it could not be let go, and may be deleted."""
    snapshot = await SNAPSHOTS.get(ctx.tx, released.snapshot_id)
    if snapshot is not None:
        await SNAPSHOTS.change(ctx, snapshot, settled="error", fault=failure.message)


UNMANAGE_SNAPSHOT = Saga(
    "block_storage.unmanage_snapshot",
    input=Released,
    steps=[Step(find), Step(put_aside), Step(forget)],
    on_failure=note,
)
