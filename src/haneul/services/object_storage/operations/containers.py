"""Containers: made, described, listed, and removed once they are empty."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.policy import Rule
from haneul.services.object_storage import errors, policy
from haneul.services.object_storage.model import access_lists, metadata, names
from haneul.services.object_storage.model import objects as objects_model
from haneul.services.object_storage.model.containers import READ_LIST, WRITE_LIST, Container
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.operations import access, accounts, lists
from haneul.services.object_storage.operations.lists import Entry, Wish
from haneul.services.object_storage.operations.versions import HISTORY, STACK
from haneul.services.object_storage.store.accounts import CONTAINERS
from haneul.services.object_storage.store.objects import OBJECTS

POLICY = "Policy-0"
"""The one storage policy that there is."""
SYNC_TO = "x-container-sync-to"
"""There is no other cloud that this one may send objects to."""
QUOTA_BYTES, QUOTA_COUNT = "x-container-meta-quota-bytes", "x-container-meta-quota-count"


async def create(ctx: Context, place: Place, headers: Mapping[str, str]) -> bool:
    """The container is there, and has what the headers say of it; whether it is new."""
    access.require(ctx, place.account, policy.OPERATE)
    names.require_container(place.container)
    sent = _said(headers)
    if (wanted := headers.get("x-storage-policy")) and wanted.lower() != POLICY.lower():
        raise errors.BadHeader(reason=f"Invalid X-Storage-Policy {wanted!r}")
    await accounts.ensure(ctx, place.account)
    container = await CONTAINERS.first(ctx.tx, account=place.account, name=place.container)
    if container is not None:
        await _change(ctx, container, sent)
        return False
    now = ctx.now()
    kept = metadata.changed("container", {}, sent)
    await CONTAINERS.add(ctx.tx, Container(ctx.new_id(), place.account, place.container, now, now, kept))
    return True


async def create_if_missing(ctx: Context, place: Place) -> None:
    """The container is there, as it was if it was there; only who operates the account makes one."""
    if await CONTAINERS.first(ctx.tx, account=place.account, name=place.container) is None:
        await create(ctx, place, {})


def _said(headers: Mapping[str, str]) -> dict[str, str]:
    sent = metadata.named("container", headers)
    for header in (READ_LIST, WRITE_LIST):
        if sent.get(header):
            sent[header] = access_lists.cleaned(header, sent[header])
    for header, other in ((STACK, HISTORY), (HISTORY, STACK)):
        if sent.get(header):
            if sent.get(other):
                raise errors.BadHeader(
                    reason="Only one of X-Versions-Location or X-History-Location may be specified"
                )
            sent[header] = names.decoded(sent[header])
            if "/" in sent[header]:
                raise errors.BadName(reason=f"{header} may not contain a slash")
            sent.setdefault(other, "")
    if sent.get(SYNC_TO):
        raise errors.BadHeader(reason=f"Invalid host in X-Container-Sync-To: {sent[SYNC_TO][:255]!r}")
    for header, word in ((QUOTA_BYTES, "bytes"), (QUOTA_COUNT, "count")):
        if sent.get(header) and not accounts.is_amount(sent[header]):
            raise errors.BadHeader(reason=f"Invalid {word} quota.")
    return sent


async def update(ctx: Context, place: Place, headers: Mapping[str, str]) -> None:
    """The container has what the headers say of it, beside what they do not speak of."""
    access.require(ctx, place.account, policy.OPERATE)
    sent = _said(headers)
    await _change(ctx, await locked(ctx, place), sent)


async def _change(ctx: Context, container: Container, sent: Mapping[str, str]) -> None:
    kept = metadata.changed("container", container.headers, sent)
    if sent:
        changed = msgspec.structs.replace(container, headers=kept, updated_at=ctx.now())
        await CONTAINERS.update(ctx.tx, changed)


async def find(
    ctx: Context, place: Place, rule: Rule = policy.READ, *, referrer: str = "", is_list: bool = False
) -> Container:
    """The container, for who may do this in it; ContainerNotFound tells nobody else whether it is there."""
    container = await CONTAINERS.first(ctx.tx, account=place.account, name=place.container)
    kept = container.headers if container else {}
    text = kept.get(READ_LIST if rule is policy.READ else WRITE_LIST, "")
    access.require_by_list(ctx, place, rule, text, referrer=referrer, is_list=is_list)
    if container is None:
        raise errors.ContainerNotFound(container=place.container)
    return container


async def locked(ctx: Context, place: Place) -> Container:
    """The container, as it stays until this transaction ends; ContainerNotFound if it is not there."""
    await ctx.tx.lock("object storage account", place.account)
    container = await CONTAINERS.first(ctx.tx, account=place.account, name=place.container)
    if container is None:
        raise errors.ContainerNotFound(container=place.container)
    return container


async def list_objects(ctx: Context, container: Container, wish: Wish) -> list[Entry[StoredObject]]:
    """One page of the container's objects and of the prefixes that the wish folds together, in order of name."""
    return await lists.page(ctx.tx, OBJECTS, {"container_id": container.id}, wish, objects_model.listed)


async def delete(ctx: Context, place: Place) -> None:
    """The container is gone; ContainerNotEmpty if it holds objects."""
    access.require(ctx, place.account, policy.OPERATE)
    container = await locked(ctx, place)
    if container.object_count:
        raise errors.ContainerNotEmpty(container=place.container)
    await CONTAINERS.remove(ctx.tx, id=container.id)
