"""Delete a group's snapshot with all its parts: from the host, then from the books."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.block_storage.store.groups import GROUP_SNAPSHOTS
from haneul.services.block_storage.store.volumes import SNAPSHOTS


class OldGroupSnapshot(msgspec.Struct, frozen=True):
    group_snapshot_id: str


class Parts(msgspec.Struct, frozen=True):
    hosts: dict[str, str]
    """Of each part that is somewhere."""


async def find(ctx: Context, old: OldGroupSnapshot) -> Parts:
    """Where the parts are."""
    parts = await SNAPSHOTS.find(ctx.tx, group_snapshot_id=old.group_snapshot_id)
    return Parts({part.id: part.host.split("@")[0] for part in parts if part.host})


async def drop(ctx: Context, parts: Parts) -> None:
    """No host has any of them."""
    for id, host in parts.hosts.items():
        await ctx.agent(host, Volumes).ensure_snapshot_gone(id)


async def forget(ctx: Context, old: OldGroupSnapshot) -> None:
    """Nothing is known of them any more."""
    await SNAPSHOTS.remove(ctx.tx, group_snapshot_id=old.group_snapshot_id)
    await GROUP_SNAPSHOTS.remove(ctx.tx, id=old.group_snapshot_id)


async def mark_error(ctx: Context, old: OldGroupSnapshot, failure: Failure) -> None:
    """The group's snapshot shows that it could not be deleted, and may be deleted again."""
    taken = await GROUP_SNAPSHOTS.get(ctx.tx, old.group_snapshot_id)
    if taken is not None:
        await GROUP_SNAPSHOTS.change(ctx, taken, settled="error")
    for part in await SNAPSHOTS.find(ctx.tx, group_snapshot_id=old.group_snapshot_id):
        await SNAPSHOTS.change(ctx, part, settled="error_deleting", fault=failure.message)


DELETE_GROUP_SNAPSHOT = Saga(
    "block_storage.delete_group_snapshot",
    input=OldGroupSnapshot,
    steps=[Step(find), Step(drop, deadline_s=600), Step(forget)],
    on_failure=mark_error,
)
