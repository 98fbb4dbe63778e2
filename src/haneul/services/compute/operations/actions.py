"""What can be done to a server that is there."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.policy import Rule
from haneul.kernel.saga import Saga
from haneul.services.compute import errors
from haneul.services.compute.model.servers import (
    PowerState,
    Server,
    VmState,
    host_of,
    require,
    require_labelling,
    require_unlocked,
)
from haneul.services.compute.operations import servers
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import servers as policy
from haneul.services.compute.sagas import change_power
from haneul.services.compute.sagas.change_power import Change
from haneul.services.compute.sagas.settle_resize import keep_size
from haneul.services.compute.store.servers import SERVERS
from haneul.services.network import public as network


async def _power(ctx: Context, id: str, rule: Rule, action: str, saga: Saga) -> None:
    server = await servers.show(ctx, id, rule)
    if server.vm_state is VmState.SHELVED_OFFLOADED and action in ("start", "stop"):
        raise errors.NotReady(server_id=id)
    require(server, action, by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    host = host_of(server, action)
    await SERVERS.change(ctx, server)
    await ctx.start(saga, Change(id, host), resource=id)


async def start(ctx: Context, id: str) -> None:
    """Accepted: the server will run. NotReady for a shelved one, WrongState or Locked for others that cannot start."""
    await _power(ctx, id, policy.START, "start", change_power.START_SERVER)


async def stop(ctx: Context, id: str) -> None:
    """Accepted: the guest will be asked to shut down, and lose its power if it does not. NotReady for a shelved one."""
    await _power(ctx, id, policy.STOP, "stop", change_power.STOP_SERVER)


async def reboot(ctx: Context, id: str, *, hard: bool) -> None:
    """Accepted: the server will have started anew, after asking its guest or (`hard`) without."""
    if hard:
        await _power(ctx, id, policy.REBOOT, "reboot_hard", change_power.HARD_REBOOT_SERVER)
    else:
        await _power(ctx, id, policy.REBOOT, "reboot", change_power.REBOOT_SERVER)


async def pause(ctx: Context, id: str) -> None:
    """Accepted: the server will stand still and keep its memory."""
    await _power(ctx, id, policy.PAUSE, "pause", change_power.PAUSE_SERVER)


async def unpause(ctx: Context, id: str) -> None:
    """Accepted: the paused server will go on where it stood still."""
    await _power(ctx, id, policy.UNPAUSE, "unpause", change_power.UNPAUSE_SERVER)


async def lock(ctx: Context, id: str, reason: str | None) -> None:
    """Nobody but administrators (and unlock, for the owner's own lock) changes the server."""
    server = await servers.show(ctx, id, policy.LOCK)
    by = "owner" if ctx.project_id == server.project_id else "admin"
    await SERVERS.update(ctx.tx, msgspec.structs.replace(server, locked_by=by, locked_reason=reason))
    await ctx.record("compute.lock", resource=id)


async def unlock(ctx: Context, id: str) -> None:
    """The server can be changed again; an administrator's lock is not for everybody to take off."""
    server = await servers.show(ctx, id, policy.UNLOCK)
    if server.locked_by == "admin":
        ctx.authorize(policy.UNLOCK_OVERRIDE, server)
    await SERVERS.update(ctx.tx, msgspec.structs.replace(server, locked_by=None, locked_reason=None))
    await ctx.record("compute.unlock", resource=id)


async def reset_state(ctx: Context, id: str, state: str) -> None:
    """The server is said to be in that state; one that waited for a decision on its size keeps the new one."""
    server = await servers.show(ctx, id, policy.RESET_STATE)
    if server.resized_from is not None and server.doing is None:
        server = await keep_size(ctx, server)
    wanted = VmState.ACTIVE if state == "active" else VmState.ERROR
    power = PowerState.RUNNING if wanted is VmState.ACTIVE else server.power_state
    await SERVERS.change(ctx, server, vm_state=wanted, power_state=power)
    await ctx.record("compute.reset_state", resource=id)


async def change_password(ctx: Context, id: str) -> None:
    """Refused in every state: no driver speaks with an agent inside the guest."""
    require(
        await servers.show(ctx, id, policy.CHANGE_PASSWORD),
        "changePassword",
        by_admin=ctx.may(CONTEXT_IS_ADMIN, {}),
    )
    raise errors.NoGuestAgent


async def set_metadata(ctx: Context, server: Server, metadata: dict[str, str], action: str) -> Server:
    """The server has exactly this metadata. That the asker may change it was asked before."""
    require_unlocked(server, by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    require_labelling(server, action)
    await servers.check_metadata_quota(ctx, metadata)
    return await SERVERS.change(ctx, server, metadata=metadata)


async def for_tagging(ctx: Context, id: str, rule: Rule, action: str) -> Server:
    """The server, if the rule lets the asker do this, and its tags may change now."""
    server = await servers.show(ctx, id, rule)
    require_labelling(server, action)
    return server


async def set_tags(ctx: Context, server: Server, tags: list[str]) -> Server:
    """The server has exactly these tags. That they may change was asked before."""
    return await SERVERS.update(ctx.tx, msgspec.structs.replace(server, tags=sorted(set(tags))))


async def join_security_group(ctx: Context, id: str, name: str) -> None:
    """The server's ports are in the group too."""
    server = await servers.show(ctx, id, policy.SECURITY_GROUPS_ADD)
    await network.join_security_group(ctx, server.id, name)


async def leave_security_group(ctx: Context, id: str, name: str) -> None:
    """The server's ports are no longer in the group."""
    server = await servers.show(ctx, id, policy.SECURITY_GROUPS_REMOVE)
    await network.leave_security_group(ctx, server.id, name)
