"""Namespaces of metadata definitions, and the resource types that they go with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate, Filter, Sort
from haneul.kernel.policy import Rule
from haneul.services.image import errors
from haneul.services.image.model import metadefs as model
from haneul.services.image.model.metadefs import Association, Item, Namespace, ResourceType
from haneul.services.image.policy import metadefs as policy
from haneul.services.image.store import metadefs as store
from haneul.services.image.store.metadefs import ASSOCIATIONS, ITEMS, NAMESPACES, RESOURCE_TYPES


class Whole(NamedTuple):
    """A namespace with all that it holds."""

    namespace: Namespace
    associations: list[Association]
    items: list[Item]


async def find(ctx: Context, rule: Rule, name: str) -> Namespace:
    """The namespace, if the asker may see it and the rule allows this."""
    namespace = await _visible(ctx, name)
    ctx.authorize(rule, _target(namespace))
    return namespace


async def _visible(ctx: Context, name: str) -> Namespace:
    """The namespace; one that the asker may not see is not there."""
    namespace = await NAMESPACES.first(ctx.tx, name=name)
    hidden = errors.NamespaceNotFound(name=name)
    target = None if namespace is None else _target(namespace)
    return ctx.seen(namespace, policy.GET_NAMESPACE, hidden=hidden, target=target)


def _target(namespace: Namespace) -> dict[str, str]:
    return {"project_id": namespace.owner, "visibility": namespace.visibility}


def refuse_protected(namespace: Namespace, what: str, name: str) -> None:
    """Returns if the namespace may be taken from; DefinitionProtected otherwise."""
    if namespace.protected:
        raise errors.DefinitionProtected(what=what, name=name)


async def create(ctx: Context, wish: model.NewNamespace) -> Whole:
    """The namespace and all that came with it."""
    owner = wish.owner or ctx.project_id
    ctx.authorize(policy.ADD_NAMESPACE, {"project_id": owner})
    return await add(ctx, wish, owner)


async def add(ctx: Context, wish: model.NewNamespace, owner: str) -> Whole:
    """The namespace and all that came with it, whoever asks."""
    now = ctx.now()
    namespace = Namespace(
        ctx.new_id(), wish.namespace, wish.display_name, wish.description, wish.visibility,
        wish.protected, owner, now, now,
    )  # fmt: skip
    try:
        await NAMESPACES.add(ctx.tx, namespace)
    except Duplicate:
        raise errors.NamespaceExists(name=wish.namespace) from None
    for document in wish.resource_type_associations:
        parts = model.known_parts(model.NewAssociation, document)
        await _associate(ctx, namespace, model.read(model.NewAssociation, parts, "namespace"))
    made: list[tuple[str, str, dict[str, Any]]] = [
        ("property", name, model.body(existing)) for name, existing in wish.properties.items()
    ]
    for document in wish.objects:
        thing = model.read(model.Object, model.known_parts(model.Object, document), "namespace")
        made.append(("object", thing.name, model.body(thing)))
    for document in wish.tags:
        made.append(
            ("tag", model.read(model.Tag, model.known_parts(model.Tag, document), "namespace").name, {})
        )
    await add_items(ctx, namespace, made)
    return await whole(ctx, namespace)


async def add_items(
    ctx: Context, namespace: Namespace, made: Sequence[tuple[str, str, dict[str, Any]]]
) -> list[Item]:
    """The namespace has these (kind, name, body) too, in this order."""
    added = []
    for i, (kind, name, body) in enumerate(made):
        at = ctx.now() + timedelta(microseconds=i)  # those that come together keep their order
        item = Item(ctx.new_id(), namespace.id, kind, name, model.key(kind, name), body, at, at)
        try:
            added.append(await ITEMS.add(ctx.tx, item))
        except Duplicate:
            raise errors.definition_exists(kind, name, namespace.name) from None
    return added


async def whole(ctx: Context, namespace: Namespace) -> Whole:
    """The namespace with all that is in it, oldest first."""
    associations = await ASSOCIATIONS.find(ctx.tx, namespace_id=namespace.id)
    items = await ITEMS.find(ctx.tx, namespace_id=namespace.id)
    return Whole(namespace, associations, sorted(items, key=lambda item: (item.created_at, item.id)))


async def show(ctx: Context, name: str) -> Whole:
    """The namespace with all that it holds, if the asker may see it; NamespaceNotFound otherwise."""
    return await whole(ctx, await find(ctx, policy.GET_NAMESPACE, name))


async def listed(
    ctx: Context,
    *,
    resource_types: Sequence[str],
    visibility: str | None,
    sort: Sort,
    marker: str | None,
    limit: int,
) -> list[tuple[Namespace, list[Association]]]:
    """One page of the namespaces that the asker sees, each with its associations."""
    ctx.authorize(policy.GET_NAMESPACES, {"project_id": ctx.auth.project_id})
    extra = [] if ctx.may(policy.ADMIN, {}) else [store.seen_by(ctx.auth.project_id)]
    if resource_types:
        extra.append(store.goes_with(msgspec.json.encode(list(resource_types)).decode()))
    filters = [Filter("visibility", "eq", visibility)] if visibility else []
    after = None
    if marker is not None:
        after = await _visible(ctx, marker)
    namespaces = await NAMESPACES.page(ctx.tx, filters, sort=[sort], after=after, limit=limit, extra=extra)
    associations = await store.associations(ctx.tx, [n.id for n in namespaces])
    return [(n, associations.get(n.id, [])) for n in namespaces]


async def update(ctx: Context, name: str, wish: model.NewNamespace) -> Namespace:
    """The namespace as wish: what was not given has its default again."""
    before = await find(ctx, policy.MODIFY_NAMESPACE, name)
    try:
        return await NAMESPACES.change(
            ctx,
            before,
            name=wish.namespace,
            display_name=wish.display_name,
            description=wish.description,
            visibility=wish.visibility,
            protected=wish.protected,
            owner=wish.owner or before.owner,
        )
    except Duplicate:
        raise errors.NamespaceExists(
            f"Invalid update. It would result in a duplicate metadata definition namespace with the same "
            f"name of {wish.namespace}",
            name=wish.namespace,
        ) from None


async def delete(ctx: Context, name: str) -> None:
    """The namespace is gone with all that it held; DefinitionProtected if it is to stay."""
    namespace = await find(ctx, policy.DELETE_NAMESPACE, name)
    refuse_protected(namespace, "namespace", name)
    await store.drop(ctx.tx, namespace.id)


# -- resource types


async def resource_types(ctx: Context) -> list[ResourceType]:
    """All types that a namespace goes, or went, with."""
    ctx.authorize(policy.LIST_RESOURCE_TYPES, {"project_id": ctx.auth.project_id})
    return await RESOURCE_TYPES.find(ctx.tx)


async def associations(ctx: Context, name: str) -> list[Association]:
    """The types that the namespace goes with."""
    namespace = await find(ctx, policy.GET_RESOURCE_TYPE, name)
    return await ASSOCIATIONS.find(ctx.tx, namespace_id=namespace.id)


async def associate(ctx: Context, name: str, wish: model.NewAssociation) -> Association:
    """The namespace goes with the type too."""
    return await _associate(ctx, await find(ctx, policy.ADD_ASSOCIATION, name), wish)


async def _associate(ctx: Context, namespace: Namespace, wish: model.NewAssociation) -> Association:
    """The namespace goes with the type, which is known from now on."""
    now = ctx.now()
    if await RESOURCE_TYPES.get(ctx.tx, wish.name) is None:
        await RESOURCE_TYPES.add(ctx.tx, ResourceType(wish.name, now, now))
    made = Association(namespace.id, wish.name, wish.prefix, wish.properties_target, now, now)
    try:
        return await ASSOCIATIONS.add(ctx.tx, made)
    except Duplicate:
        raise errors.definition_exists("resource type", wish.name, namespace.name) from None


async def disassociate(ctx: Context, name: str, resource_type: str) -> None:
    """The namespace no longer goes with the type; DefinitionProtected if it is to stay as it is."""
    namespace = await find(ctx, policy.REMOVE_ASSOCIATION, name)
    refuse_protected(namespace, "resource-type-association", resource_type)
    if not await ASSOCIATIONS.remove(ctx.tx, namespace_id=namespace.id, name=resource_type):
        raise errors.DefinitionNotFound(f"Failed to find resource type {resource_type} to delete")
