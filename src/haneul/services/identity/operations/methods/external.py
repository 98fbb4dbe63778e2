"""By a web server in front of us that has found out the name of a user of the default domain."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.routes import Request
from haneul.kernel.http.schema import Schema
from haneul.services.identity.model.proofs import Method, Proof
from haneul.services.identity.operations import assertions
from haneul.services.identity.operations.bootstrap import DEFAULT_DOMAIN
from haneul.services.identity.store import users


class External(Schema):
    pass


async def prove(ctx: Context, wish: External, request: Request) -> Proof:
    """The user that the web server names; Unauthorized if it names none, or one who is not in the default domain."""
    name = assertions.remote_user(ctx, request)
    if name is None:
        raise Unauthorized("Could not determine user from environment")
    async with ctx.in_reading() as c:
        user = await users.named(c.tx, name, domain_id=DEFAULT_DOMAIN, domain_name=None)
    if user is None:
        raise Unauthorized
    return Proof(*user, methods=("external",))


METHOD = Method("external", External, prove)
