"""Consoles of servers: what was written there, and the rights to use them, each good for one time."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from haneul.kernel import races
from haneul.kernel.context import Context, Platform
from haneul.services.compute import errors
from haneul.services.compute.drivers.interface import Hypervisor
from haneul.services.compute.model.servers import VmState
from haneul.services.compute.operations import servers
from haneul.services.compute.policy import servers as policy
from haneul.services.compute.store.servers import CONSOLE_TOKENS, SIMULATED, ConsoleToken, console_digest

CONSOLE_TTL_S = 600


async def log(ctx: Context, id: str, lines: int | None) -> str:
    """The end of what the server wrote to its console. For handlers without a transaction: it calls the host."""
    async with ctx.in_reading() as reading:
        server = await servers.show(reading, id, policy.CONSOLE_OUTPUT)
    if server.host is None or server.vm_state is VmState.BUILDING:
        raise errors.WrongState(
            f"Instance {id} is not ready", action="console", server_id=id, what="", state=""
        )
    raw = await ctx.agent(server.host, Hypervisor).console_log(id)
    text = raw.decode("utf-8", "replace")
    if lines is not None and lines >= 0:
        text = "\n".join(text.split("\n")[-lines - 1 if text.endswith("\n") else -lines :]) if lines else ""
    return text


class OpenConsole(NamedTuple):
    token: str
    """Opens it once."""
    is_simulated: bool


async def open(ctx: Context, id: str, kind: str) -> OpenConsole:
    """A right to the console, once, for some minutes. For handlers without a transaction: it calls the host."""
    async with ctx.in_reading() as reading:
        server = await servers.show(reading, id, policy.REMOTE_CONSOLES)
    if server.host is None:
        raise errors.WrongState(
            action="get_vnc_console", server_id=id, what="vm_state", state=server.vm_state
        )
    consoles = await ctx.agent(server.host, Hypervisor).consoles(id)
    path = consoles.vnc if kind == "novnc" else consoles.serial
    if consoles.is_simulated:
        path = SIMULATED
    if path is None:
        raise errors.NoConsole(kind=kind)
    token = secrets.token_urlsafe(32)
    expires = ctx.now() + timedelta(seconds=CONSOLE_TTL_S)
    await ctx.transact(
        _keep, ConsoleToken(console_digest(token), id, server.project_id, kind, server.host, path, expires)
    )
    return OpenConsole(token, consoles.is_simulated)


async def _keep(ctx: Context, token: ConsoleToken) -> None:
    """The token opens its console; some that opened none in time are forgotten."""
    await CONSOLE_TOKENS.remove_before(ctx.tx, "expires_at", ctx.now(), most=100)
    await CONSOLE_TOKENS.add(ctx.tx, token)


class Redeemed(NamedTuple):
    """What a token opens: the machine's socket, or None where no machine runs behind the console."""

    socket: Path | None


async def redeem(platform: Platform, token: str) -> Redeemed | None:
    """What the token opens, which it will not a second time; None for one that was used, has expired, or never was."""
    right = await races.won(lambda: _take(platform, console_digest(token)))
    if right is None or right.expires_at <= platform.clock.now():
        return None
    return Redeemed(None if right.path == SIMULATED else Path(right.path))


async def _take(platform: Platform, digest: str) -> ConsoleToken | None:
    async with platform.db.transaction() as tx:
        right = await CONSOLE_TOKENS.get(tx, digest)
        # who comes second takes nothing: of two that read it, one has removed it
        return right if right is not None and await CONSOLE_TOKENS.remove(tx, token=digest) else None
