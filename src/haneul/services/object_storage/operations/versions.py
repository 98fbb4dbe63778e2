"""What was there before: where a container names a place for it, what is overwritten or deleted is moved there.

`X-Versions-Location`: what is deleted makes room for what was there before, which comes back. `X-History-Location`:
what is deleted stays in the other container, with a mark that says when. A version of `name` is called `004name/` and
the time at which it was written, so that they are in order.
"""

from __future__ import annotations

import hashlib

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.services.object_storage import errors
from haneul.services.object_storage.model import times
from haneul.services.object_storage.model.containers import Container
from haneul.services.object_storage.model.objects import Content, Removed, StoredObject
from haneul.services.object_storage.store import accounts as counts
from haneul.services.object_storage.store.accounts import CONTAINERS
from haneul.services.object_storage.store.objects import CONTENTS, OBJECTS, REMOVED

STACK, HISTORY = "x-versions-location", "x-history-location"
DELETED = "application/x-deleted;swift_versions_deleted=1"


def prefix(name: str) -> str:
    """What the names of all former versions of `name` begin with."""
    return f"{len(name.encode()):03x}{name}/"


async def _archive(c: Context, container: Container) -> Container | None:
    """Where versions go, if the container says so; PreconditionFailed if that is not there."""
    location = container.headers.get(STACK) or container.headers.get(HISTORY)
    if not location:
        return None
    archive = await CONTAINERS.first(c.tx, account=container.account, name=location)
    if archive is None:
        raise errors.PreconditionFailed
    return archive


async def kept(c: Context, container: Container, old: StoredObject) -> bool:
    """Whether the object is in the archive now; its row and its counts are for the caller to replace."""
    archive = await _archive(c, container)
    if archive is None or archive.id == container.id:
        return False
    name = f"{prefix(old.name)}{times.timestamp(old.created_at)}"
    await _put(c, msgspec.structs.replace(old, container_id=archive.id, name=name, delete_at=None))
    return True


async def _put(c: Context, thing: StoredObject) -> None:
    """The row is there, and counted."""
    there = await OBJECTS.get(c.tx, thing.container_id, thing.name)
    if there is not None:
        await remove(c, there)
    await OBJECTS.put(c.tx, thing)
    await counts.count(c.tx, thing.container_id, objects=1, size=thing.size)


async def delete(c: Context, container: Container, thing: StoredObject) -> None:
    """The object is gone: for good, or to where its versions are."""
    archive = await _archive(c, container)
    if archive is None or archive.id == container.id:
        await remove(c, thing)
    elif container.headers.get(STACK):
        await remove(c, thing)
        await _restore(c, container, archive, thing.name)
    else:
        await kept(c, container, thing)
        await _take_out(c, thing)
        await _mark(c, archive, thing.name)


async def _restore(c: Context, container: Container, archive: Container, name: str) -> None:
    """The newest version is the object, if there is one that was no end of it."""
    begin = prefix(name)
    objects_ = await OBJECTS.page(
        c.tx,
        [
            Filter("container_id", "eq", archive.id),
            Filter("name", "gt", begin),
            Filter("name", "lt", f"{begin}:"),
        ],
        sort=[Sort("container_id"), Sort("name", True)],
        limit=1,
    )
    if not objects_:
        return
    if objects_[0].content_type == DELETED:
        await remove(c, objects_[0])
        return
    await _take_out(c, objects_[0])
    await _put(c, msgspec.structs.replace(objects_[0], container_id=container.id, name=name))


async def _mark(c: Context, archive: Container, name: str) -> None:
    now, data = c.now(), c.new_id().replace("-", "")
    md5, sha256 = hashlib.md5(b"", usedforsecurity=False).hexdigest(), hashlib.sha256(b"").hexdigest()
    await CONTENTS.add(c.tx, Content(data, b""))
    await _put(
        c,
        StoredObject(
            archive.id, f"{prefix(name)}{times.timestamp(now)}", 0, md5, sha256, DELETED, now, {}, data, True
        ),
    )


async def forget_data(c: Context, old: StoredObject) -> None:
    """The object's data is no longer anybody's: what is kept in the row is gone, what lies on disk will be swept."""
    if old.is_small:
        await CONTENTS.remove(c.tx, data=old.data)
    else:
        await REMOVED.add(c.tx, Removed(old.data, c.now()))


async def remove(ctx: Context, thing: StoredObject) -> None:
    """The row is gone, and its data will be."""
    await forget_data(ctx, thing)
    await _take_out(ctx, thing)


async def _take_out(c: Context, thing: StoredObject) -> None:
    """The row is gone; its data is another's."""
    await OBJECTS.remove(c.tx, container_id=thing.container_id, name=thing.name)
    await counts.count(c.tx, thing.container_id, objects=-1, size=-thing.size)
