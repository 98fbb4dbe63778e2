"""Groups: their members lose tokens when what the group gave them is lost."""

from __future__ import annotations

from datetime import datetime

from haneul.kernel.context import Context
from haneul.services.identity.errors import ThingNotFound
from haneul.services.identity.model.revocations import of_group, of_user, time_text
from haneul.services.identity.model.users import Group, Membership
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store.federation import EXPIRING_MEMBERSHIPS
from haneul.services.identity.store.roles import ASSIGNMENTS
from haneul.services.identity.store.users import GROUPS, MEMBERSHIPS, group_ids


async def delete(ctx: Context, group: Group) -> None:
    """The group is gone with its memberships and roles, and no token holds any more that lived on those roles."""
    if await ASSIGNMENTS.first(ctx.tx, actor_id=group.id) is not None:
        members = await MEMBERSHIPS.find(ctx.tx, group_id=group.id)
        await revoke(ctx, *(of_user(m.user_id) for m in members))
    await revoke(ctx, of_group(group.id))
    await MEMBERSHIPS.remove(ctx.tx, group_id=group.id)
    await EXPIRING_MEMBERSHIPS.remove(ctx.tx, group_id=group.id)
    await ASSIGNMENTS.remove(ctx.tx, actor_id=group.id)
    await GROUPS.remove(ctx.tx, id=group.id)


async def ends_of_memberships(ctx: Context, user_id: str) -> dict[str, datetime]:
    """Until when the user is in each of the groups in which they are for a time only, by its id."""
    return {m.group_id: m.expires_at for m in await EXPIRING_MEMBERSHIPS.find(ctx.tx, user_id=user_id)}


async def add_member(ctx: Context, group_id: str, user_id: str) -> None:
    """The user is in the group; fine if they were before."""
    if await MEMBERSHIPS.get(ctx.tx, user_id, group_id) is None:
        await MEMBERSHIPS.add(ctx.tx, Membership(user_id, group_id))


async def require_member(ctx: Context, group_id: str, user_id: str) -> None:
    """ThingNotFound unless the user is in the group."""
    if await MEMBERSHIPS.get(ctx.tx, user_id, group_id) is None:
        raise ThingNotFound(f"User '{user_id}' not found in group '{group_id}'")


async def require_member_now(ctx: Context, group_id: str, user_id: str) -> None:
    """Raise unless the user is in the group, be it for a time only."""
    if group_id not in await group_ids(ctx.tx, user_id, time_text(ctx.now())):
        raise ThingNotFound(f"User '{user_id}' not found in group '{group_id}'")


async def remove_member(ctx: Context, group_id: str, user_id: str) -> None:
    """The user is in the group no longer, and loses their tokens if it gave them roles; ThingNotFound if they were not
    in it.
    """
    await require_member(ctx, group_id, user_id)
    if await ASSIGNMENTS.first(ctx.tx, actor_id=group_id) is not None:
        await revoke(ctx, of_user(user_id))
    await MEMBERSHIPS.remove(ctx.tx, user_id=user_id, group_id=group_id)
