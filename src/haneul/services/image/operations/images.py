"""Images: create, list, show, update, tag, switch, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate, Filter, Sort
from haneul.kernel.errors import BadRequest, Forbidden
from haneul.kernel.policy import Rule
from haneul.services.image import errors, policy
from haneul.services.image.config import ImageOptions
from haneul.services.image.events import ImageCreated, ImageDeleted, ImageUpdated
from haneul.services.image.model import images as model
from haneul.services.image.model import patches
from haneul.services.image.model.images import Image, PastImage
from haneul.services.image.model.locations import LocationChange
from haneul.services.image.operations import protections, quotas, relocation
from haneul.services.image.store import labels, leftovers, lists
from haneul.services.image.store.files import Files
from haneul.services.image.store.images import IMAGES, MEMBERS, UPLOADS
from haneul.services.image.store.past_images import PAST_IMAGES
from haneul.services.image.store.stores import stores


def is_administrator(ctx: Context) -> bool:
    """Whether the asker is one, as the policy says it."""
    return ctx.may(policy.CONTEXT_IS_ADMIN, {})


def target(ctx: Context, image: Image, *, is_member: bool) -> dict[str, Any]:
    """The image as policy rules know it."""
    return {
        "id": image.id,
        "project_id": image.owner,
        "owner": image.owner,
        "visibility": image.visibility,
        "member_id": ctx.auth.project_id if is_member else None,
    }


async def find(ctx: Context, image_id: str, rule: Rule) -> Image:
    """The image, if the asker may see it (else ImageNotFound) and the rule allows this (else Forbidden)."""
    image = await IMAGES.get(ctx.tx, image_id)
    if image is None:
        raise errors.ImageNotFound(image_id=image_id)
    project = ctx.auth.project_id
    is_member = False
    if image.visibility == "shared" and project and project != image.owner:
        is_member = await MEMBERS.get(ctx.tx, image_id, project) is not None
    is_open = image.visibility in ("public", "community")
    is_own = project is not None and project == image.owner
    hidden = errors.ImageNotFound(image_id=image_id)
    whom = target(ctx, image, is_member=is_member)
    if not (is_own or is_open or is_member):
        ctx.authorize(policy.CONTEXT_IS_ADMIN, whom, hidden=hidden)  # rules let anybody see what is shared
    ctx.authorize(policy.GET_IMAGE, whom, hidden=hidden)
    if rule is not policy.GET_IMAGE:
        ctx.authorize(rule, whom)
    return image


async def show(ctx: Context, image_id: str) -> Image:
    """The image, if the asker may see it; ImageNotFound otherwise."""
    return await find(ctx, image_id, policy.GET_IMAGE)


async def create(ctx: Context, attributes: dict[str, Any]) -> Image:
    """A new image, queued until its data comes."""
    image = model.new(attributes, id=ctx.new_id(), owner=ctx.auth.project_id, now=ctx.now())
    whom = target(ctx, image, is_member=False)
    if not ctx.may(policy.ADD_IMAGE, whom):
        if image.owner != ctx.auth.project_id:
            raise errors.NotAllowed(why=f"You are not permitted to create images owned by '{image.owner}'")
        raise Forbidden(action=policy.ADD_IMAGE.name)
    _require_visibility(ctx, image.visibility, whom)
    _require_room(ctx, image)
    protections.require_new(ctx, image)
    await quotas.require_image(ctx, image.owner)
    try:
        await IMAGES.add(ctx.tx, image)
    except Duplicate:
        raise errors.ImageExists(image_id=image.id) from None
    await ctx.emit(ImageCreated(image.id))
    return image


def _require_visibility(ctx: Context, visibility: str, whom: dict[str, Any]) -> None:
    if visibility == "public":
        ctx.authorize(policy.PUBLICIZE_IMAGE, whom)
    elif visibility == "community":
        ctx.authorize(policy.COMMUNITIZE_IMAGE, whom)


def _require_room(ctx: Context, image: Image) -> None:
    limits = ctx.options(ImageOptions)
    for what, have, limit in (
        ("tag", len(image.tags), limits.tags_max),
        ("property", len(image.properties), limits.properties_max),
    ):
        if have > limit:
            raise errors.TooMany(what=what, attempted=have, limit=limit)


async def listed(
    ctx: Context,
    filters: Sequence[Filter],
    *,
    tags: Sequence[str] = (),
    properties: Sequence[tuple[str, str]] = (),
    visibility: str | None = None,
    member_status: str = "accepted",
    sort: Sequence[Sort],
    marker: str | None,
    limit: int,
) -> list[Image]:
    """One page of what the asker sees."""
    project = ctx.auth.project_id
    ctx.authorize(policy.GET_IMAGES, {"project_id": project})
    wanted = [*map(labels.of_tag, tags), *(labels.of_property(*each) for each in properties)]
    conditions = []
    seen = None if is_administrator(ctx) else lists.Seen(project, member_status)
    if visibility is None:
        conditions.append(lists.without_foreign_community(project))
    elif visibility != "all":
        filters = [*filters, Filter("visibility", "eq", visibility)]
    if not all(protections.may(ctx, "read", name) for name, _ in properties):
        return []  # what cannot be seen cannot be searched for either
    after = None if marker is None else await _marker(ctx, marker)
    return await lists.page(
        ctx.tx, filters, conditions, sort=sort, after=after, limit=limit, seen=seen, with_labels=wanted
    )


async def _marker(ctx: Context, marker: str) -> Image | PastImage:
    """The image that the page before ended with: it may have been deleted since."""
    try:
        return await show(ctx, marker)
    except errors.ImageNotFound as problem:
        past = await PAST_IMAGES.get(ctx.tx, marker)
        if past is None or not _may_remember(ctx, past):
            raise BadRequest(problem.text) from None
        return past


def _may_remember(ctx: Context, past: PastImage) -> bool:
    is_own = past.owner is not None and past.owner == ctx.auth.project_id
    return is_own or past.visibility in ("public", "community") or is_administrator(ctx)


async def update(
    ctx: Context,
    image_id: str,
    changes: Sequence[patches.Change | LocationChange],
    *,
    is_draft_4: bool,
) -> Image:
    """The image after all changes, or an error and no change."""
    before = await find(ctx, image_id, policy.GET_IMAGE)
    image = before
    for change in changes:
        if isinstance(change, LocationChange):
            whom = target(ctx, before, is_member=False)
            image = await relocation.change(ctx, image, whom, change)
        else:
            image = _changed(ctx, image, change, is_draft_4)
    if changes:
        _require_modifiable(ctx, before)
    _require_room(ctx, image)
    if before.status != "queued":
        for name in ("disk_format", "container_format"):
            if getattr(image, name) != getattr(before, name):
                raise errors.NotAllowed(why=f"Attribute {name} can be only replaced for a queued image.")
    return await _written(ctx, image) if image != before else before


def _changed(ctx: Context, image: Image, change: patches.Change, is_draft_4: bool) -> Image:
    if change.name == "owner":
        refusal = errors.NotAllowed(why="Owner can't be updated by non admin.")
        ctx.authorize(policy.CONTEXT_IS_ADMIN, target(ctx, image, is_member=False), hidden=refusal)
    if change.name not in model.BASE and change.name != "locations":
        protections.require_change(ctx, image, change.op, change.name)
    changed = patches.apply(image, change, is_draft_4=is_draft_4)
    if change.name == "visibility":
        _require_visibility(ctx, changed.visibility, target(ctx, image, is_member=False))
    return changed


def _require_modifiable(ctx: Context, image: Image) -> None:
    ctx.authorize(policy.MODIFY_IMAGE, target(ctx, image, is_member=False))


async def _written(ctx: Context, image: Image) -> Image:
    written = await IMAGES.change(ctx, image)
    await ctx.emit(ImageUpdated(image.id))
    return written


async def add_tag(ctx: Context, image_id: str, tag: str) -> None:
    """The image has the tag. Fine if it had it."""
    image = await find(ctx, image_id, policy.MODIFY_IMAGE)
    tags = model.checked("tags", [*image.tags, tag])
    changed = msgspec.structs.replace(image, tags=tags)
    _require_room(ctx, changed)
    if tag not in image.tags:
        await _written(ctx, changed)


async def remove_tag(ctx: Context, image_id: str, tag: str) -> None:
    """The image has not the tag any more; TagNotFound if it never had it."""
    image = await find(ctx, image_id, policy.MODIFY_IMAGE)
    if tag not in image.tags:
        raise errors.TagNotFound(image_id=image_id, tag=tag)
    await _written(ctx, msgspec.structs.replace(image, tags=[t for t in image.tags if t != tag]))


async def switch(ctx: Context, image_id: str, state: str) -> None:
    """The image's data can no longer be downloaded (`deactivated`), or can again (`active`)."""
    rule = policy.DEACTIVATE if state == "deactivated" else policy.REACTIVATE
    image = await find(ctx, image_id, rule)
    changed = model.switched(image, state, ctx.now())
    if changed is not image:
        await IMAGES.update(ctx.tx, changed)
        await ctx.emit(ImageUpdated(image.id))


