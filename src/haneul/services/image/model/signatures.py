"""Signed images: the data is taken only if the signature in the image's properties is one of it.

Four properties say how: `img_signature` (base64), `img_signature_hash_method`, `img_signature_key_type` and
`img_signature_certificate_uuid`. An image that has all four is verified; one that has some is not signed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from haneul.services.image import errors

SIGNATURE, METHOD = "img_signature", "img_signature_hash_method"
KEY_TYPE, CERTIFICATE = "img_signature_key_type", "img_signature_certificate_uuid"
METHODS: dict[str, hashes.HashAlgorithm] = {
    "SHA-224": hashes.SHA224(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}


class Signed(NamedTuple):
    """What data must fit."""

    signature: bytes
    method: str
    key: rsa.RSAPublicKey | dsa.DSAPublicKey | ec.EllipticCurvePublicKey

    def require(self, digest: bytes) -> None:
        """Raise SignatureWrong unless what was signed has that digest, made by the method."""
        try:
            self._verify(digest, Prehashed(METHODS[self.method]))
        except InvalidSignature:
            raise errors.SignatureWrong(why="Signature verification failed") from None

    def _verify(self, digest: bytes, method: Prehashed) -> None:
        if isinstance(self.key, rsa.RSAPublicKey):
            mask = padding.MGF1(METHODS[self.method])
            self.key.verify(self.signature, digest, padding.PSS(mask, padding.PSS.AUTO), method)
        elif isinstance(self.key, dsa.DSAPublicKey):
            self.key.verify(self.signature, digest, method)
        else:
            self.key.verify(self.signature, digest, ec.ECDSA(method))


class Declared(NamedTuple):
    """What an image's properties say of its signature."""

    signature: bytes
    method: str
    kind: str
    """Of key."""
    certificate_id: str

    def by(self, certificate: x509.Certificate, now: datetime) -> Signed:
        """What the data must fit, by the certificate of that id; SignatureWrong if it is not good for that."""
        _require_valid(certificate, now)
        return Signed(self.signature, self.method, _key(certificate, self.kind))


def declared(properties: Mapping[str, str]) -> Declared | None:
    """None if the image is not signed; SignatureWrong if what is said makes no sense."""
    if not properties.keys() >= {SIGNATURE, METHOD, KEY_TYPE, CERTIFICATE}:
        return None
    try:
        signature = base64.b64decode(properties[SIGNATURE], validate=True)
    except (binascii.Error, ValueError):
        raise errors.SignatureWrong(why="The signature data was not properly encoded using base64") from None
    method = properties[METHOD]
    if method not in METHODS:
        raise errors.SignatureWrong(why=f"Invalid signature hash method: {method}")
    return Declared(signature, method, properties[KEY_TYPE], properties[CERTIFICATE])


def _require_valid(certificate: x509.Certificate, now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise errors.SignatureWrong(why="The certificate of the signature is not valid at this time")


def _key(
    certificate: x509.Certificate, kind: str
) -> rsa.RSAPublicKey | dsa.DSAPublicKey | ec.EllipticCurvePublicKey:
    """The certificate's key, if it is of the kind that the image says."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and kind == "RSA-PSS":
        return key
    if isinstance(key, dsa.DSAPublicKey) and kind == "DSA":
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and kind == f"ECC_{key.curve.name.upper()}":
        return key
    raise errors.SignatureWrong(why=f"Invalid public key type for signature key type: {kind}")
