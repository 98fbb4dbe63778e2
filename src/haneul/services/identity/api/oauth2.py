"""/OS-OAUTH2/token: the client credentials grant (RFC 6749)

The client is an application credential with its secret, or a user with a certificate.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.routes import Reply, Request, Routes, encode
from haneul.services.identity import config, errors
from haneul.services.identity.api import catalog_answers
from haneul.services.identity.api.forms import fields
from haneul.services.identity.api.lists import base
from haneul.services.identity.errors import ThingNotFound
from haneul.services.identity.model.revocations import moment
from haneul.services.identity.operations import authentication, client_certificates, tokens
from haneul.services.identity.operations.methods import application_credential
from haneul.services.identity.operations.methods.application_credential import GivenApplicationCredential

routes = Routes("/v3")
LARGEST = 8192
GRANT = "client_credentials"
TLS, SECRET = "tls_client_auth", "client_secret_basic"
FAILED = "Client authentication failed."


@routes.post(
    "/OS-OAUTH2/token",
    auth=False,
    transaction=False,
    answer=catalog_answers.OAuthToken,
    other_answers={400: catalog_answers.OAuthRefusal, 401: catalog_answers.OAuthRefusal},
    errors=(
        errors.CannotMap,
        errors.InvalidRules,
        errors.ThingNotFound,
    ),
)
async def create_token(ctx: Context, request: Request) -> Reply:
    """A token for an application credential, as OAuth 2.0 asks for it and answers."""
    form = await fields(request, LARGEST)
    grant = form.get("grant_type")
    if not grant:
        return _refusal(400, "invalid_request", "The parameter grant_type is required.")
    if grant != GRANT:
        return _refusal(400, "unsupported_grant_type", f"The parameter grant_type {grant} is not supported.")
    allowed = ctx.options(config.IdentityOptions).oauth2.authn_methods
    try:
        if client_certificates.is_shown(ctx.platform, request):
            auth = await _by_certificate(ctx, request, form) if TLS in allowed else None
        else:
            auth = await _by_secret(ctx, request, form) if SECRET in allowed else None
    except Unauthorized as error:
        return _unknown_client(ctx, error.text)
    if auth is None:
        return _unknown_client(ctx, FAILED)
    seconds = round((moment(auth.expires_at) - moment(auth.issued_at)).total_seconds())
    token = {
        "access_token": tokens.mint(ctx.platform, auth),
        "expires_in": seconds,
        "token_type": "Bearer",
    }
    return Reply(encode(token), headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


@routes.get(
    "/OS-OAUTH2/token", status=405, auth=False, transaction=False, answer=catalog_answers.OAuthRefusal
)
@routes.put(
    "/OS-OAUTH2/token", status=405, auth=False, transaction=False, answer=catalog_answers.OAuthRefusal
)
@routes.patch(
    "/OS-OAUTH2/token", status=405, auth=False, transaction=False, answer=catalog_answers.OAuthRefusal
)
@routes.delete(
    "/OS-OAUTH2/token", status=405, auth=False, transaction=False, answer=catalog_answers.OAuthRefusal
)
async def refuse_method(ctx: Context) -> Reply:
    """Tokens are made here and nothing else; clients of OAuth 2.0 read why in its own words."""
    answer = _refusal(405, "other_error", "The method is not allowed for the requested URL.")
    answer.headers["Allow"] = "POST"
    return answer


async def _by_certificate(ctx: Context, request: Request, form: dict[str, str]) -> Auth | None:
    """Whatever does not fit is told to nobody."""
    try:
        return await client_certificates.authorize(ctx, request, form.get("client_id", ""))
    except Unauthorized:
        return None


async def _by_secret(ctx: Context, request: Request, form: dict[str, str]) -> Auth | None:
    client = _client(request, form)
    if client is None:
        return None
    id, secret = client
    credential = GivenApplicationCredential(secret=secret, id=id)
    try:
        proof = await application_credential.prove(ctx, credential, request)
    except ThingNotFound:
        return None
    return await authentication.authorize(ctx, proof, None)


def _client(request: Request, form: dict[str, str]) -> tuple[str, str] | None:
    """The client's id and secret: by Basic authentication, or else in the form."""
    scheme, _, pair = (request.header("Authorization") or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            id, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
    else:
        id, secret = form.get("client_id", ""), form.get("client_secret", "")
    return (id, secret) if id and secret else None


def _unknown_client(ctx: Context, why: str) -> Reply:
    answer = _refusal(401, "invalid_client", why)
    answer.headers["WWW-Authenticate"] = f'Keystone uri="{base(ctx)}"'
    return answer


def _refusal(status: int, error: str, why: str) -> Reply:
    content: dict[str, Any] = {"error": error, "error_description": why}
    return Reply(encode(content), status=status)
