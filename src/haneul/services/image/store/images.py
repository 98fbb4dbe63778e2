"""Rows of images, their members, and of what is being written into them.

Tags and custom properties are JSON in the image's own row, so that showing an image is one row. What lists
are filtered by stands in `image_labels` too; see `lists.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from haneul.kernel.db import Query, Rows, Tx
from haneul.kernel.saga import OPERATIONS, open_operation
from haneul.services.image.model.images import Image, Member, Stored
from haneul.services.image.store import labels
from haneul.services.image.store.labels import LABELS


class Upload(msgspec.Struct, frozen=True, gc=False):
    """Data on its way into an image. Its id names the file; `until` passes if its process dies."""

    id: str
    image_id: str
    kind: str
    """upload or stage."""
    until: datetime


UPLOADS = Rows(Upload, "image_uploads", unique=(("image_id",),), indexes=(("until",),))
MEMBERS = Rows(Member, "image_members", key=("image_id", "member_id"), indexes=(("member_id", "status"),))


def _status(t: sa.Table) -> sa.ColumnElement[Any]:
    """What the image's row lasts as, or what goes on with it at the moment."""
    upload = sa.select(UPLOADS.c.kind).where(UPLOADS.c.image_id == t.c.id).scalar_subquery()
    word = sa.literal_column
    return sa.case(
        (t.c.state != word("'queued'"), t.c.state),
        (upload == word("'upload'"), word("'saving'")),
        (upload == word("'stage'"), word("'uploading'")),
        (open_operation(t.c.id).is_not(None), word("'importing'")),
        (t.c.staged.is_not(None), word("'uploading'")),
        else_=word("'queued'"),
    )


class _Images(Rows[Image]):
    """Images are written together with their labels."""

    async def add(self, tx: Tx, thing: Image) -> Image:
        await super().add(tx, thing)
        await labels.write(tx, thing, is_new=True)
        return thing

    async def update(self, tx: Tx, thing: Image) -> Image:
        written = await super().update(tx, thing)
        await labels.write(tx, written)
        return written

    async def remove(self, tx: Tx, **equal: Any) -> int:
        await LABELS.remove(tx, image_id=equal["id"])
        return await super().remove(tx, **equal)


IMAGES = _Images(
    Image,
    "image_images",
    indexes=(
        ("owner", "created_at", "id"),
        ("visibility", "created_at", "id"),
        ("created_at", "id"),
        ("name", "created_at", "id"),
        ("blob",),
        ("os_hash_value",),
    ),
    sorts=(("name", "created_at", "id"), ("size", "created_at", "id")),
    derived=lambda t: {"status": _status(t)},
)


_KEPT = Query(sa.select(IMAGES.c.blob, IMAGES.c.stores).where(IMAGES.c.blob.is_not(None)))
_SENT = Query(sa.select(UPLOADS.c.id))
_STAGED = Query(sa.select(IMAGES.c.staged).where(IMAGES.c.staged.is_not(None)))


async def kept_files(tx: Tx, store: str) -> set[str]:
    """The names of all data that images have in this store."""
    holds: dict[str, bool] = {}
    kept = set()
    for blob, stores in await tx.all(_KEPT):
        if stores not in holds:
            holds[stores] = store in msgspec.json.decode(stores, type=list[str])
        if holds[stores]:
            kept.add(str(blob))
    return kept


async def staged_files(tx: Tx) -> set[str]:
    """The names of all data that waits to be imported."""
    return {msgspec.json.decode(row[0], type=Stored).blob for row in await tx.all(_STAGED)}


async def tasks_at_work(tx: Tx) -> set[str]:
    """The ids of the tasks whose work goes on."""
    return {msgspec.json.decode(row[0])["task_id"] for row in await tx.all(_IMPORTS)}


async def coming_files(tx: Tx) -> set[str]:
    """The names of all data that is being sent, waits to be imported, or is being imported.

    An import prepares its data in several files, whose names begin with the one it was given.
    """
    names = {str(row[0]) for row in await tx.all(_SENT)} | await staged_files(tx)
    for row in await tx.all(_IMPORTS):
        blobs = msgspec.json.decode(row[0])
        names.add(blobs["blob"])
        if blobs.get("staged"):
            names.add(blobs["staged"]["blob"])
    return names


_o = OPERATIONS.c
_BRING_DATA = [sa.literal_column("'image.import_image'"), sa.literal_column("'image.add_location'")]
_IMPORTS = Query(sa.select(_o.given).where(_o.is_open.is_(sa.true()), _o.kind.in_(_BRING_DATA)))
_TWIN = Query(
    sa.select(IMAGES.c.blob, IMAGES.c.stores)
    .where(
        IMAGES.c.os_hash_value == sa.bindparam("digest", type_=sa.Text),
        IMAGES.c.size == sa.bindparam("size", type_=sa.BigInteger),
        IMAGES.c.blob.is_not(None),
    )
    .limit(sa.literal_column("20"))
)


async def twin(tx: Tx, stored: Stored, store: str) -> str | None:
    """The name of data in this store that has the same bytes."""
    for blob, stores in await tx.all(_TWIN, digest=stored.os_hash_value, size=stored.size):
        if blob != stored.blob and store in msgspec.json.decode(stores, type=list[str]):
            return str(blob)
    return None


_EXPIRED = Query(sa.select(UPLOADS.c.id).where(UPLOADS.c.until < sa.bindparam("now", type_=sa.Text)))


async def expired_uploads(tx: Tx, now: datetime) -> list[str]:
    """The ids of the uploads whose process died."""
    return [str(row[0]) for row in await tx.all(_EXPIRED, now=UPLOADS.value("until", now))]
