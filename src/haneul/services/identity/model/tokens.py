"""Tokens: JWS with EdDSA (RFC 7515, RFC 8037) over the authorisation that they stand for.

A token is self-contained; verifying needs the public key only. What is verified once is remembered
until it expires, in each process.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from haneul.kernel.auth import Auth
from haneul.kernel.errors import Unauthorized
from haneul.services.identity.model.receipts import Receipt

Signed = TypeVar("Signed", Auth, Receipt)
_encoder = msgspec.msgpack.Encoder()
_KINDS = {Auth: "token", Receipt: "receipt"}


class SigningKey:
    """One key pair; `id` says which one signed a token."""

    def __init__(self, id: str, private: bytes) -> None:
        self.id = id
        self._private = Ed25519PrivateKey.from_private_bytes(private)
        self.public = self._private.public_key()

    def sign(self, what: Auth | Receipt) -> str:
        """The token (or receipt) of it: header.payload.signature, each base64url."""
        header = _b64(msgspec.json.encode({"alg": "EdDSA", "kid": self.id, "typ": _KINDS[type(what)]}))
        signed = f"{header}.{_b64(_encoder.encode(what))}"
        return f"{signed}.{_b64(self._private.sign(signed.encode()))}"


def verify(token: str, key: Callable[[str], SigningKey | None], kind: type[Signed]) -> Signed:
    """What a text stands for whose signature holds; Unauthorized otherwise. Does not look at time."""
    try:
        header, payload, signature = token.split(".")
        claims = msgspec.json.decode(_unb64(header))
        signed_by = key(str(claims["kid"]))
        if signed_by is None or claims.get("typ", "token") != _KINDS[kind]:
            raise Unauthorized
        signed_by.public.verify(_unb64(signature), f"{header}.{payload}".encode())
        return msgspec.msgpack.decode(_unb64(payload), type=kind)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature, msgspec.MsgspecError):
        raise Unauthorized from None


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
