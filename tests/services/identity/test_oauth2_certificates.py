"""Clients of OAuth 2.0 with a certificate, which a trusted web server hands on."""

from __future__ import annotations

import base64
import hashlib
import ssl
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from haneul.services.identity.model import certificates
from tests.services.identity.conftest import V3, Keystone, by_token, login_with
from tests.services.identity.test_oauth2 import FORM, GRANT, basic, client_of

HEADER = "X-Client-Cert"
PROXY = {"addresses": ["127.0.0.0/8"], "client_certificate_header": HEADER}
RULES = [
    {
        "local": [{"user": {"name": "{0}", "domain": {"name": "{1}"}}}],
        "remote": [
            {"type": "SSL_CLIENT_SUBJECT_DN_CN"},
            {"type": "SSL_CLIENT_SUBJECT_DN_O"},
            {"type": "SSL_CLIENT_ISSUER_DN_CN", "any_one_of": ["our authority"]},
        ],
    }
]


def certificate(name: str = "member", domain: str = "Default", issuer: str = "our authority") -> bytes:
    """DER."""
    key = Ed25519PrivateKey.generate()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, domain),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "m@example.org"),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .sign(key, None)
    )
    return made.public_bytes(Encoding.DER)


def header(der: bytes) -> dict[str, str]:
    return {HEADER: quote(ssl.DER_cert_to_PEM_cert(der))}


@pytest.fixture
async def trusting(keystone: Keystone) -> Keystone:
    """A cloud behind a web server that knows clients by their certificates."""
    configure(keystone)
    await map_by(keystone, RULES)
    return keystone


def configure(keystone: Keystone, **oauth2: Any) -> None:
    options = {"federation": {"proxies": [PROXY]}, "oauth2": oauth2}
    keystone.cloud.platform.config["identity"] = options


async def map_by(keystone: Keystone, rules: list[Any]) -> None:
    admin, path = await keystone.token(), "/OS-FEDERATION/mappings/oauth2_mapping"
    answer = await keystone.call(admin, "PUT", path, {"mapping": {"rules": rules}})
    if answer.status_code == 409:
        answer = await keystone.call(admin, "PATCH", path, {"mapping": {"rules": rules}})
    assert answer.is_success, answer.text


async def ask(keystone: Keystone, user: str = "member", **headers: str) -> httpx.Response:
    body = f"{GRANT}&client_id={keystone.ids.get(user, user)}"
    return await keystone.cloud.http.post(f"{V3}/OS-OAUTH2/token", content=body, headers={**FORM, **headers})


async def status(keystone: Keystone, token: str, path: str, **headers: str) -> int:
    answer = await keystone.cloud.http.get(path, headers={"Authorization": f"Bearer {token}", **headers})
    return answer.status_code


async def test_a_token_holds_with_its_certificate_only(trusting: Keystone) -> None:
    der = certificate()
    answer = await ask(trusting, **header(der))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["expires_in"], answer.json()["token_type"]) == (3600, "Bearer")
    token = answer.json()["access_token"]
    for path in (f"{V3}/auth/projects", "/image/v2/images", "/compute/v2.1/flavors"):
        assert await status(trusting, token, path, **header(der)) == 200
        assert await status(trusting, token, path) == 401
        assert await status(trusting, token, path, **header(certificate())) == 401
        assert await status(trusting, token, path, **{HEADER: "nonsense"}) == 401
    shown = await trusting.call(await trusting.token(), "GET", "/auth/tokens", **{"X-Subject-Token": token})
    said = shown.json()["token"]
    digest = hashlib.sha256(ssl.DER_cert_to_PEM_cert(der).encode()).digest()
    assert said["oauth2_credential"] == {"x5t#S256": base64.urlsafe_b64encode(digest).decode()}
    assert said["methods"] == ["oauth2_credential"]
    assert (said["user"]["id"], said["project"]["id"]) == (trusting.ids["member"], trusting.ids["demo"])
    assert {role["name"] for role in said["roles"]} == {"member", "reader"}
    assert (await login_with(trusting, by_token(token), **header(der))).status_code == 403


