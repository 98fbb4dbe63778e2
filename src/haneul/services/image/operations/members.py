"""Members: the projects with which a shared image is shared."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate
from haneul.kernel.errors import Forbidden
from haneul.services.image import errors, policy
from haneul.services.image.config import ImageOptions
from haneul.services.image.model.images import MEMBER_STATUSES, Image, Member
from haneul.services.image.operations import images
from haneul.services.image.store.images import MEMBERS


async def _shared(ctx: Context, image_id: str) -> Image:
    image = await images.show(ctx, image_id)
    if image.visibility != "shared":
        raise errors.NotAllowed(why="Only shared images have members.")
    return image


def _target(image: Image, member_id: str | None = None) -> dict[str, str | None]:
    return {
        "project_id": image.owner,
        "owner": image.owner,
        "visibility": image.visibility,
        "member_id": member_id,
    }


async def _find(ctx: Context, image: Image, member_id: str) -> Member:
    member = await MEMBERS.get(ctx.tx, image.id, member_id)
    hidden = errors.MemberNotFound(image_id=image.id, member_id=member_id)
    return ctx.seen(member, policy.GET_MEMBER, hidden=hidden, target=_target(image, member_id))


async def add(ctx: Context, image_id: str, member_id: str) -> Member:
    """The project may use the image by its id now, and is asked whether it wants it in its lists."""
    image = await _shared(ctx, image_id)
    ctx.authorize(policy.ADD_MEMBER, _target(image))
    limit = ctx.options(ImageOptions).members_max
    have = await MEMBERS.count(ctx.tx, image_id=image_id)
    if have >= limit:
        raise errors.TooMany(what="member", attempted=have + 1, limit=limit)
    member = Member(image_id, member_id, "pending", ctx.now(), ctx.now())
    try:
        return await MEMBERS.add(ctx.tx, member)
    except Duplicate:
        raise errors.MemberExists(image_id=image_id, member_id=member_id) from None


async def listed(ctx: Context, image_id: str) -> list[Member]:
    """All members for the owner; a member sees itself only."""
    image = await _shared(ctx, image_id)
    members = await MEMBERS.find(ctx.tx, image_id=image_id)
    ctx.authorize(policy.GET_MEMBERS, _target(image, ctx.auth.project_id))
    return [m for m in members if ctx.may(policy.GET_MEMBER, _target(image, m.member_id))]


async def show(ctx: Context, image_id: str, member_id: str) -> Member:
    """The member; MemberNotFound also where the asker may not see who else has the image."""
    try:
        image = await _shared(ctx, image_id)
    except Forbidden as problem:
        raise errors.MemberNotFound(problem.text) from None
    return await _find(ctx, image, member_id)


async def answer(ctx: Context, image_id: str, member_id: str, status: str) -> Member:
    """The project's answer: whether it wants the image in its lists."""
    image = await _shared(ctx, image_id)
    member = await _find(ctx, image, member_id)
    ctx.authorize(policy.MODIFY_MEMBER, _target(image, member_id))
    if status not in MEMBER_STATUSES:
        raise errors.InvalidImage(
            why="Incorrect request: Status must be one of the following: pending, accepted, rejected"
        )
    return await MEMBERS.change(ctx, member, status=status)


async def remove(ctx: Context, image_id: str, member_id: str) -> None:
    """The project is no member of the image any more."""
    image = await _shared(ctx, image_id)
    await _find(ctx, image, member_id)
    ctx.authorize(policy.DELETE_MEMBER, _target(image, member_id))
    await MEMBERS.remove(ctx.tx, image_id=image_id, member_id=member_id)
