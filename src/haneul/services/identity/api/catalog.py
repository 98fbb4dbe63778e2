"""/regions, /services and /endpoints"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import InvalidField, Schema, Strict
from haneul.kernel.ids import new_hex
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import catalog_answers
from haneul.services.identity.api.bodies import Description, Name, Text, read, require_texts, sent
from haneul.services.identity.api.lists import links, listing, only
from haneul.services.identity.errors import ImmutableId
from haneul.services.identity.model.catalog import INTERFACES, Endpoint, Region, Service
from haneul.services.identity.operations import access, catalog
from haneul.services.identity.operations.collections import ENDPOINTS, REGIONS, SERVICES

routes = Routes("/v3")

Interface = Literal["public", "internal", "admin"]
RegionId = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[^/\x00]*$")]
ParentId = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^/\x00]*$")]
Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=225, pattern=r"^[a-zA-Z0-9+.-]+:[^\x00]*$")]


class NewRegion(Schema):
    id: RegionId | None = None
    description: Description | None = None
    parent_region_id: ParentId | None = None


class ChangedRegion(Schema):
    description: Description | UnsetType | None = UNSET
    parent_region_id: ParentId | UnsetType | None = UNSET


class RegionBody(Schema):
    region: Document


class ChangedRegionBody(Strict):
    region: Document


class NewService(Schema):
    type: Kind
    name: Name | UnsetType = UNSET
    description: Text | None = None
    enabled: bool = True


class ChangedService(Schema):
    type: Kind | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class ServiceBody(Schema):
    service: Document


class NewEndpoint(Schema):
    service_id: Text
    interface: Interface
    url: Url
    region_id: ParentId | None = None
    region: RegionId | None = None
    enabled: bool = True


class ChangedEndpoint(Schema):
    service_id: Text | UnsetType = UNSET
    interface: Interface | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    region_id: ParentId | UnsetType | None = UNSET
    region: RegionId | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class EndpointBody(Strict):
    endpoint: Document


def _require_words(extra: dict[str, Any]) -> None:
    """An endpoint's name and description are texts; it may have no description, but not no name."""
    require_texts(extra, "name", "description", of="endpoint")
    if extra.get("name", "") is None:
        raise InvalidField(field="endpoint.name", why="None is not of type 'string'", kind="value")


# regions


def region_view(ctx: Context, region: Region) -> dict[str, Any]:
    return {
        **region.extra,
        "id": region.id,
        "description": region.description,
        "parent_region_id": region.parent_region_id,
        "links": links(ctx, f"regions/{region.id}"),
    }


