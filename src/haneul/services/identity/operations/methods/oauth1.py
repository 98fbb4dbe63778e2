"""By an OAuth 1.0a access token, with which the request is signed."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.routes import Request
from haneul.kernel.http.schema import Schema
from haneul.services.identity.model.proofs import Bound, Method, Proof
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations import oauth1
from haneul.services.identity.operations.oauth1_signatures import said_in
from haneul.services.identity.store import users


class Nothing(Schema):
    """All that matters is in the request's header."""


async def prove(ctx: Context, nothing: Nothing, request: Request) -> Proof:
    """The user who agreed, for the agreed project and roles only; Unauthorized for a wrong or repeated signature."""
    signed = said_in(request)
    async with ctx.in_reading() as c:
        token = await oauth1.proved(c, request, signed)
        owner = await users.with_domain(c.tx, token.user_id)
    if owner is None:
        raise Unauthorized
    await oauth1.use_nonce(ctx, signed)
    return Proof(
        *owner,
        methods=("oauth1",),
        marks={"consumer_id": token.consumer_id, "access_token_id": token.id},
        bound=Bound(token.project_id, tuple(token.role_ids)),
        not_after=time_text(token.expires_at),
    )


METHOD = Method("oauth1", Nothing, prove)
