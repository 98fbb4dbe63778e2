"""/resource_providers, with traits and aggregates"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Query, Reply, Routes, Strict, UnsetType, since
from haneul.kernel.http.bounds import MANY, Number, Text
from haneul.kernel.ids import is_uuid
from haneul.services.placement import errors, policy, versions
from haneul.services.placement.api import answers
from haneul.services.placement.manifest import MANIFEST
from haneul.services.placement.model.providers import Provider
from haneul.services.placement.operations import providers

routes = Routes()


class NewProvider(Strict):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    uuid: Text | UnsetType = UNSET
    parent_provider_uuid: Annotated[Text | UnsetType | None, since("1.14")] = UNSET


class ProviderTraits(Strict):
    traits: Annotated[list[Text], MANY]
    resource_provider_generation: Number


class ProviderAggregates(Strict):
    aggregates: Annotated[list[Text], MANY]
    resource_provider_generation: Number


def view(ctx: Context, provider: Provider) -> dict[str, Any]:
    base = f"{MANIFEST.path}/resource_providers/{provider.id}"
    rels = ["inventories", "usages"]
    if ctx.wants(versions.AGGREGATES_ARE_LINKED):
        rels.append("aggregates")
    if ctx.wants(versions.TRAITS_ARE_LINKED):
        rels.append("traits")
    if ctx.wants(versions.ALLOCATIONS_ARE_LINKED):
        rels.append("allocations")
    document: dict[str, Any] = {
        "uuid": provider.id,
        "name": provider.name,
        "generation": provider.generation,
        "links": [
            {"rel": "self", "href": base},
            *({"rel": rel, "href": f"{base}/{rel}"} for rel in rels),
        ],
    }
    if ctx.wants(versions.PROVIDERS_ARE_NESTED):
        document["parent_provider_uuid"] = provider.parent_id
        document["root_provider_uuid"] = provider.root_id
    return document


@routes.get(
    "/resource_providers",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.Providers,
    errors=(errors.UnknownResourceClass,),
)
async def list_providers(ctx: Context, query: Query) -> dict[str, Any]:
    """Providers, filtered by name, uuid, member_of, resources, in_tree and required traits."""
    known = {"name", "uuid", "member_of", "resources", "in_tree", "required"}
    # Upstream refuses parameters that it does not know, here in every version.
    if unknown := [n for n in query.names() if n not in known]:
        raise BadRequest(f"Invalid query string parameters: {unknown[0]!r} was unexpected")
    listed = await providers.list(
        ctx,
        name=query.get("name"),
        id=query.get("uuid"),
        member_of=query.all("member_of"),
        resources=providers.parse_resources(query.get("resources")),
        in_tree=query.get("in_tree"),
        required=query.all("required"),
    )
    return {"resource_providers": [view(ctx, p) for p in listed]}


@routes.post(
    "/resource_providers",
    status=201,
    policy=policy.ADMIN_OR_SERVICE,
    answer=None,
    other_answers={200: answers.Provider},
    errors=(errors.DuplicateName,),
)
async def create_provider(ctx: Context, body: NewProvider) -> Reply:
    """Create a provider; from version 1.20 on it is returned."""
    if body.uuid and not is_uuid(body.uuid):
        raise BadRequest(f"Invalid input for field uuid: {body.uuid!r} is not a 'uuid'")
    made = await providers.create(
        ctx, name=body.name, id=body.uuid or None, parent_id=body.parent_provider_uuid or None
    )
    location = {"Location": f"{ctx.endpoint}{MANIFEST.path}/resource_providers/{made.id}"}
    if ctx.wants(versions.NEW_PROVIDERS_ARE_SHOWN):
        return Reply(view(ctx, made), status=200, headers=location)
    return Reply(status=201, headers=location)


@routes.get(
    "/resource_providers/{id}",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.Provider,
    errors=(errors.ProviderNotFound,),
)
async def show_provider(ctx: Context, id: str) -> dict[str, Any]:
    """One provider."""
    return view(ctx, await providers.show(ctx, id))


@routes.put(
    "/resource_providers/{id}",
    policy=policy.ADMIN_OR_SERVICE,
    answer=answers.Provider,
    errors=(errors.ProviderNotFound, errors.DuplicateName),
)
async def update_provider(ctx: Context, id: str, body: NewProvider) -> dict[str, Any]:
    """Rename the provider, or give it a parent."""
    return view(
        ctx,
        await providers.update(ctx, id, name=body.name, parent_id=body.parent_provider_uuid),
    )


@routes.delete(
    "/resource_providers/{id}",
    policy=policy.ADMIN_OR_SERVICE,
    errors=(errors.ProviderNotFound, errors.ProviderInUse, errors.ProviderHasChildren),
)
async def delete_provider(ctx: Context, id: str) -> None:
    """Remove a provider that nobody holds anything of."""
    await providers.delete(ctx, id)


@routes.get(
    "/resource_providers/{id}/traits",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.6",
    answer=answers.ProviderTraits,
    errors=(errors.ProviderNotFound,),
)
async def show_traits(ctx: Context, id: str) -> dict[str, Any]:
    """The provider's traits."""
    provider = await providers.show(ctx, id)
    return {"traits": provider.traits, "resource_provider_generation": provider.generation}


