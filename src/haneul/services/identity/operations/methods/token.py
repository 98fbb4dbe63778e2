"""By an earlier token: for another scope, but not for longer."""

from __future__ import annotations

from typing import Any

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, Unauthorized
from haneul.kernel.http.bounds import LongText
from haneul.kernel.http.routes import Request
from haneul.kernel.http.schema import Schema
from haneul.services.identity.errors import TokenNotFound
from haneul.services.identity.model.proofs import Method, Proof
from haneul.services.identity.operations import tokens
from haneul.services.identity.store import users


class Token(Schema):
    id: LongText


async def prove(ctx: Context, proof: Token, request: Request) -> Proof:
    """The user of the earlier token, until it ends; TokenNotFound if it does not hold, refused if it cannot be
    exchanged.
    """
    try:
        earlier = await tokens.authenticate(ctx.platform, proof.id)
    except Unauthorized:
        raise TokenNotFound from None
    _require_own(earlier)
    async with ctx.in_reading() as c:
        owner = await users.with_domain(c.tx, earlier.user_id or "")
    if not owner:
        raise Unauthorized
    return Proof(
        *owner,
        methods=("token", *earlier.methods),
        marks=_marks(earlier),
        not_after=earlier.expires_at,
        earlier=earlier,
    )


def _marks(earlier: Auth) -> dict[str, Any]:
    """What a federated login leaves in every token that comes from it."""
    sessions = {"provider_sessions": earlier.provider_sessions} if earlier.provider_sessions else {}
    if earlier.identity_provider_id is None:
        return sessions
    return {
        **sessions,
        "identity_provider_id": earlier.identity_provider_id,
        "protocol_id": earlier.protocol_id,
        "group_ids": earlier.group_ids,
    }


def _require_own(token: Auth) -> None:
    """Raise if the token was lent: another one made of it would be more than was lent."""
    if token.trust_id:
        raise Forbidden(
            action="Using trust-scoped token to create another token. Create a new trust-scoped token instead"
        )
    if token.access_token_id:
        raise Forbidden(
            action="Using OAuth-scoped token to create another token. Create a new OAuth-scoped token instead"
        )
    if token.is_delegated:
        raise Forbidden(action="Using a delegated token to create another token is not allowed.")


METHOD = Method("token", Token, prove)
