"""/OS-TRUST/trusts"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel import times
from haneul.kernel.context import Context
from haneul.kernel.http.bounds import MANY, Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.bodies import Name, Text, read
from haneul.services.identity.api.lists import base, links, whole
from haneul.services.identity.api.views import role_view
from haneul.services.identity.errors import Invalid, ThingNotFound
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.model.roles import Role
from haneul.services.identity.model.trusts import Trust
from haneul.services.identity.operations import trusts

routes = Routes("/v3/OS-TRUST")


class RoleReference(Schema):
    id: Text | None = None
    name: Name | None = None


class NewTrust(Schema):
    trustor_user_id: Text
    trustee_user_id: Text
    impersonation: bool
    project_id: Text | None = None
    roles: Annotated[list[RoleReference], MANY] | UnsetType = UNSET
    expires_at: Text | None = None
    remaining_uses: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    allow_redelegation: bool | None = None
    redelegation_count: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None


class TrustBody(Strict):
    trust: Document


def view(ctx: Context, trust: Trust) -> dict[str, Any]:
    return {
        "id": trust.id,
        "trustor_user_id": trust.trustor_user_id,
        "trustee_user_id": trust.trustee_user_id,
        "project_id": trust.project_id,
        "impersonation": trust.impersonation,
        "expires_at": time_text(trust.expires_at) if trust.expires_at else None,
        "remaining_uses": trust.remaining_uses,
        # A trust that is gone is not shown at all; the field stands in every answer of upstream.
        "deleted_at": None,
        "redelegated_trust_id": trust.redelegated_trust_id,
        "redelegation_count": trust.redelegation_count,
        "links": links(ctx, f"OS-TRUST/trusts/{trust.id}"),
    }


def _with_roles(ctx: Context, trust: Trust, roles: list[Role]) -> dict[str, Any]:
    here = f"{base(ctx)}/OS-TRUST/trusts/{trust.id}/roles"
    return {
        **view(ctx, trust),
        "roles": [role_view(ctx, role) for role in roles],
        "roles_links": {"self": here, "next": None, "previous": None},
    }


@routes.post(
    "/trusts",
    status=201,
    policy=policy.CREATE_TRUST,
    answer=answers.OneTrust,
    errors=(errors.DuplicateThing, errors.Invalid, errors.ThingNotFound, errors.TooManyThings),
)
async def create_trust(ctx: Context, body: TrustBody) -> dict[str, Any]:
    """Lend some of one's roles in a project to another user."""
    new, _ = read(NewTrust, body.trust, of="trust")
    roles = [(role.id, role.name) for role in (new.roles or ())]
    if any(not (id or name) for id, name in roles):
        raise Invalid(why="A role needs its id or name.")
    trust = await trusts.create(
        ctx,
        policy.CREATE_TRUST,
        trusts.Wanted(
            new.trustor_user_id,
            new.trustee_user_id,
            new.impersonation,
            new.project_id,
            roles,
            _time(new.expires_at),
            new.remaining_uses,
            bool(new.allow_redelegation),
            new.redelegation_count,
        ),
    )
    return {"trust": _with_roles(ctx, trust, await trusts.roles_of(ctx, trust))}


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return times.read(text)
    except ValueError:
        raise Invalid(
            why="Timestamp not in expected format. The server could not comply with the request since it is "
            "either malformed or otherwise incorrect. The client is assumed to be in error."
        ) from None


@routes.get("/trusts", answer=answers.Trusts)
async def list_trusts(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List trusts: all of them, or those of a trustor or trustee."""
    listed = await trusts.listed(ctx, query.get("trustor_user_id"), query.get("trustee_user_id"))
    return whole(ctx, request, "trusts", [view(ctx, each) for each in listed])


@routes.get(
    "/trusts/{trust_id}",
    policy=policy.GET_TRUST,
    asks_late=True,
    answer=answers.OneTrust,
    errors=(errors.ThingNotFound,),
)
async def show_trust(ctx: Context, trust_id: str) -> dict[str, Any]:
    """Show a trust."""
    trust = await trusts.find(ctx, policy.GET_TRUST, trust_id)
    return {"trust": _with_roles(ctx, trust, await trusts.roles_of(ctx, trust))}


@routes.delete(
    "/trusts/{trust_id}", policy=policy.DELETE_TRUST, asks_late=True, errors=(errors.ThingNotFound,)
)
async def delete_trust(ctx: Context, trust_id: str) -> None:
    """Take back what was lent; tokens made of it end."""
    await trusts.delete(ctx, await trusts.find(ctx, policy.DELETE_TRUST, trust_id))


@routes.get(
    "/trusts/{trust_id}/roles",
    policy=policy.LIST_ROLES_FOR_TRUST,
    asks_late=True,
    answer=answers.Roles,
    errors=(errors.ThingNotFound,),
)
async def list_roles(ctx: Context, trust_id: str, request: Request) -> dict[str, Any]:
    """List the roles that are lent."""
    roles = await trusts.roles_of(ctx, await trusts.find(ctx, policy.LIST_ROLES_FOR_TRUST, trust_id))
    return whole(ctx, request, "roles", [role_view(ctx, each) for each in roles])


@routes.get(
    "/trusts/{trust_id}/roles/{role_id}",
    policy=policy.GET_ROLE_FOR_TRUST,
    asks_late=True,
    answer=answers.OneRole,
    errors=(errors.ThingNotFound,),
)
async def show_role(ctx: Context, trust_id: str, role_id: str) -> dict[str, Any]:
    """Show a role that is lent."""
    for role in await trusts.roles_of(ctx, await trusts.find(ctx, policy.GET_ROLE_FOR_TRUST, trust_id)):
        if role.id == role_id:
            return {"role": role_view(ctx, role)}
    raise ThingNotFound(kind="role", id=role_id)
