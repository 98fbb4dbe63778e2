"""What images are found by: a row for each tag and each custom property of each image.

The image's own row says all; these say it again in an order that lists can walk along. A label is a digest,
because values may be longer than what an index takes. Owner, visibility and time of creation stand beside
it, so that the newest images with a label that somebody may see are neighbours in an index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx, Way, among, aside, texts_of
from haneul.services.image.model.images import Image


class Label(msgspec.Struct, frozen=True, gc=False):
    image_id: str
    label: str
    owner: str | None
    visibility: str
    created_at: datetime


LABELS = Rows(
    Label,
    "image_labels",
    key=("image_id", "label"),
    indexes=(
        ("label", "created_at", "image_id"),
        ("label", "owner", "created_at", "image_id"),
        ("label", "visibility", "created_at", "image_id"),
    ),
)
_l = LABELS.c


def of_tag(tag: str) -> str:
    return of_property("", tag)  # no property has this name


def of_property(name: str, value: str) -> str:
    return hashlib.blake2b(f"{name}\0{value}".encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _text(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text)


_OLD = Query(
    sa.delete(LABELS.table).where(
        _l.image_id == _text("id"),
        sa.or_(
            _l.owner.is_distinct_from(_text("owner_")),
            _l.visibility != _text("visibility_"),
            among(_l.label, "wanted", negated=True),
        ),
    )
)
_wanted = texts_of(_text("wanted")).table_valued(sa.column("value", sa.Text))
_NEW = Query(
    sa.insert(LABELS.table).from_select(
        ["image_id", "label", "owner", "visibility", "created_at"],
        sa.select(
            sa.cast(_text("id"), sa.Text),
            _wanted.c.value,
            sa.cast(_text("owner_"), sa.Text),
            sa.cast(_text("visibility_"), sa.Text),
            sa.cast(_text("created"), sa.Text),
        ).where(~sa.exists().where(_l.image_id == _text("id"), _l.label == _wanted.c.value)),
    )
)


async def write(tx: Tx, image: Image, *, is_new: bool = False) -> None:
    """The image is found by exactly the tags and properties that it has."""
    labels = {of_tag(t) for t in image.tags} | {of_property(*each) for each in image.properties.items()}
    params = {
        "id": image.id,
        "owner_": image.owner,
        "visibility_": image.visibility,
        "wanted": msgspec.json.encode(sorted(labels)).decode(),
    }
    if not is_new:
        await tx.run(_OLD, **params)
    if labels:
        await tx.run(_NEW, **params, created=LABELS.value("created_at", image.created_at))


async def rarest_first(tx: Tx, labels: Sequence[str]) -> list[str]:
    """The labels, each once, with one that few images have in front; more than `PROBED` is many.

    Who asks for more of them than anybody has does not get all of them counted.
    """
    labels = list(dict.fromkeys(labels))
    if len(labels) < 2:
        return labels
    rows = {label: await tx.one(_PROBE, label=label) for label in labels[:COUNTED]}
    rarest = min(rows, key=lambda label: (rows[label] or (0,))[0])
    return [rarest, *(label for label in labels if label != rarest)]


def way(images: sa.Table, labels: Sequence[str]) -> Way:
    """The images with all of these labels but the first, which whoever takes the way asks for (`LEADS`)."""
    others = labels[1:]
    params = {"others": msgspec.json.encode(others).decode(), "others_most": len(others)}
    return Way(
        "labels" if others else "label",
        LABELS.table.join(images, images.c.id == _l.image_id),
        {"id": _l.image_id, "created_at": _l.created_at, "owner": _l.owner, "visibility": _l.visibility},
        [("others", _HAS_OTHERS, params)] if others else [],
    )


_other = LABELS.table.alias("other")
_HAS_OTHERS = sa.select(sa.func.count()).where(
    _other.c.image_id == _l.image_id, among(_other.c.label, "others")
).correlate(LABELS.table).scalar_subquery() == sa.bindparam("others_most", type_=sa.BigInteger)
LEADS = _l.label == _text("leading")
"""The first label, along whose index the images are walked."""
FOLLOWS = aside(_l.label) == _text("leading")
"""The same where something else leads."""
PROBED = 200
COUNTED = 16
_PROBE = Query(
    sa.select(sa.func.count()).select_from(
        sa.select(_l.image_id)
        .where(_l.label == _text("label"))
        .limit(sa.literal_column(str(PROBED)))
        .subquery()
    )
)
