"""Lists of what does not happen here yet: empty, so that clients that look at everything can go on."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http import Routes
from haneul.services.compute import errors
from haneul.services.compute.api import server_answers
from haneul.services.compute.operations import servers
from haneul.services.compute.policy import hosts as policy

routes = Routes("/v2.1")


@routes.get("/os-migrations", policy=policy.LIST_MIGRATIONS, answer=server_answers.Migrations)
async def list_migrations() -> dict[str, Any]:
    """No server has moved from host to host."""
    return {"migrations": []}


@routes.get(
    "/servers/{id}/migrations",
    policy=policy.LIST_SERVER_MIGRATIONS,
    since="2.23",
    answer=server_answers.Migrations,
    errors=(errors.ServerNotFound,),
)
async def list_server_migrations(ctx: Context, id: str) -> dict[str, Any]:
    """Nor does this one move now."""
    await servers.show(ctx, id, policy.LIST_SERVER_MIGRATIONS)
    return {"migrations": []}


@routes.get(
    "/servers/{id}/migrations/{migration_id}",
    policy=policy.LIST_SERVER_MIGRATIONS,
    since="2.23",
    errors=(errors.ServerNotFound, NotFound),
)
async def show_server_migration(ctx: Context, id: str, migration_id: str) -> None:
    """There is none to be shown."""
    await servers.show(ctx, id, policy.LIST_SERVER_MIGRATIONS)
    raise NotFound(f"In-progress live migration {migration_id} is not found for server {id}.")
