"""Signatures of requests by an access key and its secret: those of EC2 (versions 2 and 4) and of S3.

What is signed is written here as its makers write it: https://docs.aws.amazon.com/general/latest/gr/signing.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

import msgspec

from haneul.kernel import times

V4 = "AWS4-HMAC-SHA256"
_HASHES = {"HmacSHA256": hashlib.sha256, "HmacSHA1": hashlib.sha1}


class SignedRequest(msgspec.Struct, frozen=True):
    """A request as the service that got it saw it."""

    signature: str
    host: str
    verb: str
    path: str
    params: dict[str, str]
    headers: dict[str, str] = {}
    body_hash: str = ""

    @property
    def is_version_4(self) -> bool:
        return V4 in (self.params.get("X-Amz-Algorithm"), self.header("Authorization").partition(" ")[0])

    def header(self, name: str) -> str:
        """The header of that name in any case; empty if there is none."""
        return _lower(self.headers).get(name.lower(), "")

    def signed_at(self) -> datetime | None:
        """When it says that it was signed."""
        date = self.header("X-Amz-Date") or self.params.get("X-Amz-Date") or self.params.get("Timestamp", "")
        try:
            return times.read(date)
        except ValueError:
            return None


def is_signed_by(secret: str, request: SignedRequest) -> bool:
    """Whether the secret's holder signed it; the port in `host` may or may not have been signed."""
    hosts = (request.host, request.host.partition(":")[0])
    if request.is_version_4:
        return _same(_version_4(secret, request), request.signature)
    if request.params.get("SignatureVersion") != "2":
        return False
    return any(_same(_version_2(secret, request, host), request.signature) for host in hosts)


def _version_2(secret: str, request: SignedRequest, host: str) -> str:
    method = _HASHES.get(request.params.get("SignatureMethod", ""))
    if method is None:
        return ""
    pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in request.params.items())
    query = "&".join(f"{name}={value}" for name, value in pairs if name != "Signature")
    text = "\n".join((request.verb, host, request.path, query))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), method).digest()).decode()


def _version_4(secret: str, request: SignedRequest) -> str:
    """Empty if the request does not say all that is needed."""
    claims = _authorization(request)
    date = request.header("X-Amz-Date") or request.params.get("X-Amz-Date", "")
    _, _, scope = claims.get("Credential", "").partition("/")
    parts = scope.split("/")
    if len(parts) != 4 or not date.startswith(parts[0]):
        return ""
    signed = claims.get("SignedHeaders", "")
    headers = _lower(request.headers)
    pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in request.params.items())
    is_post = request.verb.upper() == "POST"
    canonical = (
        request.verb.upper(),
        request.path,
        "" if is_post else "&".join(f"{k}={v}" for k, v in pairs if k != "X-Amz-Signature"),
        *(f"{name}:{headers[name]}" for name in signed.split(";") if name in headers),
        "",
        signed,
        request.body_hash,
    )
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    return _signed_4(secret, parts, "\n".join((V4, date, scope, digest)))


def _authorization(request: SignedRequest) -> Mapping[str, str]:
    """Credential and SignedHeaders, from the header or from the query string."""
    header = request.header("Authorization")
    if not header:
        return {name: request.params.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders")}
    pairs = (part.strip().partition("=") for part in header.partition(" ")[2].split(","))
    return {name: value for name, _, value in pairs}


def is_string_signed_by(secret: str, text: bytes, signature: str) -> bool:
    """Whether that signature is of the text as S3 signs it: version 4 if the text says so, else by SHA-1."""
    if not text.startswith(V4.encode()):
        mac = hmac.new(secret.encode(), text, hashlib.sha1).digest()
        return _same(base64.b64encode(mac).decode(), signature)
    lines = text.decode(errors="replace").split("\n")
    parts = lines[2].split("/") if len(lines) == 4 else []
    return len(parts) == 4 and _same(_signed_4(secret, parts, "\n".join(lines)), signature)


def _signed_4(secret: str, scope: list[str], text: str) -> str:
    """`scope` is date, region, service and `aws4_request`: each goes into the key, one after the other."""
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower().strip(): value.strip() for name, value in headers.items()}


def _same(right: str, signature: str) -> bool:
    return bool(right) and hmac.compare_digest(right.encode(), signature.encode())
