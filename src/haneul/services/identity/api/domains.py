"""/domains"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType, field

from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import MANY, Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.kernel.ids import new_hex
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.bodies import (
    Description,
    Id,
    ProjectName,
    ResourceOptions,
    Tag,
    merged,
    read,
    sent,
    set_options,
)
from haneul.services.identity.api.lists import links, listing
from haneul.services.identity.errors import ImmutableId
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.operations import access, projects
from haneul.services.identity.operations.collections import DOMAINS

routes = Routes("/v3")


class NewDomain(Schema):
    name: ProjectName
    description: Description | None = None
    enabled: bool = True
    tags: Annotated[list[Tag], MANY] = field(default_factory=list)
    options: ResourceOptions = field(default_factory=ResourceOptions)
    explicit_domain_id: Id | None = None


class ChangedDomain(Schema):
    name: ProjectName | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    tags: Annotated[list[Tag], MANY] | UnsetType = UNSET
    options: ResourceOptions | UnsetType = UNSET


class DomainBody(Strict):
    domain: Document


def view(ctx: Context, domain: Domain) -> dict[str, Any]:
    return {
        **domain.extra,
        "id": domain.id,
        "name": domain.name,
        "description": domain.description,
        "enabled": domain.enabled,
        "tags": domain.tags,
        "options": domain.options,
        "links": links(ctx, f"domains/{domain.id}"),
    }


def default_domain(ctx: Context) -> str:
    """Where new things go if the body does not say."""
    return ctx.auth.domain_id or ctx.auth.project_domain_id or "default"


def own_domain(ctx: Context) -> list[Filter]:
    """Who acts in a domain sees what is in it."""
    return [Filter("domain_id", "eq", ctx.auth.domain_id)] if ctx.auth.domain_id else []


@routes.get("/domains", policy=policy.LIST_DOMAINS, answer=answers.Domains, errors=(NotFound,))
async def list_domains(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List domains."""
    ctx.authorize(policy.LIST_DOMAINS, {"target": {"domain": {"id": ctx.auth.domain_id}}})
    mine = [Filter("id", "eq", ctx.auth.domain_id)] if ctx.auth.domain_id else []
    return await listing(ctx, request, query, DOMAINS, "domains", view, truths=("enabled",), fixed=mine)


@routes.post(
    "/domains",
    status=201,
    policy=policy.CREATE_DOMAIN,
    answer=answers.OneDomain,
    errors=(errors.DuplicateThing,),
)
async def create_domain(ctx: Context, body: DomainBody) -> dict[str, Any]:
    """Create a domain."""
    ctx.authorize(policy.CREATE_DOMAIN, {})
    new, extra = read(NewDomain, body.domain, of="domain")
    domain = Domain(
        new.explicit_domain_id or new_hex(),
        new.name,
        new.description or "",
        new.enabled,
        list(dict.fromkeys(new.tags)),
        set_options(new.options),
        extra,
    )
    return {"domain": view(ctx, await access.add(ctx, DOMAINS, domain))}


@routes.get(
    "/domains/{domain_id}", policy=policy.GET_DOMAIN, answer=answers.OneDomain, errors=(errors.ThingNotFound,)
)
async def show_domain(ctx: Context, domain_id: str) -> dict[str, Any]:
    """Show a domain."""
    return {"domain": view(ctx, await access.find(ctx, policy.GET_DOMAIN, DOMAINS, domain_id))}


@routes.patch(
    "/domains/{domain_id}",
    policy=policy.UPDATE_DOMAIN,
    asks_late=True,
    answer=answers.OneDomain,
    errors=(errors.ImmutableId, errors.ImmutableThing, errors.ThingNotFound, errors.DuplicateThing),
)
async def update_domain(ctx: Context, domain_id: str, body: DomainBody) -> dict[str, Any]:
    """Change a domain; disabling it ends every token of its users and projects."""
    changed, extra = read(ChangedDomain, body.domain, of="domain", may_be_empty=False)
    domain = await access.find_openly(ctx, policy.UPDATE_DOMAIN, DOMAINS, domain_id)
    if extra.pop("id", domain_id) != domain_id:
        raise ImmutableId(kind="domain")
    changes = sent(changed)
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    if "options" in changes:
        changes["options"] = merged(domain.options, changes["options"])
    return {"domain": view(ctx, await projects.update_domain(ctx, domain, changes, extra))}


@routes.delete(
    "/domains/{domain_id}",
    policy=policy.DELETE_DOMAIN,
    asks_late=True,
    errors=(errors.DomainEnabled, errors.ImmutableThing, errors.ThingNotFound),
)
async def delete_domain(ctx: Context, domain_id: str) -> None:
    """Delete a domain and all that is in it; it must be disabled."""
    await projects.delete_domain(ctx, await access.find_openly(ctx, policy.DELETE_DOMAIN, DOMAINS, domain_id))
