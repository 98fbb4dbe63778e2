"""Signed images: only data that was signed is taken."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from haneul.kernel.ids import new_id
from tests.conftest import Cloud
from tests.keys import curve_key, dsa_key, rsa_key
from tests.services.image.importing import ask
from tests.services.image.test_data import send, show, stored_files
from tests.services.image.test_images import create

DATA = b"to be signed" * 1000
HASHES = {"SHA-224": hashes.SHA224(), "SHA-256": hashes.SHA256(), "SHA-512": hashes.SHA512()}


def rsa_signer() -> rsa.RSAPrivateKey:
    return rsa_key("signer")


def curve_signer() -> ec.EllipticCurvePrivateKey:
    return curve_key(ec.SECP384R1)


def certify(cloud: Cloud, key: Any, *, days: int = 1, encoding: Encoding = Encoding.PEM) -> str:
    """The id under which the cloud has a certificate of the key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    now = cloud.platform.clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=days))
        .sign(rsa_signer(), hashes.SHA256())
    )
    id = new_id()
    folder = cloud.platform.folder / "certificates"
    folder.mkdir(exist_ok=True)
    suffix = "pem" if encoding is Encoding.PEM else "der"
    (folder / f"{id}.{suffix}").write_bytes(made.public_bytes(encoding))
    return id


def sign(key: Any, method: str, data: bytes = DATA) -> str:
    algorithm = HASHES[method]
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(algorithm), padding.PSS.MAX_LENGTH)
        return base64.b64encode(key.sign(data, pss, algorithm)).decode()
    if isinstance(key, dsa.DSAPrivateKey):
        return base64.b64encode(key.sign(data, algorithm)).decode()
    return base64.b64encode(key.sign(data, ec.ECDSA(algorithm))).decode()


def said(signature: str, method: str, kind: str, certificate: str) -> dict[str, str]:
    return {
        "img_signature": signature,
        "img_signature_hash_method": method,
        "img_signature_key_type": kind,
        "img_signature_certificate_uuid": certificate,
    }


@pytest.mark.parametrize(
    ("signer", "kind", "method"),
    [
        (rsa_signer, "RSA-PSS", "SHA-224"), (rsa_signer, "RSA-PSS", "SHA-256"), (rsa_signer, "RSA-PSS", "SHA-512"),
        (curve_signer, "ECC_SECP384R1", "SHA-256"), (dsa_key, "DSA", "SHA-256"), (dsa_key, "DSA", "SHA-512"),
    ],
)  # fmt: skip
async def test_signed_data_is_taken_and_other_data_is_not(
    cloud: Cloud, signer: Callable[[], Any], kind: str, method: str
) -> None:
    key = signer()
    certificate = certify(cloud, key)
    properties = said(sign(key, method), method, kind, certificate)
    id = (await create(cloud.member, **properties))["id"]
    assert await send(cloud.member, id, DATA[:-1] + b"X") == 400
    assert (await show(cloud.member, id))["status"] == "queued"
    assert stored_files(cloud) == set()
    assert await send(cloud.member, id, DATA) == 204
    assert (await show(cloud.member, id))["status"] == "active"


async def test_imported_data_is_verified_too(cloud: Cloud) -> None:
    properties = said(
        sign(curve_signer(), "SHA-256"),
        "SHA-256",
        "ECC_SECP384R1",
        certify(cloud, curve_signer(), encoding=Encoding.DER),
    )
    for data, status in ((b"other", "queued"), (DATA, "active")):
        id = (await create(cloud.member, **properties))["id"]
        assert await send(cloud.member, id, data, "stage") == 204
        assert await ask(cloud.member, id, "glance-direct") == 202
        await cloud.settled()
        assert (await show(cloud.member, id))["status"] == status


@pytest.mark.parametrize(
    "wrong",
    [
        {"img_signature": "no base64!"}, {"img_signature_hash_method": "MD5"},
        {"img_signature_key_type": "DSA"}, {"img_signature_key_type": "ECC_SECP521R1"},
        {"img_signature_certificate_uuid": "../../../etc/passwd"},
        {"img_signature_certificate_uuid": "00000000-0000-0000-0000-000000000000"},
        {"img_signature_hash_method": "SHA-512"},
    ],
)  # fmt: skip
async def test_what_cannot_be_verified_is_refused(cloud: Cloud, wrong: dict[str, str]) -> None:
    properties = said(
        sign(curve_signer(), "SHA-256"), "SHA-256", "ECC_SECP384R1", certify(cloud, curve_signer())
    )
    id = (await create(cloud.member, **{**properties, **wrong}))["id"]
    assert await send(cloud.member, id, DATA) == 400
    assert (await show(cloud.member, id))["status"] == "queued"


async def test_a_certificate_that_ran_out_verifies_nothing(cloud: Cloud) -> None:
    properties = said(
        sign(curve_signer(), "SHA-256"), "SHA-256", "ECC_SECP384R1", certify(cloud, curve_signer(), days=-1)
    )
    id = (await create(cloud.member, **properties))["id"]
    assert await send(cloud.member, id, DATA) == 400


async def test_an_image_with_half_a_signature_is_not_signed(cloud: Cloud) -> None:
    id = (await create(cloud.member, img_signature="anything"))["id"]
    assert await send(cloud.member, id, DATA) == 204
