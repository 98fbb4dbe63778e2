"""A SAML identity provider, made with the library that we use as the other side: real keys, real signatures."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.keys import rsa_key

with warnings.catch_warnings():  # the library warns of what it stands on
    warnings.simplefilter("ignore")
    from saml2 import BINDING_HTTP_REDIRECT, BINDING_SOAP
    from saml2.config import IdPConfig
    from saml2.cryptography import asymmetric
    from saml2.metadata import entity_descriptor
    from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
    from saml2.server import Server

asymmetric.load_pem_private_key = partial(
    load_pem_private_key, password=None, unsafe_skip_rsa_key_validation=True
)
"""The library reads its key again for each message; that it is one, need not be proved each time: we made it."""

SINGLE_SIGN_ON = "https://idp.test/sso"
FOR_PROGRAMS = "https://idp.test/ecp"


def certificate(folder: Path, name: str, owner: str = "") -> tuple[str, str]:
    """The files of the owner's key (who may go by that name) and a certificate for it."""
    key = rsa_key(owner or name)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, SHA256())
    )
    paths = folder / f"{name}.key", folder / f"{name}.pem"
    paths[0].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    paths[1].write_bytes(made.public_bytes(Encoding.PEM))
    return str(paths[0]), str(paths[1])


def in_envelope(message: str, header: str = "") -> bytes:
    message = message.partition("?>")[2] if message.startswith("<?xml") else message
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    whole = f"<S:Header>{header}</S:Header><S:Body>{message}</S:Body>"
    return f'<S:Envelope xmlns:S="{soap}">{whole}</S:Envelope>'.encode()


class SamlProvider:
    """`entity_id` names it; what it says of itself is in `metadata_file`."""

    def __init__(self, folder: Path, entity_id: str = "https://idp.test/entity") -> None:
        self.folder, self.entity_id = folder, entity_id
        self.key_file, self.cert_file = certificate(folder, "idp", f"in {folder.name}")
        self.metadata_file = folder / "idp.xml"
        self.service_providers: list[str] = []
        self.metadata_file.write_text(str(entity_descriptor(self._config())))

    def know(self, metadata: bytes) -> None:
        """Believe what a service provider says of itself."""
        path = self.folder / f"sp-{len(self.service_providers)}.xml"
        path.write_bytes(metadata)
        self.service_providers.append(str(path))

    def respond(self, location: str, **changes: Any) -> dict[str, str]:
        """The form with which a browser goes back, after the login that its redirection asked for."""
        query = {name: value for name, [value] in parse_qs(urlsplit(location).query).items()}
        server = Server(config=self._config())
        request: Any = server.parse_authn_request(query["SAMLRequest"], BINDING_HTTP_REDIRECT)
        asked = request.message
        content = base64.b64encode(self._response(server, asked, changes).encode()).decode()
        return {"SAMLResponse": content, "RelayState": query["RelayState"]}

    def respond_to_program(self, envelope: bytes, **changes: Any) -> bytes:
        """The envelope that a program gets for one with a request, once it has logged in."""
        server = Server(config=self._config())
        request: Any = server.parse_authn_request(envelope.decode(), BINDING_SOAP)
        asked = request.message
        to = asked.assertion_consumer_service_url
        header = (
            '<ecp:Response xmlns:ecp="urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp" S:mustUnderstand="1" '
            f'S:actor="http://schemas.xmlsoap.org/soap/actor/next" AssertionConsumerServiceURL="{to}"/>'
        )
        return in_envelope(self._response(server, asked, changes), header)

    def log_out(self, where: str, name_id: str = "a-1", sessions: Sequence[str] = (), **more: Any) -> bytes:
        """The envelope with which the provider tells `where` that somebody has logged out."""
        usual = {
            "destination": where,
            "issuer_entity_id": self.entity_id,
            "name_id": NameID(format=NAMEID_FORMAT_PERSISTENT, text=name_id),
            "session_indexes": list(sessions) or None,
            "sign": True,
        }
        server = Server(config=self._config())
        _, request = server.create_logout_request(**{**usual, **more})
        return in_envelope(str(request))

    def _response(self, server: Server, asked: Any, changes: dict[str, Any]) -> str:
        usual = {
            "identity": {"uid": ["alice"], "groups": ["staff", "others"]},
            "in_response_to": asked.id,
            "destination": asked.assertion_consumer_service_url,
            "sp_entity_id": asked.issuer.text,
            "name_id": NameID(format=NAMEID_FORMAT_PERSISTENT, text="a-1"),
            "authn": {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": "x"},
            "sign_assertion": True,
            "sign_response": False,
        }
        return str(server.create_authn_response(**{**usual, **changes}))

    def _config(self) -> IdPConfig:
        return IdPConfig().load(
            {
                "entityid": self.entity_id,
                "xmlsec_binary": "/usr/bin/xmlsec1",
                "key_file": self.key_file,
                "cert_file": self.cert_file,
                "metadata": {"local": self.service_providers},
                "service": {
                    "idp": {
                        "endpoints": {
                            "single_sign_on_service": [
                                (SINGLE_SIGN_ON, BINDING_HTTP_REDIRECT),
                                (FOR_PROGRAMS, BINDING_SOAP),
                            ]
                        },
                        "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}},
                        "want_authn_requests_signed": False,
                    }
                },
            }
        )
