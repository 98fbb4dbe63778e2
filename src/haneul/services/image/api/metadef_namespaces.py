"""/v2/metadefs/namespaces, and the types of resources that they go with"""

from __future__ import annotations

from typing import Any

from haneul.kernel.clock import seconds_text
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import lists
from haneul.kernel.http.bounds import Anything
from haneul.kernel.http.routes import Query, Reply, Routes
from haneul.services.image import errors
from haneul.services.image.api import metadef_answers, queries
from haneul.services.image.config import ImageOptions
from haneul.services.image.model import metadefs as model
from haneul.services.image.model.metadefs import Association, Item, Namespace, ResourceType
from haneul.services.image.operations import metadef_namespaces as namespaces
from haneul.services.image.policy import metadefs as policy

routes = Routes("/v2/metadefs", hides_out_of_scope=True)

NUMBERS = lists.Numbers(small="{name} param must be positive", is_strict=True)
SORTING = lists.Sorting(
    bad_key="Invalid sort key: {key}. It must be one of the following: {keys}.",
    bad_direction="Invalid sort direction: {direction}",
    is_single=True,
)
SORT_KEYS = {"namespace": "name", "created_at": "created_at", "updated_at": "updated_at", "id": "id"}
_INVALID = (errors.InvalidImage, errors.ReadOnlyAttribute)
_NOT_FOUND = (errors.NamespaceNotFound, errors.DefinitionNotFound)


def times(thing: Namespace | Item | Association | ResourceType) -> dict[str, str]:
    return {"created_at": seconds_text(thing.created_at), "updated_at": seconds_text(thing.updated_at)}


def view(namespace: Namespace, associations: list[Association] | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "namespace": namespace.name,
        "visibility": namespace.visibility,
        "protected": namespace.protected,
        "owner": namespace.owner,
        **times(namespace),
        "self": f"/v2/metadefs/namespaces/{namespace.name}",
        "schema": "/v2/schemas/metadefs/namespace",
    }
    for name in ("display_name", "description"):
        if (value := getattr(namespace, name)) is not None:
            shown[name] = value
    if associations:
        shown["resource_type_associations"] = [association_view(a) for a in associations]
    return shown


def association_view(association: Association) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": association.name, **times(association)}
    for name in ("prefix", "properties_target"):
        if (value := getattr(association, name)) is not None:
            shown[name] = value
    return shown


def object_view(namespace: str, item: Item, prefix: str | None = None) -> dict[str, Any]:
    """The object, as lists and readers see it."""
    return {"required": [], "properties": {}, **said_of_object(namespace, item, prefix)}


def said_of_object(namespace: str, item: Item, prefix: str | None = None) -> dict[str, Any]:
    """The object, with no more than was said of it."""
    return {
        "name": item.name,
        **model.prefixed(item.body, prefix),
        **times(item),
        "self": f"/v2/metadefs/namespaces/{namespace}/objects/{item.name}",
        "schema": "/v2/schemas/metadefs/object",
    }


def whole_view(whole: namespaces.Whole, prefix: str | None = None) -> dict[str, Any]:
    """The namespace with all that it holds, its keys as resources of one type have them."""
    name = whole.namespace.name
    shown = view(whole.namespace, whole.associations)
    of = {kind: [i for i in whole.items if i.kind == kind] for kind in ("property", "object", "tag")}
    if of["property"]:
        shown["properties"] = {f"{prefix or ''}{i.name}": i.body for i in of["property"]}
    if of["object"]:
        shown["objects"] = [object_view(name, i, prefix) for i in of["object"]]
    if of["tag"]:
        shown["tags"] = [{"name": i.name} for i in of["tag"]]
    return shown


@routes.post(
    "/namespaces",
    status=201,
    limit=1 << 20,
    policy=policy.ADD_NAMESPACE,
    errors=(*_INVALID, errors.NamespaceExists, errors.DefinitionExists),
    answer=metadef_answers.WholeNamespace,
)
async def create_namespace(ctx: Context, body: Anything) -> Reply:
    """Create a namespace, with as much as is said of what it holds."""
    made = await namespaces.create(ctx, model.read(model.NewNamespace, body, "namespace"))
    location = f"{ctx.endpoint}/image/v2/metadefs/namespaces/{made.namespace.name}"
    return Reply(whole_view(made), headers={"Location": location})


