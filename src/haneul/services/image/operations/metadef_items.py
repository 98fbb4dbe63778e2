"""Objects, properties and tags of a namespace: they differ in what is said of them, not in what is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate, Sort
from haneul.kernel.policy import Rule
from haneul.services.image import errors
from haneul.services.image.model import metadefs as model
from haneul.services.image.model.metadefs import Item
from haneul.services.image.operations import metadef_namespaces as namespaces
from haneul.services.image.store import metadefs as store
from haneul.services.image.store.metadefs import ASSOCIATIONS, ITEMS

OLDEST_FIRST = Sort("created_at")


async def listed(
    ctx: Context,
    rule: Rule,
    namespace: str,
    kind: str,
    *,
    sort: Sort = OLDEST_FIRST,
    marker: str | None = None,
    limit: int | None = None,
) -> list[Item]:
    """A page of the namespace's items of that kind."""
    home = await namespaces.find(ctx, rule, namespace)
    after = None if marker is None else await _item(ctx, home.id, kind, marker)
    return await store.items(ctx.tx, home.id, kind, sort=sort, after=after, limit=limit)


async def _item(ctx: Context, namespace_id: str, kind: str, name: str) -> Item:
    item = await ITEMS.first(ctx.tx, namespace_id=namespace_id, kind=kind, key=model.key(kind, name))
    if item is None:
        what = kind if kind == "property" else f"metadata {kind}"
        raise errors.DefinitionNotFound(f"Could not find {what} {name}")
    return item


async def show(ctx: Context, rule: Rule, namespace: str, kind: str, name: str) -> Item:
    """The item of that name in the namespace."""
    home = await namespaces.find(ctx, rule, namespace)
    return await _item(ctx, home.id, kind, name)


async def show_property(
    ctx: Context, rule: Rule, namespace: str, name: str, resource_type: str | None
) -> Item:
    """The property, by the name it has on resources of that type."""
    home = await namespaces.find(ctx, rule, namespace)
    if resource_type is not None:
        association = await ASSOCIATIONS.get(ctx.tx, home.id, resource_type)
        if association is None:
            raise errors.DefinitionNotFound(
                f"The metadata definition resource-type with name={resource_type}, was not found."
            )
        prefix = association.prefix or ""
        if not name.startswith(prefix):
            raise errors.DefinitionNotFound(
                f"Property {name} does not start with the expected resource type association prefix of "
                f"'{prefix}'."
            )
        name = name[len(prefix) :]
    return await _item(ctx, home.id, "property", name)


async def create(
    ctx: Context, rule: Rule, namespace: str, kind: str, name: str, body: dict[str, Any]
) -> Item:
    """The namespace has the new item; refused if it has one of that name."""
    home = await namespaces.find(ctx, rule, namespace)
    (made,) = await namespaces.add_items(ctx, home, [(kind, name, body)])
    return made


async def set_tags(
    ctx: Context, rule: Rule, namespace: str, names: Sequence[str], *, append: bool
) -> list[Item]:
    """The namespace has these tags; those it had are gone, unless these are to be appended.

    No tags at all change nothing, as in the real service.
    """
    home = await namespaces.find(ctx, rule, namespace)
    if names and not append:
        await ITEMS.remove(ctx.tx, namespace_id=home.id, kind="tag")
    return await namespaces.add_items(ctx, home, [("tag", name, {}) for name in names])


async def update(
    ctx: Context, rule: Rule, namespace: str, kind: str, name: str, *, new_name: str, body: dict[str, Any]
) -> Item:
    """The item has this name and body."""
    home = await namespaces.find(ctx, rule, namespace)
    before = await _item(ctx, home.id, kind, name)
    try:
        return await ITEMS.change(ctx, before, name=new_name, key=model.key(kind, new_name), body=body)
    except Duplicate:
        raise errors.definition_exists(kind, new_name, namespace) from None


async def delete(ctx: Context, rule: Rule, namespace: str, kind: str, name: str) -> None:
    """The item is gone; DefinitionProtected if its namespace is protected."""
    home = await namespaces.find(ctx, rule, namespace)
    namespaces.refuse_protected(home, kind, name)
    item = await _item(ctx, home.id, kind, name)
    await ITEMS.remove(ctx.tx, id=item.id)


async def delete_all(ctx: Context, rule: Rule, namespace: str, kind: str) -> None:
    """The namespace has no item of that kind; DefinitionProtected if it is protected."""
    home = await namespaces.find(ctx, rule, namespace)
    namespaces.refuse_protected(home, "namespace", namespace)
    await ITEMS.remove(ctx.tx, namespace_id=home.id, kind=kind)
