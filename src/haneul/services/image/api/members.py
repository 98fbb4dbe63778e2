"""/v2/images/{id}/members"""

from __future__ import annotations

from typing import Any

from haneul.kernel.clock import seconds_text
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Routes
from haneul.services.image import errors, policy
from haneul.services.image.api import answers
from haneul.services.image.model.images import Member
from haneul.services.image.operations import members

routes = Routes("/v2/images/{image_id}/members", asks_late=True)

_ERRORS = (errors.ImageNotFound, errors.MemberNotFound, errors.NotAllowed)


def view(member: Member) -> dict[str, Any]:
    return {
        "member_id": member.member_id,
        "image_id": member.image_id,
        "status": member.status,
        "created_at": seconds_text(member.created_at),
        "updated_at": seconds_text(member.updated_at),
        "schema": "/v2/schemas/member",
    }


def _text(body: Document, name: str, missing: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value or len(value) > 255 or "\0" in value:
        raise BadRequest(missing)
    return value


@routes.post(
    "",
    policy=policy.ADD_MEMBER,
    errors=(*_ERRORS, errors.MemberExists, errors.TooMany),
    answer=answers.Member,
)
async def add_member(ctx: Context, image_id: str, body: Document) -> dict[str, Any]:
    """Share an image with a project."""
    member_id = _text(body, "member", "Member to be added not specified")
    return view(await members.add(ctx, image_id, member_id))


@routes.get("", policy=policy.GET_MEMBERS, errors=_ERRORS, answer=answers.Members)
async def list_members(ctx: Context, image_id: str) -> dict[str, Any]:
    """List the projects that an image is shared with."""
    shown = await members.listed(ctx, image_id)
    return {"members": [view(member) for member in shown], "schema": "/v2/schemas/members"}


@routes.get("/{member_id}", policy=policy.GET_MEMBER, errors=_ERRORS, answer=answers.Member)
async def show_member(ctx: Context, image_id: str, member_id: str) -> dict[str, Any]:
    """Show one project that an image is shared with."""
    return view(await members.show(ctx, image_id, member_id))


@routes.put(
    "/{member_id}", policy=policy.MODIFY_MEMBER, errors=(*_ERRORS, errors.InvalidImage), answer=answers.Member
)
async def answer_member(ctx: Context, image_id: str, member_id: str, body: Document) -> dict[str, Any]:
    """Accept or reject a shared image."""
    status = _text(body, "status", "Status not specified")
    return view(await members.answer(ctx, image_id, member_id, status))


@routes.delete("/{member_id}", policy=policy.DELETE_MEMBER, errors=_ERRORS)
async def remove_member(ctx: Context, image_id: str, member_id: str) -> None:
    """Stop sharing an image with a project."""
    await members.remove(ctx, image_id, member_id)
