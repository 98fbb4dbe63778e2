"""By an earlier token: for another scope, but not for longer."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Auth, Context
from haneul.kernel.errors import Forbidden, Unauthorized
from haneul.kernel.http.routes import Request
from haneul.kernel.http.schema import Schema
from haneul.services.identity.model.proofs import Method, Proof
from haneul.services.identity.operations import tokens
from haneul.services.identity.store import users


class Token(Schema):
    id: str


async def prove(ctx: Context, given: Token, request: Request) -> Proof:
    earlier = await tokens.authenticate(ctx.platform, given.id)
    if earlier.app_credential_id:
        raise Forbidden(action="rescope a token of an application credential")
    async with ctx.in_reading() as c:
        found = await users.with_domain(c.tx, earlier.user_id or "")
    if not found:
        raise Unauthorized
    return Proof(
        *found,
        methods=(*earlier.methods, "token"),
        marks=_marks(earlier),
        not_after=earlier.expires_at,
        earlier=earlier,
    )


def _marks(earlier: Auth) -> dict[str, Any]:
    """What a federated login leaves in every token that comes from it."""
    if earlier.identity_provider_id is None:
        return {}
    return {
        "identity_provider_id": earlier.identity_provider_id,
        "protocol_id": earlier.protocol_id,
        "group_ids": earlier.group_ids,
    }


METHOD = Method("token", Token, prove)
