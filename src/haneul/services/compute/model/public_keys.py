"""Public keys: what they are checked for, their fingerprints, and how new ones are made."""

from __future__ import annotations

import base64
import binascii
import hashlib
import warnings
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from haneul.services.compute.errors import KeypairInvalid

BITS = 2048
PRINCIPAL_NAME = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
"""The name by which Windows maps a certificate to a user."""


class Generated(NamedTuple):
    private_key: str
    public_key: str


def fingerprint(kind: str, public_key: str) -> str:
    """Hexadecimal pairs with colons: MD5 of an SSH key, SHA-1 of a certificate; KeypairInvalid if broken."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about key types that are weak, which is not ours to judge
            digest = _x509(public_key) if kind == "x509" else _ssh(public_key)
    except (ValueError, IndexError, TypeError, UnsupportedAlgorithm, binascii.Error):
        raise KeypairInvalid(why="failed to generate fingerprint") from None
    return digest.hex(":")


def _ssh(public_key: str) -> bytes:
    serialization.load_ssh_public_key(public_key.encode())
    blob = base64.b64decode(public_key.split()[1])
    return hashlib.md5(blob, usedforsecurity=False).digest()


def _x509(certificate: str) -> bytes:
    return x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA1())  # noqa: S303


def generate(kind: str, user_id: str) -> Generated:
    """A new RSA key; its public part is a self-signed certificate if the kind is x509."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    if kind == "x509":
        return Generated(secret, _certificate(key, user_id))
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return Generated(secret, f"{public.decode()} Generated-by-Nova")


def _certificate(key: rsa.RSAPrivateKey, user_id: str) -> str:
    """A certificate by which the user can log in to Windows, for ten years."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_id[:64] or "user")])
    principal = f"{user_id}@localhost".encode()
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.OtherName(PRINCIPAL_NAME, _utf8_string(principal))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _utf8_string(text: bytes) -> bytes:
    """The text as DER's UTF8String."""
    length = len(text)
    if length < 128:
        return bytes([0x0C, length]) + text
    return bytes([0x0C, 0x82]) + length.to_bytes(2, "big") + text
