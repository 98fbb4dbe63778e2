"""/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth: logging in with a provider"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.services.identity.api.tokens import issued
from haneul.services.identity.model.proofs import Scope
from haneul.services.identity.operations import assertions, authentication, federated_login

routes = Routes("/v3")


@routes.get(
    "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth",
    status=201,
    auth=False,
    transaction=False,
)
@routes.post(
    "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth",
    status=201,
    auth=False,
    transaction=False,
)
async def authenticate(ctx: Context, idp_id: str, protocol_id: str, request: Request, query: Query) -> Reply:
    """Log in with what the identity provider asserts; the token has no scope."""
    said = await assertions.asserted(ctx, idp_id, protocol_id, request)
    proof = await federated_login.prove(ctx, said)
    return await issued(ctx, await authentication.authorize(ctx, proof, Scope("unscoped")), query)