async def test_a_header_from_elsewhere_is_not_looked_at(trusting: Keystone) -> None:
    der = certificate()
    token = (await ask(trusting, **header(der))).json()["access_token"]
    proxy = {**PROXY, "addresses": ["10.1.2.3"]}
    trusting.cloud.platform.config["identity"] = {"federation": {"proxies": [proxy]}}
    assert (await ask(trusting, **header(der))).status_code == 401
    assert await status(trusting, token, f"{V3}/auth/projects", **header(der)) == 401


@pytest.mark.parametrize(
    ("user", "der"),
    [
        ("reader", certificate()),
        ("nobody", certificate()),
        ("", certificate()),
        ("member", certificate(domain="Other")),
        ("member", certificate(issuer="another authority")),
        ("member", certificate(name="admin")),
        ("member", b"nonsense"),
    ],
    ids=[
        "of a member, by a reader",
        "by nobody",
        "without a user",
        "other domain",
        "other issuer",
        "other name",
        "none",
    ],
)
async def test_certificates_of_others(trusting: Keystone, user: str, der: bytes) -> None:
    answer = await ask(trusting, user, **header(der))
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_client",
        "error_description": "Client authentication failed.",
    }


async def test_a_mapping_must_name_the_user(trusting: Keystone) -> None:
    anybody = [{"type": "SSL_CLIENT_SUBJECT_DN_CN"}]
    domain_only = [{"local": [{"user": {"domain": {"name": "Default"}}}], "remote": anybody}]
    await map_by(trusting, domain_only)
    assert (await ask(trusting, **header(certificate()))).status_code == 401
    mail = {"user": {"email": "{0}"}}
    await map_by(trusting, [{"local": [mail], "remote": [{"type": "SSL_CLIENT_SUBJECT_DN_EMAILADDRESS"}]}])
    assert (await ask(trusting, **header(certificate()))).status_code == 401
    admin, path = await trusting.token(), f"/users/{trusting.ids['member']}"
    await trusting.call(admin, "PATCH", path, {"user": {"email": "m@example.org"}})
    assert (await ask(trusting, **header(certificate()))).status_code == 200


async def test_who_has_no_project_or_is_disabled(trusting: Keystone) -> None:
    admin, path = await trusting.token(), f"/users/{trusting.ids['member']}"
    for change in (
        {"default_project_id": None},
        {"default_project_id": trusting.ids["demo"], "enabled": False},
    ):
        assert (await trusting.call(admin, "PATCH", path, {"user": change})).status_code == 200
        assert (await ask(trusting, **header(certificate()))).status_code == 401


async def test_ways_that_are_not_allowed(trusting: Keystone) -> None:
    client = await client_of(trusting)
    configure(trusting, authn_methods=["client_secret_basic"])
    assert (await ask(trusting, **header(certificate()))).status_code == 401
    assert (await ask(trusting, **basic(*client))).status_code == 200
    configure(trusting, authn_methods=["tls_client_auth"])
    assert (await ask(trusting, **header(certificate()))).status_code == 200
    assert (await ask(trusting, **basic(*client))).status_code == 401


def test_the_ways_in_which_web_servers_write_certificates() -> None:
    der = certificate()
    pem, code = ssl.DER_cert_to_PEM_cert(der), base64.b64encode(der).decode()
    for text in (pem, quote(pem), pem.replace("\n", " "), pem.replace("\n", "\t"), code, f":{code}:"):
        found = certificates.read(text)
        assert found is not None
        assert found.thumbprint == certificates.thumbprint(der)
        assert found.attributes["SSL_CLIENT_SUBJECT_DN_CN"] == ["member"]
        assert found.attributes["SSL_CLIENT_SUBJECT_DN_EMAILADDRESS"] == ["m@example.org"]
    for text in ("", "::", "-----BEGIN CERTIFICATE-----", "%%%", "é", code[:-8], "A" * 40_000):
        assert certificates.read(text) is None


def test_a_value_is_one_value() -> None:
    found = certificates.read(base64.b64encode(certificate(name="x;admin,CN=admin")).decode())
    assert found is not None
    assert found.attributes["SSL_CLIENT_SUBJECT_DN_CN"] == ["x;admin,CN=admin"]
