"""Pages of images: what somebody may see of what they ask for, found along the index that has least of it.

Three ways lead to a page: along the order, which is right where most images will do; along the rarest of the
labels that are asked for; and along the size, where hardly any image has the size that is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from haneul.kernel.db import Condition, Filter, Narrow, Sort, Tx, aside
from haneul.services.image.model.images import Image, PastImage
from haneul.services.image.store import labels
from haneul.services.image.store.images import IMAGES, MEMBERS
from haneul.services.image.store.labels import LABELS


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
    return sa.and_(aside(IMAGES.c.visibility) == sa.literal_column("'shared'"), id.in_(images))


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
_SEEN_BY_SIZE = _seen(aside(IMAGES.c.owner), aside(IMAGES.c.visibility)) | _shared(IMAGES.c.id)
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
    after: Image | PastImage | None,
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
    elif way := await _BY_SIZE.way(tx, filters, sort):
        any_of = _conditions(seen, _SEEN_BY_SIZE)
    return await IMAGES.page(
        tx, filters, sort=sort, after=after, limit=limit, extra=conditions, any_of=any_of, way=way
    )


_SIZE = IMAGES.sortable("size")
_BY_SIZE = Narrow(
    IMAGES,
    "size",
    _SIZE,
    others=("created_at",),
    conditions=[("has-size", sa.literal_column("0") <= _SIZE, {})],
)
