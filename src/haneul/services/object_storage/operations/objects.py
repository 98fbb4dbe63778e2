"""Objects: put, read, described, copied, deleted.

What arrives is on disk before its row is written, and the row, the counts of its container, and the end of what was
there before are one transaction. So a list shows what was just written, and nothing that is only half there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.disks import disk_files
from haneul.services.object_storage import errors, policy
from haneul.services.object_storage.config import ObjectStorageOptions
from haneul.services.object_storage.model import conditions, metadata
from haneul.services.object_storage.model.containers import Container
from haneul.services.object_storage.model.names import Place, require_object
from haneul.services.object_storage.model.objects import Content, Stored, StoredObject
from haneul.services.object_storage.operations import accounts, containers, versions
from haneul.services.object_storage.operations.versions import forget_data
from haneul.services.object_storage.store import accounts as counts
from haneul.services.object_storage.store.accounts import ACCOUNTS, CONTAINERS
from haneul.services.object_storage.store.data import arrived, data_of
from haneul.services.object_storage.store.objects import CONTENTS, OBJECTS

TRIES = 10


class NewObject(NamedTuple):
    """What is to be said of an object beside its data."""

    content_type: str
    headers: Mapping[str, str] = {}
    delete_at: int | None = None


class Found(NamedTuple):
    """An object that somebody may read, and where its data is: in memory, or in a file."""

    object: StoredObject
    content: bytes | None
    path: Path | None
    container: Container

    async def pieces(self, offset: int, length: int) -> AsyncIterator[bytes]:
        """That part of the data."""
        if self.content is not None:
            yield self.content[offset : offset + length]
        elif self.path is not None:
            async for piece in disk_files.read(self.path, offset, length):
                yield piece


async def put(
    ctx: Context,
    place: Place,
    new: NewObject,
    chunks: AsyncIterator[bytes],
    *,
    length: int | None,
    etag: str | None = None,
    if_none_match: str | None = None,
) -> StoredObject:
    """The object is there with this data, instead of what was there before."""
    require_object(place.name)
    limit = ctx.options(ObjectStorageOptions).object_bytes_max
    async with ctx.in_reading() as c:
        container = await containers.find(c, place, policy.OPERATE)
        await _require_new(c, container, place.name, if_none_match)
        if length is not None and length > limit:
            raise errors.ObjectTooLarge(limit=limit)
        await _require_room(c, container, place.name, length or 0)
    async with arrived(ctx.platform, chunks, limit=limit) as stored:
        if length is not None and stored.size != length:
            raise errors.BadHeader(reason="The body is shorter than its Content-Length.")
        if etag is not None and etag != stored.md5:
            raise errors.WrongChecksum(computed=stored.md5, expected=etag)
        return await ctx.transact(_written, place, new, stored, if_none_match)


async def _written(
    c: Context, place: Place, new: NewObject, stored: Stored, if_none_match: str | None
) -> StoredObject:
    container = await containers.locked(c, place)
    await _require_new(c, container, place.name, if_none_match)
    await _require_room(c, container, place.name, stored.size)
    return await write(c, container, place.name, new, stored)


async def write(c: Context, container: Container, name: str, new: NewObject, stored: Stored) -> StoredObject:
    """The object's row, and all that goes with it, in this transaction."""
    old = await OBJECTS.get(c.tx, container.id, name)
    if old is not None and not await versions.kept(c, container, old):
        await forget_data(c, old)
    thing = StoredObject(
        container.id, name, stored.size, stored.md5, stored.sha256, new.content_type, c.now(),
        dict(new.headers), stored.data, stored.content is not None, new.delete_at,
    )  # fmt: skip
    if stored.content is not None:
        await CONTENTS.add(c.tx, Content(stored.data, stored.content))
    await OBJECTS.put(c.tx, thing)
    before = old.size if old else 0
    await counts.count(c.tx, container.id, objects=0 if old else 1, size=stored.size - before)
    return thing


async def _require_new(c: Context, container: Container, name: str, if_none_match: str | None) -> None:
    """`If-None-Match: *` wants that nothing is there."""
    if if_none_match is None:
        return
    if conditions.etags(if_none_match) != {"*"}:
        raise errors.BadHeader(reason="If-None-Match only supports *")
    if await there(c, container, name) is not None:
        raise errors.PreconditionFailed


async def there(c: Context, container: Container, name: str) -> StoredObject | None:
    """The object, unless its time has passed."""
    thing = await OBJECTS.get(c.tx, container.id, name)
    if thing is None or (thing.delete_at is not None and thing.delete_at <= c.now().timestamp()):
        return None
    return thing


