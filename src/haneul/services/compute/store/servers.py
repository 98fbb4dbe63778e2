"""Servers in the store, and the consoles that were opened to them."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx
from haneul.kernel.saga import open_operation
from haneul.services.compute import errors
from haneul.services.compute.model.servers import Server

SERVERS = Rows(
    Server,
    "compute_servers",
    indexes=(("project_id", "created_at"), ("created_at",), ("host",)),
    derived=lambda t: {"operation": open_operation(t.c.id)},
)
_s = SERVERS.c
_ON_HOSTS = Query(sa.select(_s.host, _s.id, _s.name).where(_s.host.is_not(None)).order_by(_s.host, _s.id))


async def find_server(tx: Tx, id: str) -> Server:
    """The server; ServerNotFound if there is none."""
    server = await SERVERS.get(tx, id)
    if server is None:
        raise errors.ServerNotFound(server_id=id)
    return server


async def names_by_host(tx: Tx) -> dict[str, list[tuple[str, str]]]:
    """(id, name) of each server that is on a host, by the host's name."""
    servers: dict[str, list[tuple[str, str]]] = {}
    for host, id, name in await tx.all(_ON_HOSTS):
        servers.setdefault(host, []).append((id, name))
    return servers


SIMULATED = ""
"""The path of a console with no machine behind it."""


class ConsoleToken(msgspec.Struct, frozen=True):
    """A right to open one console, once, until it expires."""

    token: str
    """A digest of it: whoever reads the store opens nothing."""
    server_id: str
    project_id: str
    kind: str
    host: str
    path: str
    expires_at: datetime


def console_digest(token: str) -> str:
    """How a console's token is kept."""
    return sha256(token.encode(errors="replace")).hexdigest()


CONSOLE_TOKENS = Rows(ConsoleToken, "compute_console_tokens", key=("token",), indexes=(("expires_at",),))
