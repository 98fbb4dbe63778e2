"""Logging in by SAML with a program: Enhanced Client or Proxy (ECP), and what other clouds assert of their users.

    program ─► where it wants its token ─► its provider, where it logs in ─► where it wants its token

The program asks for its token and says that it can carry messages; it is given a request, has it answered by the
provider and brings the response to the same place. What must be remembered in between is in the id of the
request, which the response repeats: it is sealed, says for whom it was made, and is good for some minutes. A
program that comes from another cloud begins with the response.
"""

from __future__ import annotations

import hashlib

import msgspec
from cryptography.fernet import InvalidToken

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.routes import Request
from haneul.services.identity.model import soap
from haneul.services.identity.operations import federated_login, saml
from haneul.services.identity.operations.browser_login import PATIENCE_S
from haneul.services.identity.operations.federated_login import Asserted
from haneul.services.identity.operations.keys import SEALING
from haneul.services.identity.operations.saml import Addresses

LARGEST = 1 << 20
_PREFIX = "id-"


def can_carry(request: Request) -> bool:
    """Whether the sender takes a request instead of an answer, to have it answered elsewhere."""
    takes_it = soap.CONTENT_TYPE in (request.header("Accept") or "")
    return takes_it and f'"{soap.ECP}"' in (request.header("PAOS") or "")


def brings_response(request: Request) -> bool:
    """Whether the program comes back with what its provider answered; if not, it asks to begin."""
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    return kind == soap.CONTENT_TYPE


async def challenge(ctx: Context, at: Addresses, idp_id: str, protocol_id: str) -> str:
    """The envelope for the program to carry; 401 if the provider has no use for it."""
    options = saml.provider(ctx, idp_id)
    if options is None:
        raise Unauthorized
    _, seal = SEALING.newest(ctx.platform.folder)
    id = _PREFIX + seal.encrypt(_purpose(idp_id, protocol_id)).decode().rstrip("=")
    request = await saml.request_by_program(options, at, id)
    return soap.with_request(request, issuer=at.entity_id, consumer=at.login)


async def asserted(ctx: Context, at: Addresses, idp_id: str, protocol_id: str, request: Request) -> Asserted:
    """What the provider says in the response that the program brought; 401 unless all of it holds."""
    async with ctx.in_reading() as c:
        await federated_login.allowed(c, idp_id, protocol_id)
    options = saml.provider(ctx, idp_id)
    response = soap.message_in(await request.body(LARGEST), "Response")
    if options is None or response is None:
        raise Unauthorized
    request_id = saml.request_answered(response)
    if request_id is not None and not _is_ours(ctx, request_id, _purpose(idp_id, protocol_id)):
        raise Unauthorized
    return await saml.complete_by_program(
        ctx, options, at, idp_id, protocol_id, request_id=request_id, text=response
    )


def _is_ours(ctx: Context, id: str, purpose: bytes) -> bool:
    """Whether the id is of a request that we made for this purpose, just now."""
    sealed = id.removeprefix(_PREFIX).encode("ascii", "replace")
    sealed += b"=" * (-len(sealed) % 4)
    for seal in SEALING.keys(ctx.platform.folder).values():
        try:
            if seal.decrypt(sealed, ttl=PATIENCE_S) == purpose:
                return True
        except InvalidToken:
            continue
    return False


def _purpose(idp_id: str, protocol_id: str) -> bytes:
    """What a request is for, in a few bytes."""
    return hashlib.sha256(msgspec.json.encode(["ecp", idp_id, protocol_id])).digest()[:15]