async def _require_room(c: Context, container: Container, name: str, size: int) -> None:
    """QuotaReached if the container or the account would have more than they may.

    As upstream, what the object had before does not count as free.
    """
    limit = container.headers.get(containers.QUOTA_BYTES)
    if limit is not None and container.bytes_used + size > int(limit):
        raise errors.QuotaReached
    limit = container.headers.get(containers.QUOTA_COUNT)
    if limit is not None and container.object_count + 1 > int(limit):
        raise errors.QuotaReached
    account = await ACCOUNTS.get(c.tx, container.account)
    if account is None or (quota := accounts.quota(account)) == (None, None):
        return
    usage = await counts.usage(c.tx, account.name)
    if quota.bytes_used is not None and usage.bytes_used + size > quota.bytes_used:
        raise errors.QuotaReached
    if quota.objects is not None and usage.objects + 1 > quota.objects:
        raise errors.QuotaReached


async def find(ctx: Context, place: Place, *, referrer: str = "") -> StoredObject:
    """The object, for who may read it."""
    container = await containers.find(ctx, place, referrer=referrer)
    thing = await there(ctx, container, place.name)
    if thing is None:
        raise errors.ObjectNotFound(name=place.name)
    return thing


async def read(ctx: Context, place: Place, *, referrer: str = "") -> Found:
    """The object and where its data is. One that is overwritten at this moment is looked for again."""
    for _ in range(TRIES):
        async with ctx.in_reading() as c:
            container = await containers.find(c, place, referrer=referrer)
            thing = await there(c, container, place.name)
            if thing is None:
                raise errors.ObjectNotFound(name=place.name)
            if thing.is_small:
                content = await CONTENTS.get(c.tx, thing.data)
                if content is None:
                    continue
                return Found(thing, content.content, None, container)
        path = (await data_of(ctx.platform)).path(thing.data)
        if path.exists() and path.stat().st_size == thing.size:
            return Found(thing, None, path, container)
    raise errors.DataMissing


async def update(ctx: Context, place: Place, headers: Mapping[str, str], content_type: str | None,
                 delete_at: int | None) -> StoredObject:  # fmt: skip
    """The object has these headers, and no others."""
    await containers.find(ctx, place, policy.OPERATE)
    container = await containers.locked(ctx, place)
    thing = await there(ctx, container, place.name)
    if thing is None:
        raise errors.ObjectNotFound(name=place.name)
    own = {name: value for name, value in thing.headers.items() if metadata.is_kept_by_itself(name)}
    changed = msgspec.structs.replace(
        thing,
        headers={**headers, **own},
        content_type=content_type or thing.content_type,
        delete_at=delete_at,
        created_at=ctx.now(),
    )
    return await OBJECTS.update(ctx.tx, changed)


async def delete(ctx: Context, place: Place) -> None:
    """The object is gone, in a transaction of its own; ObjectNotFound if it was not there, or its time had passed."""
    if not await ctx.transact(_deleted, place):
        raise errors.ObjectNotFound(name=place.name)


async def _deleted(c: Context, place: Place) -> bool:
    """Whether it was there; what nobody could see any more is gone too."""
    await containers.find(c, place, policy.OPERATE)
    container = await containers.locked(c, place)
    is_there = await there(c, container, place.name) is not None
    thing = await OBJECTS.get(c.tx, container.id, place.name)
    if is_there and thing is not None:
        await versions.delete(c, container, thing)
    elif thing is not None:
        await versions.remove(c, thing)
    return is_there


async def remove_expired(ctx: Context, container_id: str, names: Iterable[str]) -> None:
    """Those of these objects whose time has passed are gone; what was put in their place meanwhile stays."""
    container = await CONTAINERS.get(ctx.tx, container_id)
    if container is not None:
        await ctx.tx.lock("object storage account", container.account)
    for name in names:
        thing = await OBJECTS.get(ctx.tx, container_id, name)
        if thing is not None and thing.delete_at is not None and thing.delete_at <= ctx.now().timestamp():
            await versions.remove(ctx, thing)


async def once(content: bytes) -> AsyncIterator[bytes]:
    """The content as a body that arrives."""
    yield content


def etag_of(headers: Mapping[str, str]) -> str | None:
    """The MD5 that the sender says the data has."""
    etag = headers.get("etag", "").strip().strip('"').lower()
    return etag or None


def time_to_delete(headers: Mapping[str, str], now_s: float) -> int | None:
    """The second that `X-Delete-At` or `X-Delete-After` mean; BadHeader if it is none that is to come."""
    for header, name, base in (
        ("x-delete-after", "X-Delete-After", now_s),
        ("x-delete-at", "X-Delete-At", 0.0),
    ):
        text = headers.get(header)
        if not text:
            continue
        if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 15:
            raise errors.BadHeader(reason=f"Non-integer {name}")
        at = int(base) + int(text)
        if at <= now_s:
            raise errors.BadHeader(reason=f"{name} in past")
        return at
    return None
