"""Servers that are put aside for a while: suspended, and resumed."""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.services.compute import errors
from haneul.services.compute.model.servers import Server, require
from haneul.services.compute.operations import servers
from haneul.services.compute.sagas.change_power import Change
from haneul.services.compute.sagas.restore_server import Lost
from haneul.services.compute.sagas.suspend_server import RESUME_SERVER, SUSPEND_SERVER
from haneul.services.compute.store.servers import SERVERS


async def _begin(ctx: Context, id: str, action: str) -> tuple[Server, str]:
    """The server, which may begin the action now, and its host."""
    server = await servers.show(ctx, id)
    require(server, action, by_admin=ctx.is_admin)
    if server.host is None:
        raise errors.WrongState(action=action, server_id=id, what="vm_state", state=server.vm_state)
    return await SERVERS.update(ctx.tx, msgspec.structs.replace(server, updated_at=ctx.now())), server.host


async def suspend(ctx: Context, id: str) -> None:
    _, host = await _begin(ctx, id, "suspend")
    await ctx.start(SUSPEND_SERVER, Change(id, host), resource=id)


async def resume(ctx: Context, id: str) -> None:
    _, host = await _begin(ctx, id, "resume")
    await ctx.start(RESUME_SERVER, Lost(id, host), resource=id)
