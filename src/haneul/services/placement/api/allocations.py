"""/allocations, /resource_providers/{id}/allocations, /allocation_candidates, /usages"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound
from haneul.kernel.http import UNSET, Query, Routes, Strict, UnsetType, lists
from haneul.kernel.http.bounds import LARGEST, MANY, Number, Text
from haneul.services.placement import errors, policy, versions
from haneul.services.placement.api import answers
from haneul.services.placement.model.providers import Consumer
from haneul.services.placement.operations import allocations, inventories, providers

routes = Routes()
Amount = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]


class Held(Strict):
    resources: Annotated[dict[Text, Amount], MANY]
    generation: Number | UnsetType = UNSET


class ConsumerAllocations(Strict, kw_only=True):
    allocations: Annotated[dict[Text, Held], MANY]
    project_id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    consumer_generation: Number | UnsetType | None = UNSET
    consumer_type: Text | UnsetType = UNSET
    mappings: Annotated[dict[Text, Annotated[list[Text], MANY]], MANY] | UnsetType = UNSET


@routes.get(
    "/resource_providers/{id}/allocations",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.ProviderAllocations,
    errors=(errors.ProviderNotFound,),
)
async def provider_allocations(ctx: Context, id: str) -> dict[str, Any]:
    """Who holds how much of this provider."""
    provider = await providers.show(ctx, id)
    held: dict[str, Any] = {}
    for each in await allocations.of_provider(ctx, id):
        entry = held.setdefault(each.consumer_id, {"resources": {}})
        entry["resources"][each.resource_class] = each.used
    if ctx.wants(versions.CONSUMERS_HAVE_GENERATIONS):
        for consumer in await allocations.consumers(ctx, list(held)):
            held[consumer.id]["consumer_generation"] = consumer.generation
    return {"allocations": held, "resource_provider_generation": provider.generation}


@routes.get(
    "/allocations/{consumer_id}",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.ConsumerAllocations,
    errors=(errors.ProviderNotFound,),
)
async def show_allocations(ctx: Context, consumer_id: str) -> dict[str, Any]:
    """What the consumer holds; empty if it holds nothing."""
    held: dict[str, Any] = {}
    for each in await allocations.of_consumer(ctx, consumer_id):
        entry = held.setdefault(each.provider_id, {"resources": {}})
        entry["resources"][each.resource_class] = each.used
    for provider_id, entry in held.items():
        entry["generation"] = (await providers.show(ctx, provider_id)).generation
    document: dict[str, Any] = {"allocations": held}
    for consumer in await allocations.consumers(ctx, [consumer_id]):
        if ctx.wants(versions.CONSUMERS_HAVE_OWNERS):
            document |= {"project_id": consumer.project_id, "user_id": consumer.user_id}
        if ctx.wants(versions.CONSUMERS_HAVE_GENERATIONS):
            document["consumer_generation"] = consumer.generation
        if ctx.wants(versions.CONSUMERS_HAVE_TYPES):
            # Consumers older than types are shown as of this one, which cannot be set.
            document["consumer_type"] = consumer.kind or "unknown"
    return document


@routes.put(
    "/allocations/{consumer_id}",
    status=204,
    policy=policy.ADMIN_OR_SERVICE,
    since="1.12",
    errors=(errors.ConcurrentUpdate, errors.NoCapacity, errors.UnknownResourceClass),
)
async def set_allocations(ctx: Context, consumer_id: str, body: ConsumerAllocations) -> None:
    """The consumer holds exactly this."""
    consumer = Consumer(consumer_id, body.project_id, body.user_id, body.consumer_type or None)
    wanted = {provider: dict(held.resources) for provider, held in body.allocations.items()}
    await allocations.set(
        ctx,
        consumer,
        wanted,
        body.consumer_generation if ctx.wants(versions.CONSUMERS_HAVE_GENERATIONS) else UNSET,
    )


@routes.post(
    "/allocations",
    status=204,
    policy=policy.ADMIN_OR_SERVICE,
    since="1.13",
    errors=(errors.ConcurrentUpdate, errors.NoCapacity, errors.UnknownResourceClass),
)
async def set_many(ctx: Context, body: Annotated[dict[Text, ConsumerAllocations], MANY]) -> None:
    """Several consumers hold exactly this, all or none."""
    for consumer_id, one in body.items():
        await set_allocations(ctx, consumer_id, one)


@routes.delete("/allocations/{consumer_id}", policy=policy.ADMIN_OR_SERVICE, errors=(NotFound,))
async def delete_allocations(ctx: Context, consumer_id: str) -> None:
    """The consumer holds nothing; 404 if it held nothing before."""
    await allocations.delete(ctx, consumer_id)


@routes.get(
    "/allocation_candidates",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.10",
    answer=answers.AllocationCandidates,
    errors=(errors.UnknownResourceClass,),
)
async def list_candidates(ctx: Context, query: Query) -> dict[str, Any]:
    """Where the resources could be had: requests ready to be put, and a summary of each provider."""
    resources = providers.parse_resources(query.get("resources"))
    if not resources:
        raise BadRequest("Badly formed resources parameter: at least one resource is required.")
    matches = await allocations.candidates(
        ctx,
        resources,
        required=query.all("required"),
        member_of=query.all("member_of"),
        limit=lists.NUMBERS.read(query, "limit", least=1),
    )
    requests, summaries = [], {}
    for provider, have in matches:
        candidates: Any = {provider.id: {"resources": resources}}
        if not ctx.wants(versions.CONSUMERS_HAVE_OWNERS):
            candidates = [{"resource_provider": {"uuid": provider.id}, "resources": resources}]
        one: dict[str, Any] = {"allocations": candidates}
        if ctx.wants(versions.CANDIDATES_HAVE_MAPPINGS):
            # The request that has no suffix has the empty one.
            one["mappings"] = {"": [provider.id]}
        requests.append(one)
        summary: dict[str, Any] = {
            "resources": {
                i.resource_class: {"capacity": i.capacity, "used": i.used}
                for i in have
                if ctx.wants(versions.SUMMARIES_HAVE_ALL_CLASSES) or i.resource_class in resources
            }
        }
        if ctx.wants(versions.SUMMARIES_HAVE_TRAITS):
            summary["traits"] = provider.traits
        if ctx.wants(versions.SUMMARIES_ARE_NESTED):
            summary |= {"parent_provider_uuid": provider.parent_id, "root_provider_uuid": provider.root_id}
        summaries[provider.id] = summary
    return {"allocation_requests": requests, "provider_summaries": summaries}


@routes.get("/usages", policy=policy.USAGES, since="1.9", answer=answers.Usages)
async def show_project_usages(ctx: Context, query: Query) -> dict[str, Any]:
    """How much the project's consumers hold in all."""
    by_type = ctx.wants(versions.CONSUMERS_HAVE_TYPES)
    known = ("project_id", "user_id", *(("consumer_type",) if by_type else ()))
    if unknown := [n for n in query.names() if n not in known]:
        raise BadRequest(f"Invalid query string parameters: {unknown[0]!r} was unexpected")
    project_id, kind = query.get("project_id"), query.get("consumer_type")
    if not project_id:
        raise BadRequest("Invalid query string parameters: 'project_id' is a required property")
    ctx.authorize(policy.USAGES, {"project_id": project_id})
    usages = await inventories.project_usage(
        ctx, project_id, query.get("user_id"), is_by_type=by_type and kind != "all"
    )
    if not by_type:
        return {"usages": usages["all"].used if usages else {}}
    # As upstream: `all` is one sum of every type, another word that type, and none every type by itself.
    return {
        "usages": {
            name: {"consumer_count": len(usage.consumers), **usage.used}
            for name, usage in usages.items()
            if kind in (None, "all", name)
        }
    }
