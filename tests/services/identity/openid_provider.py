"""A small OpenID Connect provider on loopback: real keys, real HTTP, and a few ways to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.keys import curve_key, rsa_key

CLIENT, SECRET = "haneul", "a secret between us"


class Provider:
    """Signs with `keys[current]`; publishes all of `keys`. What was asked of it is in `asked`."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}/realm"
        self.keys: dict[str, Any] = {}
        self.current = ""
        self.rotate("k1")
        self.person: dict[str, Any] = {"sub": "u-1", "name": "Alice", "groups": ["staff"]}
        self.discovery: dict[str, Any] = {}
        self.is_down = False
        self.asked: list[str] = []
        self.logins: dict[str, dict[str, str]] = {}
        self.opaque: dict[str, dict[str, Any]] = {}
        self.said_at_login: dict[str, Any] = {}

    def rotate(self, kid: str, *, curve: bool = False) -> None:
        """From now on it signs with a new key, and forgets those before."""
        new = curve_key(ec.SECP256R1) if curve else rsa_key(kid)
        self.keys, self.current = {kid: new}, kid

    def claims(self, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, **self.person}
        return {name: value for name, value in {**usual, **more}.items() if value is not None}

    def token(self, *, key: Any = None, algorithm: str = "RS256", headers: Any = None, **claims: Any) -> str:
        """A token about the person; None takes a claim away."""
        signing = key if key is not None else self.keys[self.current]
        headers = {"kid": self.current, **(headers or {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        return jwt.encode(self.claims(**claims), signing, algorithm, headers=headers)

    # -- what it answers

    def jwks(self) -> dict[str, Any]:
        found = []
        for kid, key in self.keys.items():
            algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else None
            algorithm = algorithm or jwt.algorithms.ECAlgorithm
            found.append({**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"})
        return {"keys": [{"kty": "oct", "k": "AAAA", "kid": "shared"}, *found]}

    def metadata(self) -> dict[str, Any]:
        paths = {
            "jwks_uri": "keys",
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "userinfo_endpoint": "userinfo",
            "introspection_endpoint": "introspect",
        }
        found = {name: f"{self.issuer}/{path}" for name, path in paths.items()}
        return {"issuer": self.issuer, **found, **self.discovery}

    def authorize(self, query: dict[str, str]) -> str:
        """The person is logged in and agrees at once: where the browser is sent."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.logins)}"
        self.logins[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        login = self.logins.pop(form.get("code", ""), None)
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            login is None
            or authorization != expected
            or form["redirect_uri"] != login["redirect_uri"]
            or challenge != login["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        said = {"nonce": login["nonce"], **self.said_at_login}
        access = self.token()
        self.opaque[access] = {"sub": self.person["sub"], "email": "alice@example.org"}
        return 200, {"access_token": access, "token_type": "Bearer", "id_token": self.token(**said)}


def _handler(of: list[Provider]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider, url = of[0], urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            path = url.path.removeprefix("/realm")
            provider.asked.append(path)
            if provider.is_down:
                self._send(500, {})
            elif path == "/.well-known/openid-configuration":
                self._send(200, provider.metadata())
            elif path == "/keys":
                self._send(200, provider.jwks())
            elif path == "/authorize":
                self._send(302, {}, Location=provider.authorize(query))
            elif path == "/userinfo":
                token = self.headers["Authorization"].removeprefix("Bearer ")
                self._send(200, provider.opaque[token])
            else:
                self._send(404, {})

        def do_POST(self) -> None:
            provider, path = of[0], urlsplit(self.path).path.removeprefix("/realm")
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[-1] for name, values in parse_qs(raw).items()}
            provider.asked.append(path)
            if path == "/token":
                self._send(*provider.exchange(form, self.headers["Authorization"] or ""))
            elif path == "/introspect":
                self._send(200, provider.opaque.get(form["token"], {"active": False}))
            else:
                self._send(404, {})

        def _send(self, status: int, body: dict[str, Any], **headers: str) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider that answers on a free port of loopback; it is gone after the block."""
    of: list[Provider] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(of))
    of.append(Provider(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="openid")
    thread.start()
    try:
        yield of[0]
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
