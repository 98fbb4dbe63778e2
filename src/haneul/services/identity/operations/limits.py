"""Limits: registered for everybody, set for some, and how they relate to each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.services.identity import config
from haneul.services.identity.errors import (
    DuplicateThing,
    LimitInUse,
    LimitMisfit,
    NoRegisteredLimit,
    NotFoundInBody,
)
from haneul.services.identity.model.limits import Limit, RegisteredLimit, misfit
from haneul.services.identity.store.catalog import REGIONS, SERVICES
from haneul.services.identity.store.limits import LIMITS, REGISTERED_LIMITS
from haneul.services.identity.store.projects import DOMAINS, PROJECTS

About = tuple[str, str | None, str]


def model(ctx: Context) -> str:
    """The name of the enforcement model of this cloud."""
    return ctx.options(config.IdentityOptions).limit_enforcement


async def of_project(
    ctx: Context, service_type: str, project_id: str
) -> tuple[dict[str, int], dict[str, int]]:
    """(what everybody may have of a service's resources, what this project may have instead)

    A limit for one region counts as one for all: this cloud is one region of its own catalogue.
    """
    services = [service.id for service in await SERVICES.find(ctx.tx, type=service_type)]
    registered = await REGISTERED_LIMITS.among(ctx.tx, "service_id", services)
    own = await LIMITS.among(ctx.tx, "service_id", services, project_id=project_id)
    return (
        {each.resource_name: each.default_limit for each in registered},
        {each.resource_name: each.resource_limit for each in own},
    )


async def register(ctx: Context, new: Sequence[RegisteredLimit]) -> list[RegisteredLimit]:
    """All of them are registered, or none."""
    await _lock(ctx)
    known = {each.about for each in await REGISTERED_LIMITS.page(ctx.tx)}
    for each in new:
        await _require_places(ctx, each.service_id, each.region_id, "registered_limit")
        if each.about in known:
            raise DuplicateThing(kind="registered_limit", details="Duplicate entry")
        known.add(each.about)
        await REGISTERED_LIMITS.add(ctx.tx, each)
    return list(new)


async def change_registered(
    ctx: Context, registered: RegisteredLimit, changes: dict[str, Any]
) -> RegisteredLimit:
    """The registered limit as changed; what it is about stays as long as limits refer to it."""
    await _lock(ctx)
    new = replace(registered, **changes)
    if new.about != registered.about:
        await _require_unused(ctx, registered)
        await _require_places(ctx, new.service_id, new.region_id, "registered_limit")
        if any(each.about == new.about for each in await REGISTERED_LIMITS.page(ctx.tx)):
            raise DuplicateThing(kind="registered_limit", details="Duplicate entry")
    return await REGISTERED_LIMITS.update(ctx.tx, new)


async def remove_registered(ctx: Context, registered: RegisteredLimit) -> None:
    """The limit holds for nobody any more; refused while projects or domains have their own in its place."""
    await _lock(ctx)
    await _require_unused(ctx, registered)
    await REGISTERED_LIMITS.remove(ctx.tx, id=registered.id)


async def set_limits(ctx: Context, new: Sequence[Limit]) -> list[Limit]:
    """All of them hold, or none; each needs a registered limit, and its project or domain."""
    await _lock(ctx)
    known = {(each.holder_id, each.about) for each in await LIMITS.page(ctx.tx)}
    registered = {each.about for each in await REGISTERED_LIMITS.page(ctx.tx)}
    for each in new:
        await _require_holder(ctx, each)
        if each.about not in registered:
            raise NoRegisteredLimit
        if (each.holder_id, each.about) in known:
            raise DuplicateThing(kind="limit", details="Duplicate entry")
        known.add((each.holder_id, each.about))
        await LIMITS.add(ctx.tx, each)
    await _require_fit(ctx, new)
    return list(new)


async def change(ctx: Context, limit: Limit, changes: dict[str, Any]) -> Limit:
    """The limit has these fields; refused if it no longer fits those above and below it in the tree."""
    await _lock(ctx)
    new = await LIMITS.update(ctx.tx, replace(limit, **changes))
    await _require_fit(ctx, [new])
    return new


async def remove(ctx: Context, limit: Limit) -> None:
    """The project or domain has the registered limit again."""
    await LIMITS.remove(ctx.tx, id=limit.id)


async def _lock(ctx: Context) -> None:
    """What limits must be among each other is checked by one transaction at a time."""
    await ctx.tx.lock("identity.limits")


async def _require_places(ctx: Context, service_id: str, region_id: str | None, kind: str) -> None:
    if await SERVICES.get(ctx.tx, service_id) is None:
        raise NotFoundInBody(field="service_id", kind=kind)
    if region_id is not None and await REGIONS.get(ctx.tx, region_id) is None:
        raise NotFoundInBody(field="region_id", kind=kind)


async def _require_holder(ctx: Context, limit: Limit) -> None:
    await _require_places(ctx, limit.service_id, limit.region_id, "limit")
    if limit.project_id and await PROJECTS.get(ctx.tx, limit.project_id) is None:
        raise NotFoundInBody(field="project_id", kind="limit")
    if limit.domain_id and await DOMAINS.get(ctx.tx, limit.domain_id) is None:
        raise NotFoundInBody(field="domain_id", kind="limit")


async def _require_unused(ctx: Context, registered: RegisteredLimit) -> None:
    about = {"service_id": registered.service_id, "resource_name": registered.resource_name}
    if any(each.about == registered.about for each in await LIMITS.find(ctx.tx, **about)):
        raise LimitInUse(id=registered.id)


async def _require_fit(ctx: Context, changed: Iterable[Limit]) -> None:
    """In a strict model, no project's limit is above its domain's."""
    if model(ctx) == "flat":
        return
    limits = await LIMITS.page(ctx.tx)
    projects = await PROJECTS.among(ctx.tx, "id", {each.project_id for each in limits if each.project_id})
    wrong = misfit(
        limits,
        await REGISTERED_LIMITS.page(ctx.tx),
        {project.id: project.parent_id for project in projects},
        changed,
    )
    if wrong is not None:
        raise LimitMisfit(
            level="project_id" if wrong.project_id else "domain_id",
            id=wrong.holder_id,
            resource_name=wrong.resource_name,
            resource_limit=wrong.resource_limit,
            service_id=wrong.service_id,
            region_id=wrong.region_id,
        )