@routes.put(
    "/resource_providers/{id}/traits",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.6",
    answer=answers.ProviderTraits,
    errors=(errors.ProviderNotFound, errors.ConcurrentUpdate),
)
async def set_traits(ctx: Context, id: str, body: ProviderTraits) -> dict[str, Any]:
    """The provider has exactly these traits."""
    done = await providers.set_traits(ctx, id, body.traits, body.resource_provider_generation)
    return {"traits": done.traits, "resource_provider_generation": done.generation}


@routes.delete(
    "/resource_providers/{id}/traits",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.6",
    errors=(errors.ProviderNotFound, errors.ConcurrentUpdate),
)
async def clear_traits(ctx: Context, id: str) -> None:
    """The provider has no traits."""
    provider = await providers.show(ctx, id)
    await providers.set_traits(ctx, id, [], provider.generation)


@routes.get(
    "/resource_providers/{id}/aggregates",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.1",
    answer=answers.ProviderAggregates,
    errors=(errors.ProviderNotFound,),
)
async def show_aggregates(ctx: Context, id: str) -> dict[str, Any]:
    """The provider's aggregates."""
    return _aggregates(ctx, await providers.show(ctx, id))


@routes.put(
    "/resource_providers/{id}/aggregates",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.19",
    answer=answers.ProviderAggregates,
    errors=(errors.ProviderNotFound, errors.ConcurrentUpdate),
)
async def set_aggregates(ctx: Context, id: str, body: ProviderAggregates) -> dict[str, Any]:
    """The provider belongs to exactly these aggregates."""
    done = await providers.set_aggregates(ctx, id, body.aggregates, body.resource_provider_generation)
    return _aggregates(ctx, done)


@routes.put(
    "/resource_providers/{id}/aggregates",
    policy=policy.ADMIN_OR_SERVICE,
    since="1.1",
    until="1.18",
    answer=answers.ProviderAggregates,
    errors=(
        errors.ProviderNotFound,
        errors.ConcurrentUpdate,
    ),
)
async def set_aggregates_1_1(ctx: Context, id: str, body: Annotated[list[Text], MANY]) -> dict[str, Any]:
    """The provider belongs to exactly these aggregates."""
    return _aggregates(ctx, await providers.set_aggregates(ctx, id, body, None))


def _aggregates(ctx: Context, provider: Provider) -> dict[str, Any]:
    document: dict[str, Any] = {"aggregates": provider.aggregates}
    if ctx.wants(versions.AGGREGATES_HAVE_GENERATIONS):
        document["resource_provider_generation"] = provider.generation
    return document
