"""/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth: logging in with a provider"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http import Content
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.services.identity import errors
from haneul.services.identity.api import token_answers
from haneul.services.identity.api.saml import addresses
from haneul.services.identity.api.tokens import issued
from haneul.services.identity.model import soap
from haneul.services.identity.model.proofs import Scope
from haneul.services.identity.operations import (
    assertions,
    authentication,
    enhanced_clients,
    federated_login,
)
from haneul.services.identity.operations.federated_login import Asserted

routes = Routes("/v3")
_HERE = "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth"


@routes.get(
    _HERE,
    status=201,
    auth=False,
    transaction=False,
    answer=token_answers.OneToken,
    other_answers={200: Content((soap.CONTENT_TYPE,))},
    errors=(
        errors.ThingNotFound,
        errors.CannotMap,
        errors.InvalidRules,
    ),
)
async def authenticate_or_ask(
    ctx: Context, idp_id: str, protocol_id: str, request: Request, query: Query
) -> Reply:
    """Log in as below. A program that can carry SAML requests is given one for its provider instead of a 401."""
    try:
        identity = await assertions.asserted(ctx, idp_id, protocol_id, request)
    except Unauthorized:
        if not enhanced_clients.can_carry(request):
            raise
        at = addresses(ctx, idp_id, protocol_id)
        envelope = await enhanced_clients.challenge(ctx, at, idp_id, protocol_id)
        headers = {"Cache-Control": "no-store"}
        return Reply(envelope.encode(), status=200, headers=headers, content_type=soap.CONTENT_TYPE)
    return await _logged_in(ctx, identity, query)


@routes.post(
    _HERE,
    status=201,
    auth=False,
    transaction=False,
    answer=token_answers.OneToken,
    errors=(errors.CannotMap, errors.ThingNotFound, errors.InvalidRules),
)
async def authenticate(ctx: Context, idp_id: str, protocol_id: str, request: Request, query: Query) -> Reply:
    """Log in with what the identity provider asserts; the token has no scope."""
    if enhanced_clients.brings_response(request):
        at = addresses(ctx, idp_id, protocol_id)
        identity = await enhanced_clients.asserted(ctx, at, idp_id, protocol_id, request)
    else:
        identity = await assertions.asserted(ctx, idp_id, protocol_id, request)
    return await _logged_in(ctx, identity, query)


async def _logged_in(ctx: Context, identity: Asserted, query: Query) -> Reply:
    proof = await federated_login.prove(ctx, identity)
    return await issued(ctx, await authentication.authorize(ctx, proof, Scope("unscoped")), query)
