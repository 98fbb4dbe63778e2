"""Groups of volumes: accept, list, change, copy, delete."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.model import groups as model
from haneul.services.block_storage.model.groups import Group, GroupSnapshot, GroupType
from haneul.services.block_storage.model.services import VOLUME, require_thawed
from haneul.services.block_storage.model.volumes import ZONE, Volume, location
from haneul.services.block_storage.operations import group_types, types, volumes
from haneul.services.block_storage.sagas.delete_volume import DELETE_VOLUME, OldVolume
from haneul.services.block_storage.store.groups import GROUP_SNAPSHOTS, GROUPS
from haneul.services.block_storage.store.quotas import require_quota
from haneul.services.block_storage.store.services import frozen, unusable
from haneul.services.block_storage.store.volumes import ATTACHMENTS, SNAPSHOTS, VOLUMES
from haneul.services.placement import public as placement


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The group as it is asked for."""

    name: str | None = None
    description: str | None = None
    volume_types: Sequence[str] = ()
    """By id or name."""
    zone: str | None = None


async def show(ctx: Context, id: str) -> Group:
    """The group, if the asker may know of it; GroupNotFound otherwise."""
    return await ctx.find(GROUPS, id, policy.ADMIN_OR_OWNER, missing=errors.GroupNotFound)


async def create(ctx: Context, kind: GroupType, new: Wish) -> Group:
    """There is a group, in which there are no volumes yet; in error if no host could have them."""
    if new.zone is not None and new.zone != ZONE:
        raise errors.InvalidInput(reason=f"Availability zone '{new.zone}' is invalid.")
    kinds = [await types.named(ctx, name_or_id) for name_or_id in new.volume_types]
    hosts = [] if model.is_replicated(kind) else await placement.hosts_up(ctx, "volumes")
    full = await unusable(ctx.tx, VOLUME)
    host = next((location(h.name) for h in hosts if h.is_enabled and h.name not in full), None)
    return await _add(ctx, new, kind.id, [t.id for t in kinds], host)


async def _add(
    ctx: Context,
    new: Wish,
    type_id: str,
    volume_type_ids: list[str],
    host: str | None,
    *,
    snapshot_id: str | None = None,
    source_id: str | None = None,
) -> Group:
    await require_quota(ctx, groups=1)
    made = Group(
        id=ctx.new_id(),
        project_id=ctx.project_id,
        user_id=ctx.user_id,
        name=new.name,
        description=new.description,
        type_id=type_id,
        volume_type_ids=volume_type_ids,
        settled="available" if host is not None else "error",
        availability_zone=ZONE,
        host=host,
        group_snapshot_id=snapshot_id,
        source_group_id=source_id,
        created_at=ctx.now(),
        updated_at=None,
    )
    return await GROUPS.add(ctx.tx, made)


async def create_from_snapshot(ctx: Context, source: GroupSnapshot, new: Wish) -> Group:
    """There is a group whose volumes are being made of the snapshot's parts."""
    group = await show(ctx, source.group_id)
    parts = await SNAPSHOTS.find(ctx.tx, group_snapshot_id=source.id)
    if not parts:
        raise errors.InvalidGroup(reason="Group snapshot is empty. No group will be created.")
    require_thawed(await frozen(ctx.tx), group.host)
    made = await _add(ctx, new, group.type_id, group.volume_type_ids, group.host, snapshot_id=source.id)
    for part in parts:
        wish = volumes.Wish(size=part.size, type=part.type_id, snapshot_id=part.id, group_id=made.id)
        await volumes.create(ctx, wish)
    return await show(ctx, made.id)


async def create_from_group(ctx: Context, source: Group, new: Wish) -> Group:
    """There is a group whose volumes are being copied from another's."""
    originals = await VOLUMES.find(ctx.tx, group_id=source.id)
    if not originals:
        raise errors.InvalidGroup(reason="Source Group is empty. No group will be created.")
    require_thawed(await frozen(ctx.tx), source.host)
    made = await _add(ctx, new, source.type_id, source.volume_type_ids, source.host, source_id=source.id)
    for original in originals:
        wish = volumes.Wish(
            size=original.size, type=original.type_id, source_id=original.id, group_id=made.id
        )
        await volumes.create(ctx, wish)
    return await show(ctx, made.id)


async def list_all(
    ctx: Context,
    filters: list[Filter],
    *,
    all_projects: bool,
    sort: list[Sort],
    marker: str | None,
    limit: int | None,
) -> list[Group]:
    """A page of the project's groups, or of everybody's for an administrator who asks for them."""
    after = await show(ctx, marker) if marker else None
    if not (all_projects and ctx.may(policy.CONTEXT_IS_ADMIN, {})):
        filters = [Filter("project_id", "eq", ctx.project_id), *filters]
    return await GROUPS.page(ctx.tx, filters, sort=sort, after=after, limit=limit)


