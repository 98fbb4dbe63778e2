"""Signed images: the data is taken only if the signature in the image's properties is one of it.

Four properties say how: `img_signature` (base64), `img_signature_hash_method`, `img_signature_key_type` and
`img_signature_certificate_uuid`. The certificates stand in a folder of this machine, `ID.pem` or `ID.der`.
An image that has all four is verified; one that has some is not signed.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from haneul.kernel.context import Context
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions
from haneul.services.image.model.images import ID, Stored

SIGNATURE, METHOD = "img_signature", "img_signature_hash_method"
KEY_TYPE, CERTIFICATE = "img_signature_key_type", "img_signature_certificate_uuid"
METHODS: dict[str, hashes.HashAlgorithm] = {
    "SHA-224": hashes.SHA224(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}
_CHUNK = 1 << 20


class Signed(NamedTuple):
    """What data must fit."""

    signature: bytes
    method: str
    key: rsa.RSAPublicKey | dsa.DSAPublicKey | ec.EllipticCurvePublicKey

    async def require(self, path: Path, stored: Stored) -> None:
        """Raise SignatureWrong unless the file is what was signed."""
        digest = bytes.fromhex(stored.os_hash_value)
        if self.method != "SHA-512":  # which was computed while the data came
            digest = await asyncio.to_thread(_digest, path, METHODS[self.method].name)
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


def _digest(path: Path, name: str) -> bytes:
    digest = hashlib.new(name)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()


async def expected(ctx: Context, properties: Mapping[str, str]) -> Signed | None:
    """What the image's data must fit; None if it is not signed. SignatureWrong if that cannot be known."""
    if not properties.keys() >= {SIGNATURE, METHOD, KEY_TYPE, CERTIFICATE}:
        return None
    try:
        signature = base64.b64decode(properties[SIGNATURE], validate=True)
    except (binascii.Error, ValueError):
        raise errors.SignatureWrong(why="The signature data was not properly encoded using base64") from None
    method, kind = properties[METHOD], properties[KEY_TYPE]
    if method not in METHODS:
        raise errors.SignatureWrong(why=f"Invalid signature hash method: {method}")
    folder = ctx.options(ImageOptions).certificates
    found = await asyncio.to_thread(
        _certificate,
        Path(folder) if folder else ctx.platform.folder / "certificates",
        properties[CERTIFICATE],
    )
    _require_valid(found, ctx.now())
    return Signed(signature, method, _key(found, kind))


def _certificate(folder: Path, id: str) -> x509.Certificate:
    """The certificate of that id. An id is nothing but an id: it cannot lead out of the folder."""
    missing = errors.SignatureWrong(why=f"Unable to retrieve certificate with ID: {id}")
    if ID.fullmatch(id) is None:
        raise missing
    for suffix, load in ((".pem", x509.load_pem_x509_certificate), (".der", x509.load_der_x509_certificate)):
        try:
            return load((folder / f"{id}{suffix}").read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            raise missing from None
    raise missing


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
