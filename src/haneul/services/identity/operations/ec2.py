"""Tokens for whoever signed a request with the secret of an EC2 credential."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound, Unauthorized
from haneul.kernel.guesses import guarded
from haneul.services.identity.model.credentials import Credential
from haneul.services.identity.model.proofs import Named, Proof, Scope
from haneul.services.identity.model.signatures import SignedRequest, is_signed_by, is_string_signed_by
from haneul.services.identity.operations import authentication, credentials
from haneul.services.identity.store import users
from haneul.services.identity.store.credentials import CREDENTIALS

AGE = timedelta(minutes=15)
"""A signature holds for that long, before and after the time that it says."""


async def by_request(ctx: Context, access_key: str, request: SignedRequest, *, address: str) -> Auth:
    """The authorisation of the key's owner, if they signed that request just now; 401 otherwise."""
    with guarded(ctx.platform, f"access key {access_key}", address):
        credential, blob = await _find(ctx, access_key)
        signed_at = request.signed_at()
        if signed_at is None or abs(ctx.now() - signed_at) > AGE:
            raise Unauthorized
        if not is_signed_by(str(blob.get("secret")), request):
            raise Unauthorized
    return await _authorize(ctx, credential, blob)


async def by_string(ctx: Context, access_key: str, text: bytes, signature: str, *, address: str) -> Auth:
    """The authorisation of the key's owner, if they signed that text; 401 otherwise."""
    with guarded(ctx.platform, f"access key {access_key}", address):
        credential, blob = await _find(ctx, access_key)
        if not is_string_signed_by(str(blob.get("secret")), text, signature):
            raise Unauthorized
    return await _authorize(ctx, credential, blob)


async def _find(ctx: Context, access_key: str) -> tuple[Credential, dict[str, Any]]:
    async with ctx.in_reading() as c:
        credential = await CREDENTIALS.first(c.tx, id=credentials.ec2_id(access_key), type=credentials.EC2)
    blob = msgspec.json.decode(credentials.opened(ctx, credential)) if credential else {}
    if credential is None or blob.get("access") != access_key:
        raise NotFound("EC2 access key not found.")
    return credential, blob


async def _authorize(ctx: Context, credential: Credential, blob: dict[str, Any]) -> Auth:
    """In the credential's project, as its owner. A blob that names what was lent gives neither that nor more."""
    if any(blob.get(name) is not None for name in credentials.DELEGATIONS):
        raise Unauthorized
    scope = Scope("project", Named(id=credential.project_id))
    async with ctx.in_reading() as c:
        holder = await users.with_domain(c.tx, credential.user_id)
    if holder is None:
        raise Unauthorized
    return await authentication.authorize(ctx, Proof(*holder, methods=("ec2credential",)), scope)