async def members(ctx: Context, ids: Sequence[str]) -> dict[str, list[Volume]]:
    """The volumes of these groups, in one query."""
    by_group: dict[str, list[Volume]] = {}
    for each in await VOLUMES.among(ctx.tx, "group_id", ids) if ids else ():
        by_group.setdefault(each.group_id or "", []).append(each)
    return by_group


async def consistency_groups(ctx: Context, ids: set[str]) -> set[str]:
    """Those of these that are consistency groups, in one query if there are any."""
    groups = await GROUPS.among(ctx.tx, "id", sorted(ids), type_id=model.CONSISTENCY_ID) if ids else []
    return {g.id for g in groups}


async def update(
    ctx: Context,
    group: Group,
    *,
    name: str | None,
    description: str | None,
    add: Sequence[str],
    remove: Sequence[str],
) -> None:
    """The group is called so, and has these volumes more and those no longer."""
    ctx.authorize(policy.UPDATE_GROUP, group)
    if both := sorted(set(add) & set(remove)):
        raise errors.InvalidVolume(reason=f"UUIDs {both} are in both add and remove volume list.")
    mine = {v.id: v for v in await VOLUMES.find(ctx.tx, group_id=group.id)}
    joining = [await _joining(ctx, group, id) for id in add if id not in mine]
    for id in remove:
        if id not in mine:
            raise errors.InvalidVolume(
                reason=f"Cannot remove volume {id} from group {group.id} because it is not in the group."
            )
        model.require_removable(group, mine[id])
    words = {"name": name, "description": description}
    changes = {key: value for key, value in words.items() if value not in (None, getattr(group, key))}
    if not (changes or joining or remove):
        raise errors.InvalidGroup(
            reason=f"Cannot update group {group.id} because no valid name, description, add_volumes, or "
            "remove_volumes were provided."
        )
    if (joining or remove) and group.status != "available":
        raise errors.InvalidGroup(reason="Group status must be available.")
    await GROUPS.change(ctx, group, **changes)
    for volume in joining:
        await volumes.save(ctx, volume, group_id=group.id)
    for id in remove:
        await volumes.save(ctx, mine[id], group_id=None)


async def _joining(ctx: Context, group: Group, id: str) -> Volume:
    volume = await VOLUMES.get(ctx.tx, id)
    if volume is None or not ctx.may(policy.ADMIN_OR_OWNER, volume):
        raise errors.InvalidVolume(
            reason=f"Cannot add volume {id} to group {group.id} because volume cannot be found."
        )
    model.require_addable(group, volume)
    return volume


async def delete(ctx: Context, group: Group, *, with_volumes: bool) -> None:
    """The group goes: at once, or with the last of its volumes, which are being deleted."""
    ctx.authorize(policy.DELETE_GROUP, group)
    require_thawed(await frozen(ctx.tx), group.host)
    if not with_volumes and group.status not in ("available", "error", "error_deleting"):
        raise errors.InvalidGroup(
            reason=f"Group status must be available or error, but current status is: {group.status}"
        )
    if await GROUP_SNAPSHOTS.count(ctx.tx, group_id=group.id):
        raise errors.InvalidGroup(reason="Group has existing snapshots.")
    held = await VOLUMES.find(ctx.tx, group_id=group.id)
    if held and not with_volumes:
        raise errors.InvalidGroup(
            reason=f"Group {group.id} still contains volumes. "
            "The delete-volumes flag is required to delete it."
        )
    ids = [v.id for v in held]
    if held and await ATTACHMENTS.among(ctx.tx, "volume_id", ids):
        raise errors.InvalidGroup(reason=f"Volume in group {group.id} is attached. Need to detach first.")
    if held and await SNAPSHOTS.among(ctx.tx, "volume_id", ids):
        raise errors.InvalidGroup(reason="Volume in group still has dependent snapshots.")
    if not held:
        await GROUPS.remove(ctx.tx, id=group.id)
        return
    await GROUPS.change(ctx, group, settled="deleting")
    for id in ids:
        await ctx.start(DELETE_VOLUME, OldVolume(id), resource=id, supersede=True)


async def reset(ctx: Context, group: Group, status: str) -> None:
    """An administrator's word on the group's status."""
    ctx.authorize(policy.RESET_GROUP, group)
    await GROUPS.change(ctx, group, settled=status)


async def require_replicated(ctx: Context, group: Group) -> None:
    """Raise InvalidGroupType: no back end here replicates, so no group can be of such a type and be available."""
    kind = await group_types.show(ctx, group.type_id)
    if not model.is_replicated(kind):
        raise errors.InvalidGroupType(reason=f"Group {group.id} is not a replication group type.")
    raise errors.InvalidGroup(
        reason=f"Group {group.id} status must be ['available'], but current status is: {group.status}."
    )
