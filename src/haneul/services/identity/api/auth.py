"""/auth/catalog, /auth/projects, /auth/domains, /auth/system: what one's token can see"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, NotFound
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.services.identity import policy
from haneul.services.identity.api import answers, domains, projects, token_answers
from haneul.services.identity.api.lists import links, listing
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.model.roles import Holder
from haneul.services.identity.operations import catalog, roles
from haneul.services.identity.operations.collections import DOMAINS, PROJECTS

routes = Routes("/v3")


def _me(ctx: Context) -> Holder:
    return Holder(ctx.user_id, ctx.auth.group_ids, time_text(ctx.now()))


@routes.get("/auth/catalog", policy=policy.GET_AUTH_CATALOG, answer=token_answers.Catalog)
async def show_catalog(ctx: Context) -> dict[str, Any]:
    """Show the catalogue of one's token."""
    if not ctx.auth.roles:
        raise Forbidden("You are not authorized to perform the requested action.")
    return {
        "catalog": await catalog.of(ctx, ctx.auth),
        "links": links(ctx, "auth/catalog"),
    }


@routes.get(
    "/OS-FEDERATION/projects", policy=policy.GET_AUTH_PROJECTS, answer=answers.Projects, errors=(NotFound,)
)
@routes.get("/auth/projects", policy=policy.GET_AUTH_PROJECTS, answer=answers.Projects, errors=(NotFound,))
async def list_projects(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List the projects that one may get a token for."""
    narrowed = {"held_by": _me(ctx)}
    return await listing(
        ctx, request, query, PROJECTS, "projects", projects.view, truths=("enabled",), narrowed=narrowed
    )


@routes.get(
    "/OS-FEDERATION/domains", policy=policy.GET_AUTH_DOMAINS, answer=answers.Domains, errors=(NotFound,)
)
@routes.get("/auth/domains", policy=policy.GET_AUTH_DOMAINS, answer=answers.Domains, errors=(NotFound,))
async def list_domains(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List the domains that one may get a token for."""
    narrowed = {"held_by": _me(ctx)}
    return await listing(
        ctx, request, query, DOMAINS, "domains", domains.view, truths=("enabled",), narrowed=narrowed
    )


@routes.get("/auth/system", policy=policy.GET_AUTH_SYSTEM, answer=token_answers.SystemScopes)
async def show_system(ctx: Context) -> dict[str, Any]:
    """Whether one may get a token for the system."""
    return {
        "system": [{"all": True}] if await roles.has_system_role(ctx, _me(ctx)) else [],
        "links": links(ctx, "auth/system"),
    }
