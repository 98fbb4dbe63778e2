"""Copies of objects: the same data under another name, at once."""

from __future__ import annotations

from collections.abc import Mapping

from haneul.kernel.context import Context
from haneul.services.object_storage import errors
from haneul.services.object_storage.model import conditions, metadata, names, times
from haneul.services.object_storage.model.large_objects import DYNAMIC, ETAG, SIZE, STATIC
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.model.ranges import Part
from haneul.services.object_storage.operations import large_objects, links, objects
from haneul.services.object_storage.operations.objects import NewObject

MADE_OF_OTHERS = {DYNAMIC, STATIC, SIZE, ETAG}
FORM = "<container name>/<object name>"


def source(place: Place, headers: Mapping[str, str]) -> Place:
    """What `X-Copy-From` names."""
    container, name = names.within_container(headers["x-copy-from"], "X-Copy-From", FORM)
    return Place(_account(headers, "x-copy-from-account", place.account), container, name)


def target(place: Place, headers: Mapping[str, str]) -> Place:
    """What `Destination` names."""
    if not (destination := headers.get("destination")):
        raise errors.BadName(reason="Destination header required")
    container, name = names.within_container(destination, "Destination", FORM)
    return Place(_account(headers, "destination-account", place.account), container, name)


def _account(headers: Mapping[str, str], header: str, default: str) -> str:
    if not (account_name := headers.get(header)):
        return default
    account = names.decoded(account_name)
    if not account or "/" in account:
        raise errors.BadName(reason="Account name cannot contain slashes")
    return account


async def copy(
    ctx: Context,
    source: Place,
    target: Place,
    sent: Mapping[str, str],
    *,
    content_type: str | None,
    delete_at: int | None,
    is_fresh: bool,
    is_manifest: bool,
    is_link: bool,
    headers: Mapping[str, str],
    referrer: str = "",
) -> tuple[StoredObject, StoredObject]:
    """The original, and its copy, which has what was said of it, and else what the original has.

    A large object is copied as one that is whole; with `is_manifest` as what it is. With `is_link` a link is
    copied, and not what it leads to.
    """
    if is_link:
        opened = await objects.read(ctx, source, referrer=referrer)
    else:
        source, opened = await links.followed(ctx, source, referrer=referrer)
    original = opened.object
    if conditions.judge(headers, original.etag, times.whole_seconds(original.created_at)) != "go on":
        raise errors.PreconditionFailed
    stays = {
        n: v for n, v in original.headers.items() if not is_fresh or n in MADE_OF_OTHERS or metadata.is_own(n)
    }
    kept = metadata.changed("object", stays, sent)
    new = NewObject(
        content_type or original.content_type,
        kept,
        delete_at or (None if is_fresh else original.delete_at),
    )
    large = None if is_manifest else await large_objects.whole(ctx, source, opened, referrer=referrer)
    if large is not None:
        await large_objects.require_first(ctx, large, referrer=referrer)
        plain = {name: value for name, value in kept.items() if name not in MADE_OF_OTHERS}
        chunks = large_objects.pieces(ctx, large, Part(0, large.size), referrer=referrer)
        made = await objects.put(ctx, target, new._replace(headers=plain), chunks, length=large.size)
        return original, made
    chunks = opened.pieces(0, original.size)
    made = await objects.put(ctx, target, new, chunks, length=original.size, etag=original.etag)
    return original, made