@routes.get("/namespaces", policy=policy.GET_NAMESPACES, errors=_NOT_FOUND, answer=metadef_answers.Namespaces)
async def list_namespaces(ctx: Context, query: Query) -> dict[str, Any]:
    """List the namespaces that the asker can see, without what they hold."""
    visibility = query.get("visibility")
    if visibility not in (None, "public", "private"):
        raise BadRequest(f"Invalid visibility value: {visibility}")
    limit = page_size(ctx, query)
    page = await namespaces.listed(
        ctx,
        resource_types=[t for t in (query.get("resource_types") or "").split(",") if t],
        visibility=visibility,
        sort=SORTING.read(query, SORT_KEYS)[0],
        marker=query.get("marker"),
        limit=limit,
    )
    shown: dict[str, Any] = {
        "namespaces": [view(namespace, associations) for namespace, associations in page],
        "first": lists.address("/v2/metadefs/namespaces", query),
        "schema": "/v2/schemas/metadefs/namespaces",
    }
    if page and len(page) == limit:
        shown["next"] = lists.address("/v2/metadefs/namespaces", query, marker=page[-1][0].name)
    return shown


def page_size(ctx: Context, query: Query) -> int:
    return queries.page_size(query, ctx.options(ImageOptions), NUMBERS)


@routes.get(
    "/namespaces/{namespace}",
    policy=policy.GET_NAMESPACE,
    errors=_NOT_FOUND,
    answer=metadef_answers.WholeNamespace,
)
async def show_namespace(ctx: Context, namespace: str, query: Query) -> dict[str, Any]:
    """Show a namespace with all that it holds."""
    whole = await namespaces.show(ctx, namespace)
    wanted = query.get("resource_type")
    prefix = next((a.prefix for a in whole.associations if a.name == wanted), None)
    return whole_view(whole, prefix)


@routes.put(
    "/namespaces/{namespace}",
    policy=policy.MODIFY_NAMESPACE,
    asks_late=True,
    errors=(*_INVALID, *_NOT_FOUND, errors.NamespaceExists),
    answer=metadef_answers.Namespace,
)
async def update_namespace(ctx: Context, namespace: str, body: Anything) -> dict[str, Any]:
    """Replace what is said of a namespace; what it holds stays."""
    return view(await namespaces.update(ctx, namespace, model.read(model.NewNamespace, body, "namespace")))


@routes.delete(
    "/namespaces/{namespace}",
    policy=policy.DELETE_NAMESPACE,
    asks_late=True,
    errors=(*_NOT_FOUND, errors.DefinitionProtected),
)
async def delete_namespace(ctx: Context, namespace: str) -> None:
    """Delete a namespace and all that it holds."""
    await namespaces.delete(ctx, namespace)


@routes.get("/resource_types", policy=policy.LIST_RESOURCE_TYPES, answer=metadef_answers.ResourceTypes)
async def list_resource_types(ctx: Context) -> dict[str, Any]:
    """List the types of resources that definitions go with."""
    types = await namespaces.resource_types(ctx)
    return {"resource_types": [{"name": each.name, **times(each)} for each in types]}


@routes.get(
    "/namespaces/{namespace}/resource_types",
    policy=policy.GET_RESOURCE_TYPE,
    errors=_NOT_FOUND,
    answer=metadef_answers.Associations,
)
async def list_associations(ctx: Context, namespace: str) -> dict[str, Any]:
    """List the types of resources that a namespace goes with."""
    shown = await namespaces.associations(ctx, namespace)
    return {"resource_type_associations": [association_view(each) for each in shown]}


@routes.post(
    "/namespaces/{namespace}/resource_types",
    status=201,
    policy=policy.ADD_ASSOCIATION,
    asks_late=True,
    errors=(*_INVALID, *_NOT_FOUND, errors.DefinitionExists),
    answer=metadef_answers.Association,
)
async def create_association(ctx: Context, namespace: str, body: Anything) -> dict[str, Any]:
    """Let a namespace go with a type of resources."""
    wish = model.read(model.NewAssociation, body, "resource_type_association")
    return association_view(await namespaces.associate(ctx, namespace, wish))


@routes.delete(
    "/namespaces/{namespace}/resource_types/{name}",
    policy=policy.REMOVE_ASSOCIATION,
    asks_late=True,
    errors=(*_NOT_FOUND, errors.DefinitionProtected),
)
async def delete_association(ctx: Context, namespace: str, name: str) -> None:
    """Let a namespace go with a type of resources no longer."""
    await namespaces.disassociate(ctx, namespace, name)