async def require_unused(ctx: Context, image_id: str) -> None:
    """No store says that others use the image's data.

    Stores may be slow, so they are asked before the transaction begins that deletes the image. Who begins to
    use it in between keeps the data: the store refuses to remove it, and is asked again until it does.
    """
    known = stores(ctx.platform)
    if any(known.knows_use(name) for name in known.known):
        async with ctx.in_reading() as c:
            image = await _deletable(c, image_id)
        await known.require_unused(image, image.stores)


async def _deletable(ctx: Context, image_id: str) -> Image:
    image = await find(ctx, image_id, policy.DELETE_IMAGE)
    if image.protected:
        raise errors.Protected(image_id=image_id)
    return image


async def delete(ctx: Context, image_id: str) -> None:
    """The image is gone at once; a reconciler, nudged by that, removes its data from the stores.

    An upload that goes on finds out at its end, and removes what it wrote.
    """
    image = await _deletable(ctx, image_id)
    await IMAGES.remove(ctx.tx, id=image_id)
    await PAST_IMAGES.put(ctx.tx, model.past(image, ctx.now()))
    await MEMBERS.remove(ctx.tx, image_id=image_id)
    await UPLOADS.remove(ctx.tx, image_id=image_id)
    await ctx.emit(ImageDeleted(image_id))
    if image.blob is not None:
        limits = ctx.options(ImageOptions)
        until = ctx.now() + timedelta(seconds=limits.scrub_after_s) if limits.delayed_delete else None
        await leftovers.expect(ctx.tx, image.blob, image.stores, until)
    if image.staged is not None:
        files, staged = Files(ctx.platform.folder), image.staged.blob
        loop = asyncio.get_running_loop()
        ctx.tx.after_commit(lambda: loop.run_in_executor(None, files.remove, staged) and None)