@routes.get("/regions", policy=policy.LIST_REGIONS, answer=catalog_answers.Regions, errors=(NotFound,))
async def list_regions(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List regions."""
    only(query, "parent_region_id", "limit", "marker")
    return await listing(ctx, request, query, REGIONS, "regions", region_view, texts=("parent_region_id",))


@routes.post(
    "/regions",
    status=201,
    policy=policy.CREATE_REGION,
    answer=catalog_answers.OneRegion,
    errors=(
        errors.DuplicateThing,
        errors.ThingNotFound,
    ),
)
async def create_region(ctx: Context, body: RegionBody) -> dict[str, Any]:
    """Create a region."""
    return await _create_region(ctx, policy.CREATE_REGION, body.region)


@routes.put(
    "/regions/{region_id}",
    status=201,
    policy=policy.CREATE_REGION,
    answer=catalog_answers.OneRegion,
    errors=(errors.DuplicateThing, errors.ThingNotFound, errors.ImmutableId),
)
async def create_region_with_id(ctx: Context, region_id: str, body: RegionBody) -> dict[str, Any]:
    """Create a region with this id."""
    if body.region.get("id", region_id) != region_id:
        raise ImmutableId(kind="region")
    return await _create_region(ctx, policy.CREATE_REGION, {**body.region, "id": region_id})


async def _create_region(ctx: Context, rule: Rule, wanted: dict[str, Any]) -> dict[str, Any]:
    ctx.authorize(rule, {})
    new, extra = read(NewRegion, wanted, of="region")
    region = Region(new.id or new_hex(), new.description or "", new.parent_region_id, extra)
    return {"region": region_view(ctx, await catalog.create_region(ctx, region))}


@routes.get(
    "/regions/{region_id}",
    policy=policy.GET_REGION,
    answer=catalog_answers.OneRegion,
    errors=(errors.ThingNotFound,),
)
async def show_region(ctx: Context, region_id: str) -> dict[str, Any]:
    """Show a region."""
    return {"region": region_view(ctx, await access.find(ctx, policy.GET_REGION, REGIONS, region_id))}


@routes.patch(
    "/regions/{region_id}",
    policy=policy.UPDATE_REGION,
    answer=catalog_answers.OneRegion,
    errors=(errors.ImmutableId, errors.Invalid, errors.ThingNotFound),
)
async def update_region(ctx: Context, region_id: str, body: ChangedRegionBody) -> dict[str, Any]:
    """Change a region."""
    changed, extra = read(ChangedRegion, body.region, of="region", may_be_empty=False)
    region = await access.find(ctx, policy.UPDATE_REGION, REGIONS, region_id)
    if extra.pop("id", region_id) != region_id:
        raise ImmutableId(kind="region")
    changes = sent(changed)
    changes["description"] = changes.get("description", region.description) or ""
    new = access.changed(region, changes, extra)
    return {"region": region_view(ctx, await catalog.update_region(ctx, new))}


@routes.delete("/regions/{region_id}", policy=policy.DELETE_REGION, errors=(errors.ThingNotFound,))
async def delete_region(ctx: Context, region_id: str) -> None:
    """Delete a region and those below it; they must have no endpoints."""
    await catalog.delete_region(ctx, await access.find(ctx, policy.DELETE_REGION, REGIONS, region_id))


# services


def service_view(ctx: Context, service: Service) -> dict[str, Any]:
    document = {
        **service.extra,
        "id": service.id,
        "type": service.type,
        "enabled": service.enabled,
        "links": links(ctx, f"services/{service.id}"),
    }
    for name in ("name", "description"):
        if (value := getattr(service, name)) is not None:
            document[name] = value
    return document


@routes.get("/services", policy=policy.LIST_SERVICES, answer=catalog_answers.Services, errors=(NotFound,))
async def list_services(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List services."""
    ctx.authorize(policy.LIST_SERVICES, {})
    return await listing(ctx, request, query, SERVICES, "services", service_view, texts=("name", "type"))


@routes.post("/services", status=201, policy=policy.CREATE_SERVICE, answer=catalog_answers.OneService)
async def create_service(ctx: Context, body: ServiceBody) -> dict[str, Any]:
    """Create a service."""
    ctx.authorize(policy.CREATE_SERVICE, {})
    new, extra = read(NewService, body.service, of="service")
    service = Service(new_hex(), new.type, new.name or None, new.description, new.enabled, extra)
    return {"service": service_view(ctx, await catalog.create_service(ctx, service))}


@routes.get(
    "/services/{service_id}",
    policy=policy.GET_SERVICE,
    answer=catalog_answers.OneService,
    errors=(errors.ThingNotFound,),
)
async def show_service(ctx: Context, service_id: str) -> dict[str, Any]:
    """Show a service."""
    return {"service": service_view(ctx, await access.find(ctx, policy.GET_SERVICE, SERVICES, service_id))}


@routes.patch(
    "/services/{service_id}",
    policy=policy.UPDATE_SERVICE,
    answer=catalog_answers.OneService,
    errors=(errors.ImmutableId, errors.ThingNotFound),
)
async def update_service(ctx: Context, service_id: str, body: ServiceBody) -> dict[str, Any]:
    """Change a service."""
    changed, extra = read(ChangedService, body.service, of="service", may_be_empty=False)
    service = await access.find(ctx, policy.UPDATE_SERVICE, SERVICES, service_id)
    if extra.pop("id", service_id) != service_id:
        raise ImmutableId(kind="service")
    new = access.changed(service, sent(changed), extra)
    return {"service": service_view(ctx, await catalog.update_service(ctx, new))}


@routes.delete("/services/{service_id}", policy=policy.DELETE_SERVICE, errors=(errors.ThingNotFound,))
async def delete_service(ctx: Context, service_id: str) -> None:
    """Delete a service and its endpoints."""
    await catalog.delete_service(ctx, await access.find(ctx, policy.DELETE_SERVICE, SERVICES, service_id))


# endpoints


def endpoint_view(ctx: Context, endpoint: Endpoint) -> dict[str, Any]:
    return {
        **endpoint.extra,
        "id": endpoint.id,
        "service_id": endpoint.service_id,
        "interface": endpoint.interface,
        "url": endpoint.url,
        "region": endpoint.region_id,
        "region_id": endpoint.region_id,
        "enabled": endpoint.enabled,
        "links": links(ctx, f"endpoints/{endpoint.id}"),
    }


@routes.get("/endpoints", policy=policy.LIST_ENDPOINTS, answer=catalog_answers.Endpoints, errors=(NotFound,))
async def list_endpoints(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List endpoints."""
    ctx.authorize(policy.LIST_ENDPOINTS, {})
    interface = query.get("interface")
    if interface is not None and interface not in INTERFACES:
        why = f"{interface!r} is not one of ['admin', 'internal', 'public']"
        raise InvalidField(field="interface", why=why, kind="value")
    return await listing(
        ctx, request, query, ENDPOINTS, "endpoints", endpoint_view,
        texts=("interface", "service_id", "region_id"),
    )  # fmt: skip


@routes.post(
    "/endpoints",
    status=201,
    policy=policy.CREATE_ENDPOINT,
    answer=catalog_answers.OneEndpoint,
    errors=(errors.Invalid,),
)
async def create_endpoint(ctx: Context, body: EndpointBody) -> dict[str, Any]:
    """Create an endpoint, and its region if that is new."""
    ctx.authorize(policy.CREATE_ENDPOINT, {})
    new, extra = read(NewEndpoint, body.endpoint, of="endpoint")
    _require_words(extra)
    # The second is the word of version 2, which clients still send.
    region_id = new.region_id or new.region
    endpoint = Endpoint(new_hex(), new.service_id, new.interface, new.url, region_id, new.enabled, extra)
    return {"endpoint": endpoint_view(ctx, await catalog.create_endpoint(ctx, endpoint))}


@routes.get(
    "/endpoints/{endpoint_id}",
    policy=policy.GET_ENDPOINT,
    answer=catalog_answers.OneEndpoint,
    errors=(errors.ThingNotFound,),
)
async def show_endpoint(ctx: Context, endpoint_id: str) -> dict[str, Any]:
    """Show an endpoint."""
    return {
        "endpoint": endpoint_view(ctx, await access.find(ctx, policy.GET_ENDPOINT, ENDPOINTS, endpoint_id))
    }


@routes.patch(
    "/endpoints/{endpoint_id}",
    policy=policy.UPDATE_ENDPOINT,
    answer=catalog_answers.OneEndpoint,
    errors=(errors.Invalid, errors.ThingNotFound, errors.ImmutableId),
)
async def update_endpoint(ctx: Context, endpoint_id: str, body: EndpointBody) -> dict[str, Any]:
    """Change an endpoint."""
    changed, extra = read(ChangedEndpoint, body.endpoint, of="endpoint", may_be_empty=False)
    _require_words(extra)
    endpoint = await access.find(ctx, policy.UPDATE_ENDPOINT, ENDPOINTS, endpoint_id)
    if extra.pop("id", endpoint_id) != endpoint_id:
        raise ImmutableId(kind="endpoint")
    changes = sent(changed)
    legacy = changes.pop("region", UNSET)
    if legacy is not UNSET:
        changes.setdefault("region_id", legacy)
    new = access.changed(endpoint, changes, extra)
    return {"endpoint": endpoint_view(ctx, await catalog.update_endpoint(ctx, new))}


@routes.delete("/endpoints/{endpoint_id}", policy=policy.DELETE_ENDPOINT, errors=(errors.ThingNotFound,))
async def delete_endpoint(ctx: Context, endpoint_id: str) -> None:
    """Delete an endpoint."""
    await catalog.delete_endpoint(ctx, await access.find(ctx, policy.DELETE_ENDPOINT, ENDPOINTS, endpoint_id))
