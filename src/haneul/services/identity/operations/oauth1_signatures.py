"""What an `Authorization: OAuth` header says, and whether its signature holds (RFC 5849)."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from oauthlib.oauth1.rfc5849 import signature
from oauthlib.oauth1.rfc5849.utils import parse_authorization_header, unescape

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.routes import Request

AGE_S = 600
_SIGN = {
    "HMAC-SHA1": signature.sign_hmac_sha1_with_client,
    "HMAC-SHA256": signature.sign_hmac_sha256_with_client,
}


class _Secrets(NamedTuple):
    """Named as oauthlib looks for them."""

    client_secret: str
    resource_owner_secret: str


class Signed(NamedTuple):
    """The header's parameters by name, without `oauth_`."""

    parameters: dict[str, str]

    @property
    def consumer_key(self) -> str:
        return self.parameters.get("consumer_key", "")

    @property
    def token(self) -> str:
        return self.parameters.get("token", "")

    @property
    def verifier(self) -> str:
        return self.parameters.get("verifier", "")


def said_in(request: Request) -> Signed:
    """What the header says; 400 if there is none, or it cannot be read."""
    header = request.header("Authorization", "") or ""
    if not header.lower().startswith("oauth "):
        raise BadRequest("Expecting to find oauth_consumer_key in headers.")
    try:
        pairs = parse_authorization_header(header)
    except ValueError:
        raise BadRequest("The Authorization header cannot be read.") from None
    return Signed({name.removeprefix("oauth_"): unescape(value) for name, value in pairs})


def is_signed(
    ctx: Context, request: Request, signed: Signed, consumer_secret: str, token_secret: str
) -> bool:
    """Whether the request was signed with both secrets within the last minutes.

    What was signed begins with the address that the client called: ours, or as it reached us.
    """
    sign = _SIGN.get(signed.parameters.get("signature_method", ""))
    timestamp = signed.parameters.get("timestamp", "")
    if sign is None or not timestamp.isascii() or not timestamp.isdigit():
        return False
    if abs(ctx.now().timestamp() - int(timestamp[:15])) > AGE_S:
        return False
    pairs = signature.collect_parameters(
        uri_query=request.query_string,
        headers={"Authorization": request.header("Authorization", "") or ""},
        exclude_oauth_signature=True,
    )
    secrets = _Secrets(consumer_secret, token_secret)
    parameters = signature.normalize_parameters(pairs)  # pyright: ignore[reportArgumentType]  # it takes pairs
    claimed = signed.parameters.get("signature", "").encode()
    for url in dict.fromkeys((f"{ctx.endpoint}{request.path}", request.url)):
        text = signature.signature_base_string("POST", signature.base_string_uri(url), parameters)
        if hmac.compare_digest(sign(text, secrets).encode(), claimed):
            return True
    return False
