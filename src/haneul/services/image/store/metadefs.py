"""Rows of metadata definitions."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from haneul.kernel.db import Condition, Filter, Rows, Sort, Tx, among
from haneul.services.image.model.metadefs import Association, Item, Namespace, ResourceType

NAMESPACES = Rows(
    Namespace, "image_metadef_namespaces", unique=(("name",),), indexes=(("created_at", "id"), ("owner",))
)
ITEMS = Rows(Item, "image_metadef_items", unique=(("namespace_id", "kind", "key"),))
ASSOCIATIONS = Rows(
    Association, "image_metadef_associations", key=("namespace_id", "name"), indexes=(("name",),)
)
RESOURCE_TYPES = Rows(ResourceType, "image_metadef_resource_types", key=("name",))

_SEEN = sa.or_(
    NAMESPACES.c.visibility == sa.literal_column("'public'"),
    NAMESPACES.c.owner == sa.bindparam("me", type_=sa.Text),
)
_GOES_WITH = sa.exists(
    sa.select(sa.literal_column("1")).where(
        ASSOCIATIONS.c.namespace_id == NAMESPACES.c.id, among(ASSOCIATIONS.c.name, "resource_types")
    )
)


def seen_by(project_id: str | None) -> Condition:
    return "seen", _SEEN, {"me": project_id or ""}


def goes_with(resource_types_json: str) -> Condition:
    """The namespace is associated with one of these types (a JSON array)."""
    return "goes with", _GOES_WITH, {"resource_types": resource_types_json}


async def items(
    tx: Tx, namespace_id: str, kind: str, *, sort: Sort, after: Item | None = None, limit: int | None = None
) -> list[Item]:
    filters = [Filter("namespace_id", "eq", namespace_id), Filter("kind", "eq", kind)]
    return await ITEMS.page(tx, filters, sort=[sort], after=after, limit=limit)


async def drop(tx: Tx, namespace_id: str) -> None:
    """The namespace is gone, with all that it held."""
    await ITEMS.remove(tx, namespace_id=namespace_id)
    await ASSOCIATIONS.remove(tx, namespace_id=namespace_id)
    await NAMESPACES.remove(tx, id=namespace_id)


async def associations(tx: Tx, namespace_ids: Sequence[str]) -> dict[str, list[Association]]:
    """The associations of these namespaces, by namespace; one query."""
    by_namespace: dict[str, list[Association]] = {}
    for each in await ASSOCIATIONS.among(tx, "namespace_id", namespace_ids):
        by_namespace.setdefault(each.namespace_id, []).append(each)
    return by_namespace
