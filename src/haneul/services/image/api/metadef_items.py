"""/v2/metadefs/namespaces/{namespace}/objects, properties and tags"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import Anything
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.services.image import errors
from haneul.services.image.api import metadef_answers
from haneul.services.image.api import metadef_namespaces as namespaces
from haneul.services.image.model import metadefs as model
from haneul.services.image.model.metadefs import Item
from haneul.services.image.operations import metadef_items as items
from haneul.services.image.policy import metadefs as policy

routes = Routes("/v2/metadefs/namespaces/{namespace}", hides_out_of_scope=True)

_MISSING = (errors.NamespaceNotFound, errors.DefinitionNotFound)
_INVALID = (errors.InvalidImage, errors.ReadOnlyAttribute, errors.DefinitionExists)
_GUARDED = (*_MISSING, errors.DefinitionProtected)
_TAG_SORT_KEYS = {"name": "name", "created_at": "created_at", "updated_at": "updated_at", "id": "id"}


# -- objects


@routes.get("/objects", policy=policy.GET_OBJECTS, errors=_MISSING, answer=metadef_answers.Objects)
async def list_objects(ctx: Context, namespace: str) -> dict[str, Any]:
    """List the objects of a namespace."""
    objects = await items.listed(ctx, policy.GET_OBJECTS, namespace, "object")
    return {
        "objects": [namespaces.object_view(namespace, i) for i in objects],
        "schema": "v2/schemas/metadefs/objects",
    }


@routes.post(
    "/objects",
    status=201,
    policy=policy.ADD_OBJECT,
    asks_late=True,
    errors=(*_MISSING, *_INVALID),
    answer=metadef_answers.Object,
)
async def create_object(ctx: Context, namespace: str, body: Anything) -> dict[str, Any]:
    """Create an object: properties that belong together."""
    wish = model.read(model.Object, body, "object")
    made = await items.create(ctx, policy.ADD_OBJECT, namespace, "object", wish.name, model.body(wish))
    return namespaces.said_of_object(namespace, made)


@routes.get("/objects/{name}", policy=policy.GET_OBJECT, errors=_MISSING, answer=metadef_answers.Object)
async def show_object(ctx: Context, namespace: str, name: str) -> dict[str, Any]:
    """Show an object."""
    return namespaces.object_view(
        namespace, await items.show(ctx, policy.GET_OBJECT, namespace, "object", name)
    )


@routes.put(
    "/objects/{name}",
    policy=policy.MODIFY_OBJECT,
    asks_late=True,
    errors=(*_MISSING, *_INVALID),
    answer=metadef_answers.Object,
)
async def update_object(ctx: Context, namespace: str, name: str, body: Anything) -> dict[str, Any]:
    """Replace what is said of an object."""
    wish = model.read(model.Object, body, "object")
    changed = await items.update(
        ctx, policy.MODIFY_OBJECT, namespace, "object", name, new_name=wish.name, body=model.body(wish)
    )
    return namespaces.said_of_object(namespace, changed)


@routes.delete("/objects/{name}", policy=policy.DELETE_OBJECT, asks_late=True, errors=_GUARDED)
async def delete_object(ctx: Context, namespace: str, name: str) -> None:
    """Delete an object."""
    await items.delete(ctx, policy.DELETE_OBJECT, namespace, "object", name)


@routes.delete("/objects", policy=policy.DELETE_NAMESPACE, asks_late=True, errors=_GUARDED)
async def delete_objects(ctx: Context, namespace: str) -> None:
    """Delete all objects of a namespace."""
    await items.delete_all(ctx, policy.DELETE_NAMESPACE, namespace, "object")


# -- properties


@routes.get("/properties", policy=policy.GET_PROPERTIES, errors=_MISSING, answer=metadef_answers.Properties)
async def list_properties(ctx: Context, namespace: str) -> dict[str, Any]:
    """List the properties of a namespace."""
    return {
        "properties": {
            i.name: i.body for i in await items.listed(ctx, policy.GET_PROPERTIES, namespace, "property")
        }
    }


@routes.post(
    "/properties",
    status=201,
    policy=policy.ADD_PROPERTY,
    asks_late=True,
    errors=(*_MISSING, *_INVALID),
    answer=metadef_answers.Property,
)
async def create_property(ctx: Context, namespace: str, body: Anything) -> dict[str, Any]:
    """Create a property."""
    new_name, property = model.read_property(body)
    made = await items.create(ctx, policy.ADD_PROPERTY, namespace, "property", new_name, model.body(property))
    return _property_view(made)


@routes.get(
    "/properties/{name}", policy=policy.GET_PROPERTY, errors=_MISSING, answer=metadef_answers.Property
)
async def show_property(ctx: Context, namespace: str, name: str, query: Query) -> dict[str, Any]:
    """Show a property, by the name it has on resources of a type, if one is given."""
    return _property_view(
        await items.show_property(ctx, policy.GET_PROPERTY, namespace, name, query.get("resource_type"))
    )


@routes.put(
    "/properties/{name}",
    policy=policy.MODIFY_PROPERTY,
    asks_late=True,
    errors=(*_MISSING, *_INVALID),
    answer=metadef_answers.Property,
)
async def update_property(ctx: Context, namespace: str, name: str, body: Anything) -> dict[str, Any]:
    """Replace what is said of a property."""
    new_name, property = model.read_property(body)
    changed = await items.update(
        ctx, policy.MODIFY_PROPERTY, namespace, "property", name, new_name=new_name, body=model.body(property)
    )
    return _property_view(changed)


@routes.delete("/properties/{name}", policy=policy.REMOVE_PROPERTY, asks_late=True, errors=_GUARDED)
async def delete_property(ctx: Context, namespace: str, name: str) -> None:
    """Delete a property."""
    await items.delete(ctx, policy.REMOVE_PROPERTY, namespace, "property", name)


@routes.delete("/properties", policy=policy.DELETE_NAMESPACE, asks_late=True, errors=_GUARDED)
async def delete_properties(ctx: Context, namespace: str) -> None:
    """Delete all properties of a namespace."""
    await items.delete_all(ctx, policy.DELETE_NAMESPACE, namespace, "property")


def _property_view(item: Item) -> dict[str, Any]:
    return {**item.body, "name": item.name}


# -- tags


@routes.get("/tags", policy=policy.GET_TAGS, errors=_MISSING, answer=metadef_answers.Tags)
async def list_tags(ctx: Context, namespace: str, query: Query) -> dict[str, Any]:
    """List the tags of a namespace, by default the newest first."""
    tags = await items.listed(
        ctx,
        policy.GET_TAGS,
        namespace,
        "tag",
        sort=namespaces.SORTING.read(query, _TAG_SORT_KEYS)[0],
        marker=query.get("marker"),
        limit=namespaces.page_size(ctx, query),
    )
    return {"tags": [{"name": i.name} for i in tags]}


@routes.post(
    "/tags",
    status=201,
    policy=policy.ADD_TAGS,
    asks_late=True,
    errors=(*_MISSING, *_INVALID),
    answer=metadef_answers.Tags,
)
async def create_tags(ctx: Context, request: Request, namespace: str, body: Anything) -> dict[str, Any]:
    """Set the tags of a namespace, or append to them (header `X-Openstack-Append`)."""
    wish = model.read(model.Tags, body, "tags")
    # By a header, as upstream: the body has no place for it.
    append = (request.header("x-openstack-append") or "").strip().lower() == "true"
    made = await items.set_tags(
        ctx, policy.ADD_TAGS, namespace, [tag.name for tag in wish.tags], append=append
    )
    return {"tags": [{"name": i.name} for i in made]}


@routes.post(
    "/tags/{name}",
    status=201,
    policy=policy.ADD_TAG,
    asks_late=True,
    errors=(*_MISSING, *_INVALID),
    answer=metadef_answers.Tag,
)
async def create_tag(ctx: Context, namespace: str, name: str) -> dict[str, Any]:
    """Create a tag."""
    wish = model.read(model.Tag, {"name": name}, "tag")
    return _tag_view(await items.create(ctx, policy.ADD_TAG, namespace, "tag", wish.name, {}))


@routes.get("/tags/{name}", policy=policy.GET_TAG, errors=_MISSING, answer=metadef_answers.Tag)
async def show_tag(ctx: Context, namespace: str, name: str) -> dict[str, Any]:
    """Show a tag."""
    return _tag_view(await items.show(ctx, policy.GET_TAG, namespace, "tag", name))


@routes.put(
    "/tags/{name}",
    policy=policy.MODIFY_TAG,
    asks_late=True,
    errors=(*_MISSING, *_INVALID),
    answer=metadef_answers.Tag,
)
async def update_tag(ctx: Context, namespace: str, name: str, body: Anything) -> dict[str, Any]:
    """Rename a tag."""
    wish = model.read(model.Tag, body, "tag")
    return _tag_view(
        await items.update(ctx, policy.MODIFY_TAG, namespace, "tag", name, new_name=wish.name, body={})
    )


@routes.delete("/tags/{name}", policy=policy.DELETE_TAG, asks_late=True, errors=_GUARDED)
async def delete_tag(ctx: Context, namespace: str, name: str) -> None:
    """Delete a tag."""
    await items.delete(ctx, policy.DELETE_TAG, namespace, "tag", name)


@routes.delete("/tags", policy=policy.DELETE_TAGS, asks_late=True, errors=_GUARDED)
async def delete_tags(ctx: Context, namespace: str) -> None:
    """Delete all tags of a namespace."""
    await items.delete_all(ctx, policy.DELETE_TAGS, namespace, "tag")


def _tag_view(item: Item) -> dict[str, Any]:
    return {"name": item.name, **namespaces.times(item)}
