"""Pages of images: what somebody may see of what they ask for, found along the index that has least of it.

Three ways lead to a page: along the order, which is right where most images will do; along the rarest of the
labels that are asked for; and along the size, where hardly any image has the size that is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from haneul.kernel.db import Condition, Filter, Query, Sort, Tx
from haneul.kernel.db.rows import Way
from haneul.services.image.model.images import Image
from haneul.services.image.store import labels
from haneul.services.image.store.images import IMAGES, MEMBERS
from haneul.services.image.store.labels import LABELS

_NOTHING = sa.literal_column("''")
"""Added to a column, it keeps SQLite from using the column's index."""


class Seen(NamedTuple):
    """Who asks, if that is no administrator: they see their own images, and what is shared with them."""

    project_id: str | None
    member_status: str


def _shared_with(member_status: str, id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The image is shared with the project `me`, which answered so."""
    images = sa.select(MEMBERS.c.image_id).where(MEMBERS.c.member_id == sa.bindparam("me", type_=sa.Text))
    if member_status != "all":
        images = images.where(MEMBERS.c.status == sa.bindparam("member_status", type_=sa.Text))
    # the project's few memberships are the better way in than the visibility
    visibility = IMAGES.c.visibility + _NOTHING
    return sa.and_(visibility == sa.literal_column("'shared'"), id.in_(images))


def _is_mine(owner: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return owner == sa.bindparam("me", type_=sa.Text)


def _seen(owner: sa.ColumnElement[Any], visibility: sa.ColumnElement[Any]) -> dict[str, Any]:
    return {
        "own": _is_mine(owner),
        "public": visibility == sa.literal_column("'public'"),
        "community": visibility == sa.literal_column("'community'"),
    }


def _shared(id: sa.ColumnElement[str]) -> dict[str, sa.ColumnElement[bool]]:
    return {"shared-all": _shared_with("all", id), "shared": _shared_with("accepted", id)}


_SEEN = _seen(IMAGES.c.owner, IMAGES.c.visibility) | _shared(IMAGES.c.id)
_SEEN_BY_LABEL = {
    name: sa.and_(labels.LEADS, one) for name, one in _seen(LABELS.c.owner, LABELS.c.visibility).items()
} | {name: sa.and_(labels.FOLLOWS, one) for name, one in _shared(LABELS.c.image_id).items()}
_SEEN_BY_SIZE = _seen(IMAGES.c.owner + _NOTHING, IMAGES.c.visibility + _NOTHING) | _shared(IMAGES.c.id)
_NO_FOREIGN_COMMUNITY = sa.or_(
    _is_mine(IMAGES.c.owner), IMAGES.c.visibility != sa.literal_column("'community'")
)


def _conditions(seen: Seen | None, among: dict[str, sa.ColumnElement[bool]]) -> list[Condition]:
    """Any of these holds for what is seen; none are asked of administrators."""
    if seen is None:
        return []
    shared = "shared-all" if seen.member_status == "all" else "shared"
    params = {"me": seen.project_id or "", "member_status": seen.member_status}
    return [(name, among[name], params) for name in ("own", "public", "community", shared)]


def without_foreign_community(project_id: str | None) -> Condition:
    """Other projects' community images are listed only where they are asked for."""
    return "no-community", _NO_FOREIGN_COMMUNITY, {"me": project_id or ""}


async def page(
    tx: Tx,
    filters: Sequence[Filter],
    conditions: Sequence[Condition],
    *,
    sort: Sequence[Sort],
    after: Image | None,
    limit: int,
    seen: Seen | None = None,
    with_labels: Sequence[str] = (),
) -> list[Image]:
    """One page of the images for which all conditions hold, that have all labels, and that are seen."""
    way, any_of = None, _conditions(seen, _SEEN)
    if with_labels:
        ordered = await labels.rarest_first(tx, with_labels)
        way, leading = labels.way(IMAGES.table, ordered), {"leading": ordered[0]}
        by_label = _conditions(seen, _SEEN_BY_LABEL)
        any_of = [(name, one, {**params, **leading}) for name, one, params in by_label]
        if seen is None:
            conditions = [("leads", labels.LEADS, leading), *conditions]
    elif await _few_have_the_size(tx, filters, sort):
        way, any_of = _BY_SIZE, _conditions(seen, _SEEN_BY_SIZE)
    return await IMAGES.page(
        tx, filters, sort=sort, after=after, limit=limit, extra=conditions, any_of=any_of, way=way
    )


FEW = 1000
"""So many images are sorted as quickly as a page of them is found among a hundred thousand."""
_SIZE = IMAGES.sortable("size")
_BY_SIZE = Way(
    "size",
    IMAGES.table,
    {"size": _SIZE, "created_at": IMAGES.c.created_at + _NOTHING},
    [("has-size", IMAGES.c.size.is_not(None), {})],
)
_BOUNDS = {"eq": _SIZE.__eq__, "ge": _SIZE.__ge__, "gt": _SIZE.__gt__, "le": _SIZE.__le__, "lt": _SIZE.__lt__}


async def _few_have_the_size(tx: Tx, filters: Sequence[Filter], sort: Sequence[Sort]) -> bool:
    """Whether the size alone leaves few images, and does not order them anyway."""
    bounds = [f for f in filters if f.field == "size" and f.op in _BOUNDS]
    if not bounds or (sort and sort[0].field == "size"):
        return False
    sizes = {f"size{i}": f.value for i, f in enumerate(bounds)}
    row = await tx.one(_probe(tuple(f.op for f in bounds)), **sizes)
    return row is not None and int(row[0]) < FEW


@cache
def _probe(operators: tuple[str, ...]) -> Query:
    """How many images have such a size, counted up to `FEW`."""
    conditions = [
        _BOUNDS[operator](sa.bindparam(f"size{i}", type_=sa.BigInteger))
        for i, operator in enumerate(operators)
    ]
    found = sa.select(_SIZE).where(*conditions, sa.literal_column("0") <= _SIZE)
    return Query(sa.select(sa.func.count()).select_from(found.limit(sa.literal_column(str(FEW))).subquery()))
