"""Client certificates, as web servers hand them on: who they name, and what a token is bound to."""

from __future__ import annotations

import base64
import binascii
import ssl
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import unquote

from cryptography import x509

from haneul.services.identity.model.mappings import Assertion

LARGEST = 32 * 1024
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class ClientCertificate(NamedTuple):
    """`thumbprint` is what upstream's services compute: of the PEM text in lines of 64, with a line at its end.

    `attributes` are the parts of the names in it: `SSL_CLIENT_SUBJECT_DN_CN`, `SSL_CLIENT_ISSUER_DN_O`, ...
    """

    thumbprint: str
    attributes: Assertion


def read(text: str) -> ClientCertificate | None:
    """The certificate in a header: PEM (as it is, on one line, or percent-encoded), or DER in Base64.

    None if there is none, or if a name in it cannot be read.
    """
    der = _der(text)
    if der is None:
        return None
    try:
        certificate = x509.load_der_x509_certificate(der)
        attributes = {
            **_named("SUBJECT", certificate.subject),
            **_named("ISSUER", certificate.issuer),
        }
    except ValueError:
        return None
    return ClientCertificate(thumbprint(der), attributes)


def thumbprint(der: bytes) -> str:
    digest = sha256(ssl.DER_cert_to_PEM_cert(der).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()


def _der(text: str) -> bytes | None:
    if len(text) > LARGEST:
        return None
    text = (unquote(text) if "%" in text else text).strip()
    if text.startswith(_BEGIN):
        text = text.removeprefix(_BEGIN).partition(_END)[0]
    try:  # `:...:` is how RFC 9440 writes bytes
        return base64.b64decode("".join(text.strip(":").split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _named(whose: str, name: x509.Name) -> dict[str, list[str]]:
    return {f"SSL_CLIENT_{whose}_DN_{kind.upper()}": [value] for kind, value in _parts(name)}


def _parts(name: x509.Name) -> Iterable[tuple[str, str]]:
    """The last of each kind counts. Values are one value each, whatever is written in them."""
    for part in name:
        kind = part.rfc4514_string().partition("=")[0]
        if part.oid == x509.NameOID.EMAIL_ADDRESS:
            kind = "emailAddress"
        if isinstance(part.value, str):
            yield kind, part.value
